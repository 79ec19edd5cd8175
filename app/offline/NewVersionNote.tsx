/** At the top of the page: a new version of it is ready, and a button that takes it. */
import { Alert, Button } from '@mantine/core';
import { wouldLose } from '../project/leaving';
import { activeRun, type Session, useSession, write } from '../store/session';
import { Icon } from '../ui/Icon';
import classes from './NewVersionNote.module.css';
import { takeNewVersion } from './registration';

export function NewVersionNote() {
  const newVersion = useSession((session) => session.newVersion);
  const obstacle = useSession(obstacleToReload);
  if (newVersion === null) return null;
  return (
    <Alert
      icon={<Icon of="restart" />}
      className={classes.note}
      title="A new version is ready"
      withCloseButton
      closeButtonLabel="Dismiss"
      onClose={() => write({ newVersion: null })}
    >
      <p>
        {obstacle ??
          (newVersion === 'other tabs'
            ? 'Other tabs still use this version. Close them first.'
            : 'Reload the page to use it. Until then this version stays in use.')}
      </p>
      <Button
        size="compact-sm"
        variant="default"
        className={classes.button}
        disabled={obstacle !== null}
        onClick={takeNewVersion}
      >
        Reload with the new version
      </Button>
    </Alert>
  );
}

function obstacleToReload(session: Session): string | null {
  if (activeRun(session)) return 'It can be used when the run has ended.';
  return wouldLose(session) ? 'It can be used when the project is saved.' : null;
}
