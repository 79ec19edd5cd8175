/** The hyperparameters and the sweep in a line, which unfolds into their fields. */
import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMemo } from 'react';
import { DEFAULT_HYPERPARAMETERS, type Hyperparameters } from '../../store/defaults';
import { useSession } from '../../store/session';
import { findsChosenRates, type SweepSize, useSweepSource } from '../../store/sweep-actions';
import { explained } from '../../ui/explained';
import { counted } from '../../ui/format';
import { HyperparameterFields } from './HyperparameterFields';
import { SweepFields } from './SweepFields';
import classes from './TuneStep.module.css';

/** Hyperparameters that the line only counts: not those that it states, nor those of single settings. */
const OTHERS = (Object.keys(DEFAULT_HYPERPARAMETERS) as (keyof Hyperparameters)[]).filter(
  (key) => !['epochs', 'batchSize', 'learningRates', 'options'].includes(key),
);

const isDefault = (hyperparameters: Hyperparameters, key: keyof Hyperparameters) =>
  JSON.stringify(hyperparameters[key]) === JSON.stringify(DEFAULT_HYPERPARAMETERS[key]);

export function SharedLine({ size }: { size: SweepSize }) {
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  const source = useSweepSource();
  const { seeds, values } = source.configuration.sweep;
  const findRates = useMemo(() => findsChosenRates(source), [source]);
  const hasValues = Object.values(values).some((each) =>
    Object.values(each).some(({ length }) => length > 0),
  );
  const changed = OTHERS.filter((key) => !isDefault(hyperparameters, key)).length;
  // What keeps the runs from starting can be corrected in the fields.
  const [opened, { toggle }] = useDisclosure(size.obstacle !== null);
  const words = [
    counted(hyperparameters.epochs, 'epoch'),
    `batches of ${hyperparameters.batchSize}`,
    counted(seeds, 'seed'),
    findRates ? 'learning rates are searched' : 'learning rates are not searched',
    ...(hasValues ? ['several values of some options'] : []),
    ...(changed > 0 ? [`${counted(changed, 'other hyperparameter')} changed`] : []),
  ];
  return (
    <section className={classes.shared} aria-label="Shared hyperparameters and sweep">
      <div className={classes.line}>
        <p>
          <strong>All settings:</strong>{' '}
          {explained([words.join(' · ')], ['epoch', 'batch', 'seed', 'learning rate'])}
        </p>
        <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened}>
          {opened ? 'Done' : 'Change'}
        </Button>
      </div>
      <Collapse expanded={opened} keepMounted={false} className={classes.unfolded}>
        <HyperparameterFields />
        <SweepFields />
      </Collapse>
    </section>
  );
}
