/**
 * The lock on the state that calls share: backbone, data, models and the run in progress. There are three ways to hold it:
 *
 * - `exclusive`: work that changes state or trains; only one at a time. The table of permissions rejects a second request
 *   earlier, so a conflict here is a bug.
 * - `read`: any number at a time, also during exclusive work, so that a person can classify during a run or a download.
 * - `replace`, inside exclusive work: waits until all readers have finished and blocks new ones while tensors are replaced.
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
  /** Settles when the replacement in progress has ended; null if there is none. */
  #replacing: Promise<void> | null = null;
  #lastReaderLeft: () => void = () => {};

  /** The exclusive work in progress. */
  get work(): Work | null {
    return this.#holder?.work ?? null;
  }

  /** Runs `task` as the only exclusive work. Its signal aborts with `signal`, or when `takeOver` evicts it. */
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

  /** As `exclusive`, after aborting all readers and any exclusive work in progress, and waiting until that work has ended. */
  async takeOver<T>(work: Work, signal: AbortSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const reason = new DOMException('The engine is being restarted.', 'AbortError');
    this.#evictReaders.abort(reason);
    this.#evictReaders = new AbortController();
    // Another call may have acquired the lock while this one waited.
    while (this.#holder) {
      const { evict, left } = this.#holder;
      evict.abort(reason);
      await left;
    }
    return this.exclusive(work, signal, task);
  }

  /** Runs `task` while no replacement is in progress. `task` must not request the lock. Its signal aborts as for exclusive work. */
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

  /** For exclusive work: runs `task` while there are no readers. */
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
