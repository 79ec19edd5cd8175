/**
 * Long tensor work in parts. Such work is a generator that yields between two operations, where no scope of tfjs is open, so that the
 * caller can handle messages there, wait, or abandon the work, which frees its tensors.
 */

/** Yields the proportion that is done, 0–1. */
export type InParts<T> = Generator<number, T, void>;

/** Frees the tensors of work that is not done; does nothing if it is. */
export function abandon<T>(work: InParts<T>): void {
  work.return(undefined as T); // nobody reads the value
}

/** The result of work in parts, computed without a break. */
export function complete<T>(work: InParts<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Milliseconds of work between two turns. Shorter than a person notices, longer than most steps on a GPU. */
const BETWEEN_TURNS = 100;

/** Says when long work should let other work take a turn. */
export class Turns {
  #since = performance.now();

  /** Whether enough time has passed since it was last true. */
  isDue(): boolean {
    const now = performance.now();
    if (now - this.#since < BETWEEN_TURNS) return false;
    this.#since = now;
    return true;
  }
}

/** Does the work, and yields an event whenever a turn is due. */
export async function* inTurns<T, Event>(
  work: InParts<T>,
  turns: Turns,
  eventOf: (done: number) => Event,
): AsyncGenerator<Event, T> {
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      if (turns.isDue()) yield eventOf(value);
    }
  } finally {
    abandon(work);
  }
}
