/** At the top of the page: what a person has to know of the project now. */
import { Alert, Button } from '@mantine/core';
import { useSession, write } from '../store/session';
import { Icon } from '../ui/Icon';
import { ProblemNote } from '../ui/ProblemNote';
import { ProgressLine } from '../ui/ProgressLine';
import { takeOverProject } from './actions';
import classes from './ProjectNotes.module.css';

export function ProjectNotes() {
  const readOnly = useSession(({ project }) => project?.readOnly ?? false);
  const saving = useSession((session) => session.saving);
  const checkpointProblem = useSession((session) => session.checkpointProblem);
  const problem = useSession((session) => session.projectProblem);
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
          <ProblemNote title="The project is not saved" problem={saving.problem} />
        </div>
      )}
      {checkpointProblem !== null && saving.status !== 'failed' && (
        <Alert color="yellow" icon={<Icon of="warning" />} className={classes.note}>
          Training goes on, but it would go back to where it was last saved if the page were closed.{' '}
          {checkpointProblem}
        </Alert>
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
      {problem && (
        <div className={classes.note}>
          <ProblemNote
            title="Projects"
            problem={problem}
            action={
              <Button size="compact-sm" variant="default" onClick={() => write({ projectProblem: null })}>
                Dismiss
              </Button>
            }
          />
        </div>
      )}
    </>
  );
}
