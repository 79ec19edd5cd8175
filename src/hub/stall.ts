/** Requests with a stall timeout: a request is aborted if no response, redirect or byte arrives for a while. */

import type { UserError } from '../core/user-error';
import { chunks } from '../files/chunks';

/** A temporary failure that is worth a retry. The message completes “… broke off: ”. */
export class Interrupted extends Error {}

export interface Timer {
  /** Calls `run` after `seconds` seconds; returns a function that cancels this. */
  after(seconds: number, run: () => void): () => void;
}

export interface Patience {
  /** Seconds without a response or a byte after which a connection counts as broken. */
  patience?: number | undefined;
  signal?: AbortSignal | undefined;
  timer?: Timer | undefined;
  /** Called for every response and chunk. */
  onHeard?: (() => void) | undefined;
}

export const PATIENCE = 30;

const CLOCK: Timer = {
  after(seconds, run) {
    const id = setTimeout(run, seconds * 1000);
    return () => clearTimeout(id);
  },
};

/**
 * Runs `work`, which makes a request with the given signal and calls `arrived` for every response and chunk. A request that is
 * still in progress when `work` ends is aborted.
 * @throws Interrupted after `patience` seconds without a call of `arrived`; what `work` throws; the signal's reason after an abort
 */
export async function whileHeard<Result>(
  work: (signal: AbortSignal, arrived: () => void) => Promise<Result>,
  { patience = PATIENCE, signal, timer = CLOCK, onHeard }: Patience,
): Promise<Result> {
  const connection = new AbortController();
  const stalled = new Interrupted(`no data arrived for ${patience} seconds`);
  const watch = () => timer.after(patience, () => connection.abort(stalled));
  let stopWatching = watch();
  const arrived = () => {
    onHeard?.();
    stopWatching();
    stopWatching = watch();
  };
  try {
    return await work(AbortSignal.any([...(signal ? [signal] : []), connection.signal]), arrived);
  } catch (error) {
    throw connection.signal.aborted ? stalled : error;
  } finally {
    stopWatching();
    connection.abort();
  }
}

interface Reach {
  seconds: number;
  signal: AbortSignal | undefined;
  /** The error if nothing was heard in time. */
  unreachable: () => UserError;
  timer?: Timer;
}

/**
 * Limits the time until a server answers for the first time, over all retries, and nothing after that. Runs `work`, whose requests take
 * the given limits; if no response arrives within `seconds`, they are aborted.
 * @throws the error of `unreachable`; what `work` throws
 */
export async function untilAnswered<Result>(
  { seconds, signal, unreachable, timer = CLOCK }: Reach,
  work: (limits: { signal: AbortSignal } & Pick<Patience, 'onHeard'>) => Promise<Result>,
): Promise<Result> {
  const silence = new AbortController();
  const stop = timer.after(seconds, () => silence.abort(unreachable()));
  try {
    return await work({
      signal: AbortSignal.any([...(signal ? [signal] : []), silence.signal]),
      onHeard: stop,
    });
  } finally {
    stop();
  }
}

/**
 * Fetches a small file of this site into memory.
 * @throws Interrupted with the reason if the file could not be fetched; the signal's reason after an abort
 */
export function fetchWhole(url: URL | string, patience: Patience): Promise<Blob> {
  return whileHeard(async (signal, arrived) => {
    try {
      const response = await fetch(url, { signal });
      arrived();
      if (!response.ok || !response.body) throw new Interrupted(`HTTP ${response.status}`);
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of chunks(response.body)) {
        arrived();
        pieces.push(piece);
      }
      return new Blob(pieces);
    } catch (error) {
      patience.signal?.throwIfAborted();
      throw error instanceof Interrupted ? error : new Interrupted('there was no answer');
    }
  }, patience);
}
