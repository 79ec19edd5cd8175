/** The progress of a download, with its rate over the last seconds and the estimated time left. */

/**
 * `waiting`: another tab is using the same file; `connecting`; `downloading`; `retrying`: the connection was lost and will be
 * retried; `copying`: the person's own file is copied; `checking`: the stored bytes are hashed; `halving`: they are rewritten as
 * fp16.
 */
export type DownloadPhase =
  | 'waiting'
  | 'connecting'
  | 'downloading'
  | 'retrying'
  | 'copying'
  | 'checking'
  | 'halving';

export interface DownloadProgress {
  phase: DownloadPhase;
  /** Bytes of the file that this phase has processed. Bytes from an earlier attempt count as received. */
  received: number;
  /** Size of the whole file, bytes; null if unknown. */
  total: number | null;
  /** Null until it can be measured. */
  bytesPerSecond: number | null;
  /** Null without a rate or a total. */
  secondsLeft: number | null;
}

/** Seconds over which the rate is averaged: long enough to be steady, short enough to follow changes. */
const WINDOW = 5;

/** The rate of increase of a number over the last seconds. Times are in seconds, from an arbitrary origin. */
export class TransferRate {
  readonly #marks: { at: number; received: number }[] = [];

  /** Records a total of `received` at the time `at`. A smaller total than before resets the rate. */
  mark(received: number, at: number): void {
    if (received < (this.#marks.at(-1)?.received ?? 0)) this.#marks.length = 0;
    this.#marks.push({ at, received });
    // The oldest mark stays just outside the window, so that the window is always full.
    while ((this.#marks[1]?.at ?? Number.POSITIVE_INFINITY) <= at - WINDOW) this.#marks.shift();
  }

  bytesPerSecond(): number | null {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || !last || last.at <= first.at) return null;
    return (last.received - first.received) / (last.at - first.at);
  }

  secondsLeft(total: number | null): number | null {
    const [rate, received] = [this.bytesPerSecond(), this.#marks.at(-1)?.received ?? 0];
    return total === null || !rate ? null : Math.max(0, total - received) / rate;
  }
}

/** Milliseconds between two reports of the same phase. */
const INTERVAL = 100;

/** Calls `onProgress` at the start and end of every phase, and ten times a second in between. */
export class Reporter {
  #phase: DownloadPhase | null = null;
  #rate = new TransferRate();
  #reportedAt = 0;

  constructor(private readonly onProgress: (progress: DownloadProgress) => void) {}

  report(phase: DownloadPhase, received: number, total: number | null): void {
    const now = performance.now();
    const isNew = phase !== this.#phase;
    if (isNew) this.#rate = new TransferRate();
    if (!isNew && received !== total && now - this.#reportedAt < INTERVAL) return;
    this.#phase = phase;
    this.#reportedAt = now;
    this.#rate.mark(received, now / 1000);
    this.onProgress({
      phase,
      received,
      total,
      bytesPerSecond: this.#rate.bytesPerSecond(),
      secondsLeft: this.#rate.secondsLeft(total),
    });
  }
}
