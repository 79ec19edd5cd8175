/** A note about some files, with an expandable list of them. */
import { Collapse } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { FoldButton } from '../../ui/FoldButton';
import classes from './FoldedList.module.css';

interface BoxProps {
  /** Accessible name of the section. */
  label: string;
  lead: ReactNode;
  isOpen: boolean;
  /** A button for the whole list. */
  action?: ReactNode;
  children: ReactNode;
}

export function FoldedBox({ label, lead, isOpen, action, children }: BoxProps) {
  const [opened, { toggle }] = useDisclosure(isOpen);
  return (
    <section className={classes.box} aria-label={label}>
      <div className={classes.head}>
        <p>{lead}</p>
        <div>
          {action}
          <FoldButton opened={opened} onToggle={toggle}>
            {opened ? 'Hide the list' : 'Show the list'}
          </FoldButton>
        </div>
      </div>
      <Collapse expanded={opened}>{children}</Collapse>
    </section>
  );
}

interface ListProps extends Pick<BoxProps, 'label' | 'lead' | 'action'> {
  /** One list item each; a few are shown initially. */
  items: ReactNode[];
}

export function FoldedList({ items, ...box }: ListProps) {
  if (items.length === 0) return null;
  return (
    <FoldedBox isOpen={items.length <= 3} {...box}>
      <ul className={classes.list}>
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes, and a path may come twice
          <li key={index}>{item}</li>
        ))}
      </ul>
    </FoldedBox>
  );
}
