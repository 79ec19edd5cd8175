/** A note about some files, with an expandable list of them. */
import { Button, Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import classes from './FoldedList.module.css';

interface Props {
  /** Accessible name of the section. */
  label: string;
  lead: ReactNode;
  /** One list item each; a few are shown initially. */
  items: ReactNode[];
}

export function FoldedList({ label, lead, items }: Props) {
  const [opened, { toggle }] = useDisclosure(items.length <= 3);
  if (items.length === 0) return null;
  return (
    <section className={classes.box} aria-label={label}>
      <div className={classes.head}>
        <p>{lead}</p>
        <Button size="compact-sm" variant="subtle" onClick={toggle} aria-expanded={opened}>
          {opened ? 'Hide the list' : 'Show the list'}
        </Button>
      </div>
      <Collapse expanded={opened}>
        <ul className={classes.list}>
          {items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and a path may come twice
            <li key={index}>{item}</li>
          ))}
        </ul>
      </Collapse>
    </section>
  );
}
