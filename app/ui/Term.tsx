import { Popover } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { announce } from '../store/session';
import { GLOSSARY, type Word } from './glossary';
import classes from './Term.module.css';

interface Props {
  of: Word;
  /** The word as the sentence needs it, such as a plural; by default as in the glossary. */
  children?: ReactNode;
}

/** Inside of a landmark, so that screen readers find it. */
const PORTAL = { target: 'main' };

/**
 * A word that explains itself: `Every layer has a few <Term of="atoms" />.` Its meaning opens on a click, a tap or keyboard focus, and
 * closes on Escape, on leaving it, or on a second click. Use it where a word first appears on a step, in running text, headings and
 * captions, but not inside a button, a link or a label. New words go into glossary.ts.
 */
export function Term({ of, children }: Props) {
  const { name, meaning } = GLOSSARY[of];
  const [opened, setOpened] = useState(false);
  const id = useId();
  const show = (open: boolean) => {
    setOpened(open);
    // The description of an element that has the focus already is not read out when it changes.
    if (open) announce(`${name}: ${meaning}`);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (key === 'Escape' && opened) {
      // A dialog around the word stays open.
      event.stopPropagation();
      show(false);
    } else if (key === 'Enter' || key === ' ') {
      event.preventDefault();
      show(!opened);
    }
  };
  return (
    <Popover
      opened={opened}
      onChange={show}
      width={300}
      position="bottom-start"
      withArrow
      withRoles={false}
      portalProps={PORTAL}
    >
      <Popover.Target>
        {/* biome-ignore lint/a11y/useSemanticElements: a button is a box, so a full stop after it could begin the next line, and its words could not wrap */}
        <span
          role="button"
          tabIndex={0}
          className={classes.term}
          aria-expanded={opened}
          aria-describedby={opened ? id : undefined}
          onClick={() => show(!opened)}
          // Not after a click, which would close again what its focus opened.
          onFocus={({ currentTarget }) => currentTarget.matches(':focus-visible') && show(true)}
          onBlur={() => show(false)}
          onKeyDown={onKeyDown}
        >
          {children ?? name}
        </span>
      </Popover.Target>
      <Popover.Dropdown id={id} role="tooltip" className={classes.meaning}>
        <strong>{name}</strong>
        {meaning}
      </Popover.Dropdown>
    </Popover>
  );
}
