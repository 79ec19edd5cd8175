import type { ReactNode } from 'react';
import classes from './CompareStep.module.css';

/** A chart, or a note that there is nothing to show yet. */
export function OrWait({ when, children }: { when: boolean; children: ReactNode }) {
  return when ? children : <p className={classes.wait}>Waiting for the first results.</p>;
}
