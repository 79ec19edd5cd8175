/** At the top of the page: what a person has to know of the project now. */
import { Alert, Button, CloseButton } from '@mantine/core';
import { LargestStored } from '../storage/LargestStored';
import { StorageButton } from '../storage/StorageButton';
import { type Session, useSession, write } from '../store/session';
import { Icon } from '../ui/Icon';
import { ProblemNote } from '../ui/ProblemNote';
import { ProgressLine } from '../ui/ProgressLine';
import { takeOverProject } from './actions';
import classes from './ProjectNotes.module.css';
import { ProjectProblem } from './ProjectProblem';

/** Why the browser is asked to keep what is stored. */
const PERSISTENCE: Record<NonNullable<Session['persistence']>, string> = {
  asked:
    'Your work is saved in this browser. The browser is asked to keep it: otherwise it may remove it when the disk is full.',
  granted:
    'Your work is saved in this browser. The browser was asked to keep it, and does so even when the disk is full.',
  refused:
    'Your work is saved in this browser. The browser was asked to keep it and has not agreed, so it may remove it when the disk is full. Export projects that you cannot lose, or ask again under Storage.',
};

export function ProjectNotes() {
  const readOnly = useSession(({ project }) => project?.readOnly ?? false);
  const saving = useSession((session) => session.saving);
  const checkpointProblem = useSession((session) => session.checkpointProblem);
  const hasProblem = useSession(({ projectProblem }) => projectProblem !== null);
  const persistence = useSession((session) => session.persistence);
  const work = useSession((session) => session.projectWork);
  const unreadable = useSession((session) => session.unreadable);
  return (
    <>
      {readOnly && (
        <Alert color="yellow" icon={<Icon of="private" />} className={classes.note}>
          <p>This project is open in another tab, which changes it. This tab only shows it.</p>
          <Button size="compact-sm" variant="default" onClick={() => void takeOverProject()}>
            Take over here
          </Button>
        </Alert>
      )}
      {saving.status === 'failed' && (
        <div className={classes.note}>
          <ProblemNote
            title="The project is not saved"
            problem={saving.problem}
            action={saving.isFull ? <LargestStored /> : undefined}
          />
        </div>
      )}
      {checkpointProblem !== null && saving.status !== 'failed' && (
        <Alert color="yellow" icon={<Icon of="warning" />} className={classes.note}>
          <p>
            Training goes on, but where it stands is not saved: if the page were closed, it would go on from
            its last checkpoint, or begin anew. {checkpointProblem}
          </p>
          <LargestStored />
        </Alert>
      )}
      {persistence && (
        <div className={classes.persistence}>
          <p>{PERSISTENCE[persistence]}</p>
          {persistence === 'refused' && <StorageButton />}
          <CloseButton size="sm" aria-label="Hide this note" onClick={() => write({ persistence: null })} />
        </div>
      )}
      {work && (
        <div className={classes.note}>
          <ProgressLine progress={work} name="Project" />
        </div>
      )}
      {unreadable.length > 0 && (
        <Alert color="yellow" icon={<Icon of="warning" />} className={classes.note}>
          <p>Some of this project cannot be read. It stays stored; everything else is open.</p>
          <ul>
            {unreadable.map(({ name, why }) => (
              <li key={name}>
                {name}: {why}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {hasProblem && (
        <div className={classes.note}>
          <ProjectProblem />
        </div>
      )}
    </>
  );
}
