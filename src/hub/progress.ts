/** The progress of a download, with its rate over the last seconds and the estimated time left. */
import type { DownloadPhase, DownloadProgress } from '../core/progress';
import { Rate } from '../rate';

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
