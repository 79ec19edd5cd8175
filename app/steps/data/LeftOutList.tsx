import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { LeftOut } from '../../../src/worker/protocol';
import { counted } from '../../ui/format';
import classes from './LeftOutList.module.css';

/** Each file that was not taken, and why. Names are the person's: shown as plain text. */
export function LeftOutList({ leftOut }: { leftOut: LeftOut[] }) {
  const [opened, { toggle }] = useDisclosure(leftOut.length <= 3);
  if (leftOut.length === 0) return null;
  return (
    <section className={classes.box} aria-label="Left out">
      <div className={classes.head}>
        <p>
          <strong>{counted(leftOut.length, 'file')} left out.</strong> Everything else was taken.
        </p>
        <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened}>
          {opened ? 'Hide the list' : 'Show the list'}
        </Button>
      </div>
      <Collapse expanded={opened}>
        <ul className={classes.list}>
          {leftOut.map(({ path, reason }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and a path may come twice
            <li key={index}>
              <code>{path}</code>
              <span>{reason}</span>
            </li>
          ))}
        </ul>
      </Collapse>
    </section>
  );
}
