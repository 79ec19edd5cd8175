/** How far a download has come, and how long it will take at the pace of the last seconds. */

/**
 * `waiting`: another tab is at the same file; `connecting`; `downloading`; `retrying`: the connection broke off and will be tried
 * again; `copying`: the person's own file; `checking`: the stored bytes are hashed; `halving`: they are rewritten as F16.
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
  /** Bytes of the file that this phase is done with. What an earlier attempt left counts as received. */
  received: number;
  /** Bytes of the whole file; null as long as nobody has said. */
  total: number | null;
  /** Null until there is something to measure. */
  bytesPerSecond: number | null;
  /** Null without a pace or a total. */
  secondsLeft: number | null;
}

/** Seconds that the pace is taken over: long enough to be calm, short enough to notice. */
const WINDOW = 5;

/** The pace of a growing number over the last seconds. Times are in seconds, from any start. */
export class TransferRate {
  readonly #marks: { at: number; received: number }[] = [];

  /** `received` in all at the time `at`. Fewer than before means that it begins anew. */
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

/** Milliseconds between two reports of one phase. */
const INTERVAL = 100;

/** Tells `onProgress` of every phase's beginning and end, and ten times a second in between. */
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
