import type { ReactNode } from 'react';
import classes from './CompareStep.module.css';

/** A chart, or word that it has nothing to show yet. */
export function OrWait({ when, children }: { when: boolean; children: ReactNode }) {
  return when ? children : <p className={classes.wait}>Waiting for the first numbers.</p>;
}
