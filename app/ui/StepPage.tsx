/** The frame of a step: heading, one sentence about its purpose, content. */
import type { ReactNode } from 'react';
import type { Word } from './glossary';
import classes from './StepPage.module.css';
import { Term } from './Term';

interface Props {
  title: string;
  lead: ReactNode;
  /** Shown at the right of the heading if there is room. */
  aside?: ReactNode;
  children: ReactNode;
}

export function StepPage({ title, lead, aside, children }: Props) {
  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <div>
          <h2 tabIndex={-1} id="step-title">
            {title}
          </h2>
          <p>{lead}</p>
        </div>
        {aside}
      </header>
      {children}
    </div>
  );
}

interface BlockProps {
  title: string;
  /** What the title means. */
  of?: Word;
  note?: ReactNode;
  children: ReactNode;
}

/** A titled block of a step. */
export function Block({ title, of, note, children }: BlockProps) {
  return (
    <section className={classes.block} aria-label={title}>
      <div className={classes.blockHead}>
        <h3>{of ? <Term of={of}>{title}</Term> : title}</h3>
        {note && <p>{note}</p>}
      </div>
      {children}
    </section>
  );
}

/** States what is missing and links to the step that provides it. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.empty}>
      <h3>{title}</h3>
      {children}
    </div>
  );
}
