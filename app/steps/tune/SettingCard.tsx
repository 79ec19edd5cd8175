/** One setting: what it trains, its costs, when to take it, and its options. Invalid options are reported and can be corrected here. */
import { Checkbox } from '@mantine/core';
import type { SettingSummary } from '../../../src/worker/protocol';
import { learningRateOf, PROBE_SETTING } from '../../store/defaults';
import { useSession } from '../../store/session';
import { turnLearningRate, turnOption } from '../../store/setting-actions';
import { BOUNDS } from '../../store/url';
import { bytes, count, counted } from '../../ui/format';
import { NumberField } from '../../ui/NumberField';
import { OptionField } from './OptionField';
import classes from './SettingCard.module.css';

interface Props {
  setting: SettingSummary;
  chosen: boolean;
  onChoose: (chosen: boolean) => void;
}

export function SettingCard({ setting, chosen, onChoose }: Props) {
  const {
    id,
    label,
    symbol,
    description,
    advice,
    options,
    fault,
    trainable,
    tunedLayers,
    adapterBytes,
    paper,
    memory,
  } = setting;
  const hyperparameters = useSession((session) => session.configuration.hyperparameters);
  return (
    <section className={classes.card} data-chosen={chosen || undefined} aria-label={label}>
      <header className={classes.head}>
        <Checkbox
          label={label}
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
          classNames={{ label: classes.label }}
        />
        {symbol !== label && <span className={classes.symbol}>{symbol}</span>}
      </header>
      <p>
        {description} {advice}
      </p>
      {fault ? (
        <p className={classes.memory} data-fits={false}>
          {fault} Correct it to run this setting.
        </p>
      ) : (
        <>
          <p className={`${classes.count} numbers`}>
            <strong>{trainable.backbone === 0 ? '' : `${count(trainable.backbone)} + `}</strong>
            <span>head {count(trainable.head)}</span>
            <small>
              trainable parameters
              {tunedLayers === 0 ? ', backbone frozen' : ` in ${counted(tunedLayers, 'layer')}`} · adapter
              file about {bytes(adapterBytes)}
            </small>
          </p>
          <p className={classes.memory} data-fits={memory.fits}>
            {memory.sentence} {memory.fits && memory.heapSentence}
          </p>
        </>
      )}
      {(chosen || fault !== null) && (
        <div className={classes.fields}>
          {id === PROBE_SETTING ? (
            <p className={classes.aside}>
              {hyperparameters.probe.epochs} epochs at learning rate {hyperparameters.probe.learningRate}, on
              features computed once.
            </p>
          ) : (
            <NumberField
              label="Learning rate"
              value={learningRateOf(setting, hyperparameters)}
              min={BOUNDS.learningRate[0]}
              max={BOUNDS.learningRate[1]}
              step={0.001}
              onChange={(value) => turnLearningRate(id, value)}
            />
          )}
          {options.map((option) => (
            <OptionField
              key={option.id}
              option={option}
              value={hyperparameters.options[id]?.[option.id] ?? option.default}
              onChange={(value) => turnOption(id, option.id, value)}
            />
          ))}
        </div>
      )}
      {paper !== '' && <p className={classes.paper}>{paper}</p>}
    </section>
  );
}
