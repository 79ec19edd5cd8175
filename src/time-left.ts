/** Estimates the time left from reports of progress. */

import type { Progress } from './core/progress';
import { Rate } from './rate';

/** Seconds of work before the first estimate. */
const FIRST = 1;

/** The reports of one call, whose work may have several phases, one after another with different labels. */
export class TimeLeft {
  #label = '';
  #began = 0;
  #rate = new Rate();

  /** Seconds left of the report's phase at the time `at`, in seconds from an arbitrary origin; undefined if it cannot be estimated yet. */
  after({ label, done, total, share }: Progress, at: number): number | undefined {
    if (label !== this.#label) {
      this.#label = label;
      this.#began = at;
      this.#rate = new Rate();
    }
    if (total === 0) return undefined;
    this.#rate.mark(share ?? done / total, at);
    return at - this.#began < FIRST ? undefined : (this.#rate.secondsLeft(1) ?? undefined);
  }
}
