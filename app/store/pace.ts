/**
 * The pace of the engine: seconds of a forward pass per image, measured in the background once data and backbone are loaded and
 * nothing else is done. Any action of the person ends the measurement, which is repeated later.
 */
import { computedByKey } from './computed-by';
import { ask } from './engine-actions';
import { obstacleFor } from './permissions';
import { asProblem } from './problem';
import { expectedOf, read, type Session, useSession, write } from './session';

/** Milliseconds without other work before the measurement begins. */
const IDLE = 1000;

/** The pace belongs to a backbone, with its input size, on a backend. */
export const paceOwner = ({ backbone, engine }: Pick<Session, 'backbone' | 'engine'>): string | null =>
  backbone && engine.status === 'ready' ? `${backbone.key} ${computedByKey(engine.info)}` : null;

/** Whether the pace is unknown and nothing else is done. */
function isWanted(session: Session): boolean {
  const { pace, decomposing, recognizing, loadingAdapter } = session;
  const isIdle = obstacleFor('measure')(session) === null && !decomposing && !recognizing && !loadingAdapter;
  return isIdle && pace?.owner !== paceOwner(session);
}

/** Measures whenever that is wanted. Returns a function that stops it. */
export function watchPace(): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let measuring: AbortController | null = null;

  async function measure(): Promise<void> {
    const owner = paceOwner(read());
    const { dataset, backbone } = read();
    if (owner === null || !dataset || !backbone) return;
    const cancel = new AbortController();
    measuring = cancel;
    try {
      const expected = expectedOf(dataset, backbone);
      const secondsPerImage = await ask('pace', { expected }, { signal: cancel.signal });
      write({ pace: { owner, secondsPerImage } });
    } catch (error) {
      // An estimate is not worth a message. After a real failure it is not tried again.
      if (asProblem(error)) write({ pace: { owner, secondsPerImage: null } });
    } finally {
      measuring = null;
      consider(read());
    }
  }

  function consider(session: Session): void {
    if (!isWanted(session)) {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      measuring?.abort();
    } else if (!measuring) {
      timer ??= setTimeout(() => {
        timer = null;
        void measure();
      }, IDLE);
    }
  }

  const unsubscribe = useSession.subscribe(consider);
  consider(read());
  return () => {
    unsubscribe();
    if (timer !== null) clearTimeout(timer);
    measuring?.abort();
  };
}
