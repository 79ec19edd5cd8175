import { useEffect } from 'react';
import { titleOf } from '../store/run-progress';
import { activeRun, useSession } from '../store/session';
import type { Step } from '../store/step';

/** The title of the tab names the step, or the active run and its progress. */
export function useTitle(step: Step): void {
  const title = useSession((session) => titleOf(step, activeRun(session)));
  useEffect(() => {
    document.title = title;
  }, [title]);
}
