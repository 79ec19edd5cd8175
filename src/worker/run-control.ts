/** Pauses, resumes and stops one run, with a clock that stops while the run is paused. */
import type { RunAction } from '../core/run';

export class RunControl {
  readonly #stop = new AbortController();
  #stoppedAt = Number.POSITIVE_INFINITY;
  #paused: { promise: Promise<void>; resume: () => void; since: number } | null = null;
  #pausedSeconds = 0;
  readonly #began: number;

  /** `now`: the time in seconds, from an arbitrary origin. */
  constructor(readonly now: () => number = seconds) {
    this.#began = now();
  }

  act(action: RunAction): void {
    if (action === 'pause' && !this.#paused) {
      let resume = () => {};
      const promise = new Promise<void>((resolve) => {
        resume = resolve;
      });
      this.#paused = { promise, resume, since: this.now() };
    }
    if (action === 'stop' && !this.stopped) {
      this.#stoppedAt = this.now();
      this.#stop.abort(new DOMException('The run was stopped.', 'AbortError'));
    }
    if (action !== 'pause') this.#resume();
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Aborts when the run is stopped. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Seconds since the run was stopped; negative if it was not. */
  get secondsStopped(): number {
    return this.now() - this.#stoppedAt;
  }

  /** Resolves immediately, or when a paused run is resumed or stopped. */
  async ready(): Promise<void> {
    await this.#paused?.promise;
  }

  /** Seconds since the start, without pauses. */
  readonly clock = (): number => (this.#paused?.since ?? this.now()) - this.#began - this.#pausedSeconds;

  #resume(): void {
    if (!this.#paused) return;
    this.#pausedSeconds += this.now() - this.#paused.since;
    this.#paused.resume();
    this.#paused = null;
  }
}

function seconds(): number {
  return performance.now() / 1000;
}
