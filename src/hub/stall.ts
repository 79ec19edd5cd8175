/** Requests that end: one on which nothing arrives for a while is aborted, whether it waits for an answer, a redirect or the next byte. */
import { chunks } from '../files/chunks';

/** A failure that may pass: another attempt is worth it. The message completes “… broke off: ”. */
export class Interrupted extends Error {}

export interface Timer {
  /** Runs `run` after so many seconds; returns what prevents that. */
  after(seconds: number, run: () => void): () => void;
}

export interface Patience {
  /** Seconds without an answer or a byte after which a connection is taken for broken. */
  patience?: number | undefined;
  signal?: AbortSignal | undefined;
  timer?: Timer | undefined;
}

export const PATIENCE = 30;

const CLOCK: Timer = {
  after(seconds, run) {
    const id = setTimeout(run, seconds * 1000);
    return () => clearTimeout(id);
  },
};

/**
 * Does `work`, which makes a request with the signal it is given and calls `arrived` with every answer and piece. What it still
 * receives when it ends is aborted.
 * @throws Interrupted after `patience` seconds without a call of `arrived`; what `work` throws; the signal's reason after an abort
 */
export async function whileHeard<Result>(
  work: (signal: AbortSignal, arrived: () => void) => Promise<Result>,
  { patience = PATIENCE, signal, timer = CLOCK }: Patience,
): Promise<Result> {
  const connection = new AbortController();
  const stalled = new Interrupted(`no data arrived for ${patience} seconds`);
  const watch = () => timer.after(patience, () => connection.abort(stalled));
  let stopWatching = watch();
  const arrived = () => {
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

/**
 * A small file of this site, in memory.
 * @throws Interrupted saying why it did not arrive; the signal's reason after an abort
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
