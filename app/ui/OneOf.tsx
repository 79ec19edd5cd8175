import type { ReactNode } from 'react';
import classes from './OneOf.module.css';

/**
 * Two texts in one place, which is as large as the larger of them: nothing moves when the one replaces the other.
 * @param first shown in place of `children` unless it is null
 */
export function OneOf({ first, children }: { first: ReactNode; children: ReactNode }) {
  return (
    <span className={classes.place}>
      {first !== null && <span>{first}</span>}
      <span data-hidden={first !== null || undefined}>{children}</span>
    </span>
  );
}
