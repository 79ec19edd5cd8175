/** A notification when the queue ends. The page asks for permission only if the person accepts its offer. */
import { counted } from '../ui/format';
import { isActive, isOver, type RunRecord } from './run-record';
import { announce, read, useSession, write } from './session';

/** After a run of this many seconds it is worth a notification. */
const LONG = 60;

/** Remembers between visits that the offer was declined. */
const DECLINED = 'atomtune: no notifications';

const isPending = (run: RunRecord) => isActive(run) || run.status === 'queued';

/** `3 runs: 2 finished, 1 failed` */
export function summaryOf(runs: readonly RunRecord[]): string {
  const ends = (['finished', 'stopped', 'failed'] as const).flatMap((status) => {
    const count = runs.filter((run) => run.status === status).length;
    return count > 0 ? `${count} ${status}` : [];
  });
  return `${counted(runs.length, 'run')}: ${ends.join(', ')}`;
}

/** Notifies whenever the queue has ended while the person looked elsewhere. Returns a function that stops it. */
export function watchQueueEnd(): () => void {
  let pending = new Set<string>();
  return useSession.subscribe(({ runs, training }) => {
    for (const run of runs) if (isPending(run)) pending.add(run.id);
    if (pending.size === 0 || training !== null || runs.some(isPending)) return;
    const ended = runs.filter((run) => pending.has(run.id) && isOver(run));
    pending = new Set();
    if (ended.length > 0 && !document.hasFocus()) notify(summaryOf(ended));
  });
}

function notify(body: string): void {
  if (permission() !== 'granted') return;
  const notification = new Notification('The queue has ended', { body, tag: 'atomtune' });
  notification.onclick = () => {
    window.focus();
    notification.close();
  };
}

/** Called when a run has ended: offers notifications if it was long and the browser was never asked. */
export function offerAfter(seconds: number): void {
  if (seconds < LONG || permission() !== 'default' || isDeclined()) return;
  write({ offersNotification: true });
}

export async function acceptNotifications(): Promise<void> {
  write({ offersNotification: false });
  const answer = await Notification.requestPermission();
  announce(
    answer === 'granted'
      ? 'You will be notified when the queue ends.'
      : 'The browser does not allow notifications from this page.',
  );
}

export function declineNotifications(): void {
  write({ offersNotification: false });
  try {
    localStorage.setItem(DECLINED, 'true');
  } catch {
    // Without storage the offer comes again at the next visit.
  }
  announce(read().runs.some(isPending) ? 'The runs continue.' : '');
}

function isDeclined(): boolean {
  try {
    return localStorage.getItem(DECLINED) !== null;
  } catch {
    return false;
  }
}

/** Some browsers, for example in-app ones, have no notifications. */
const permission = (): NotificationPermission => globalThis.Notification?.permission ?? 'denied';
