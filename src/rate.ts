/** Seconds over which the rate is averaged: long enough to be steady, short enough to follow changes. */
const WINDOW = 5;

/** The rate of increase of a number over the last seconds. Times are in seconds, from an arbitrary origin. */
export class Rate {
  readonly #marks: { at: number; done: number }[] = [];

  /** Records a total of `done` at the time `at`. A smaller total than before resets the rate. */
  mark(done: number, at: number): void {
    if (done < (this.#marks.at(-1)?.done ?? 0)) this.#marks.length = 0;
    this.#marks.push({ at, done });
    // The oldest mark stays just outside the window, so that the window is always full.
    while ((this.#marks[1]?.at ?? Number.POSITIVE_INFINITY) <= at - WINDOW) this.#marks.shift();
  }

  perSecond(): number | null {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (!first || !last || last.at <= first.at) return null;
    return (last.done - first.done) / (last.at - first.at);
  }

  secondsLeft(total: number | null): number | null {
    const [rate, done] = [this.perSecond(), this.#marks.at(-1)?.done ?? 0];
    return total === null || !rate ? null : Math.max(0, total - done) / rate;
  }
}
