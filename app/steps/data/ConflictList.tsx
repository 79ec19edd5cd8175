import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { DatasetSummary } from '../../../src/worker/protocol';
import { conflictSentence } from '../../store/data-words';
import classes from './LeftOutList.module.css';

/** The pictures that are found in more than one class. Names are the person's: shown as plain text. */
export function ConflictList({ dataset }: { dataset: DatasetSummary }) {
  const { conflicts } = dataset.duplicates;
  const [opened, { toggle }] = useDisclosure(conflicts.length <= 3);
  if (conflicts.length === 0) return null;
  return (
    <section className={classes.box} aria-label="Contradicting labels">
      <div className={classes.head}>
        <p>
          <strong>Contradicting labels.</strong> {conflictSentence(dataset)}
        </p>
        <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened}>
          {opened ? 'Hide the list' : 'Show the list'}
        </Button>
      </div>
      <Collapse expanded={opened}>
        <ul className={classes.list}>
          {conflicts.map((paths) => (
            <li key={paths[0]}>
              {paths.map((path) => (
                <code key={path}>{path}</code>
              ))}
            </li>
          ))}
        </ul>
      </Collapse>
    </section>
  );
}
