/** Ctrl-C: the first signal ends the run and keeps its best epoch; the next one exits immediately. */

/** The terminal and npm may both send a signal. Signals within this time count as one. */
const ONE_SIGNAL_MS = 500;

export interface Leaving {
  /** Emits `SIGINT` and `SIGTERM`. */
  signals: Pick<NodeJS.EventEmitter, 'on'>;
  /** Milliseconds since any fixed moment. */
  clock(): number;
  /** Exits the process immediately. */
  leave(code: number): void;
}

/** `onFirst` is called once, at the first signal. The next signal exits with `code`. */
export function heedSignals(
  { signals, clock, leave }: Leaving,
  { onFirst, code }: { onFirst: () => void; code: number },
): void {
  let first: number | null = null;
  const heed = () => {
    const now = clock();
    if (first === null) {
      first = now;
      onFirst();
    } else if (now - first > ONE_SIGNAL_MS) leave(code);
  };
  signals.on('SIGINT', heed);
  signals.on('SIGTERM', heed);
}

/** Rejects with an `AbortError` as soon as `signal` is aborted. */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new DOMException('Stopped.', 'AbortError'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
