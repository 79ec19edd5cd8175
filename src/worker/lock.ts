/**
 * The one lock on what calls share: backbone, data, models and the run in progress. Three ways to hold it:
 *
 * - `exclusive`: one piece of work that changes something or trains. A second one is refused by the table of permissions before it
 *   asks; asking all the same is a bug.
 * - `read`: any number at a time, also beside exclusive work, so that a person can classify during a run or a download.
 * - `replace`, inside exclusive work: waits until no reader is left and keeps new ones out while tensors are exchanged.
 */
import type { Work } from './permissions';

interface Holder {
  work: Work;
  evict: AbortController;
  left: Promise<void>;
}

export class EngineLock {
  #holder: Holder | null = null;
  #readers = 0;
  #evictReaders = new AbortController();
  /** Settles when the replacement in progress is over; null where there is none. */
  #replacing: Promise<void> | null = null;
  #lastReaderLeft: () => void = () => {};

  /** The exclusive work in progress. */
  get work(): Work | null {
    return this.#holder?.work ?? null;
  }

  /** Does `task` as the only exclusive work. Its signal aborts with `signal`, and when `takeOver` evicts it. */
  async exclusive<T>(work: Work, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#holder) throw new Error(`The lock is held for ${this.#holder.work}; ${work} asked for it too.`);
    const evict = new AbortController();
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const holder = { work, evict, left };
    this.#holder = holder;
    try {
      return await task(AbortSignal.any([signal, evict.signal]));
    } finally {
      if (this.#holder === holder) this.#holder = null;
      leave();
    }
  }

  /** As `exclusive`, after aborting all readers and whatever exclusive work is in progress and waiting for the end of that. */
  async takeOver<T>(work: Work, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const reason = new DOMException('The engine is being restarted.', 'AbortError');
    this.#evictReaders.abort(reason);
    this.#evictReaders = new AbortController();
    // Another may have come first while this one waited.
    while (this.#holder) {
      const { evict, left } = this.#holder;
      evict.abort(reason);
      await left;
    }
    return this.exclusive(work, signal, task);
  }

  /** Does `task` while nothing is replaced. It must not ask for the lock itself. Its signal aborts as that of exclusive work does. */
  async read<T>(signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    while (this.#replacing) await this.#replacing;
    this.#readers++;
    try {
      return await task(AbortSignal.any([signal, this.#evictReaders.signal]));
    } finally {
      this.#readers--;
      if (this.#readers === 0) this.#lastReaderLeft();
    }
  }

  /** For exclusive work: does `task` without any reader. */
  async replace<T>(task: () => T | Promise<T>): Promise<T> {
    let done = () => {};
    this.#replacing = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      if (this.#readers > 0) {
        await new Promise<void>((resolve) => {
          this.#lastReaderLeft = resolve;
        });
      }
      return await task();
    } finally {
      this.#replacing = null;
      this.#lastReaderLeft = () => {};
      done();
    }
  }
}
