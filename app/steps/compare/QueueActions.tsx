/** What concerns all runs: stop them, and be notified when they have ended. */
import { Button } from '@mantine/core';
import { acceptNotifications, declineNotifications } from '../../store/notification';
import { stopAll } from '../../store/queue';
import { isActive } from '../../store/run-record';
import { useSession } from '../../store/session';
import { Icon } from '../../ui/Icon';
import classes from './QueueActions.module.css';

export function QueueActions() {
  const waits = useSession(({ runs }) => runs.some(({ status }) => status === 'queued'));
  const isSearching = useSession(({ runs }) => runs.some((run) => isActive(run) && run.role === 'search'));
  const offers = useSession(({ offersNotification }) => offersNotification);
  return (
    <>
      {(waits || isSearching) && (
        <div className={classes.line}>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon of="stop" />}
            onClick={() => void stopAll()}
          >
            Stop all
          </Button>
          <span>Stops the current run, which keeps its best epoch, and removes the waiting ones.</span>
        </div>
      )}
      {offers && (
        <div className={classes.line}>
          <span>Runs can take a while. Get a notification when the queue ends?</span>
          <Button size="compact-sm" variant="default" onClick={() => void acceptNotifications()}>
            Notify me
          </Button>
          <Button size="compact-sm" variant="subtle" onClick={declineNotifications}>
            No, thanks
          </Button>
        </div>
      )}
    </>
  );
}
