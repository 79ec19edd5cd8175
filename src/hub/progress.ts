/** The progress of a download, with its rate over the last seconds and the estimated time left. */
import { Rate } from '../rate';

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

/** Milliseconds between two reports of the same phase. */
const INTERVAL = 100;

/** Calls `onProgress` at the start and end of every phase, and ten times a second in between. */
export class Reporter {
  #phase: DownloadPhase | null = null;
  #rate = new Rate();
  #reportedAt = 0;

  constructor(private readonly onProgress: (progress: DownloadProgress) => void) {}

  report(phase: DownloadPhase, received: number, total: number | null): void {
    const now = performance.now();
    const isNew = phase !== this.#phase;
    if (isNew) this.#rate = new Rate();
    if (!isNew && received !== total && now - this.#reportedAt < INTERVAL) return;
    this.#phase = phase;
    this.#reportedAt = now;
    this.#rate.mark(received, now / 1000);
    this.onProgress({
      phase,
      received,
      total,
      bytesPerSecond: this.#rate.perSecond(),
      secondsLeft: this.#rate.secondsLeft(total),
    });
  }
}
