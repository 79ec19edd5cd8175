/** What would be lost if the page were closed now. */
import { useEffect } from 'react';
import { activeRun, read, type Session } from '../store/session';

/** Whether something would be lost with the page. A run that writes checkpoints goes on when the page is opened again. */
export function wouldLose(session: Session): boolean {
  const { project, saving, checkpointProblem } = session;
  if (project?.readOnly) return false;
  return (
    saving.status !== 'saved' ||
    (activeRun(session) !== undefined && (!project || checkpointProblem !== null))
  );
}

export function useLeaveWarning(): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (wouldLose(read())) event.preventDefault();
    };
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, []);
}
