/** Computations on the layers of a backbone, one layer at a time in each of as many workers as there are cores. */
import type { Convolution } from '../backbone/backbone';
import { concurrently } from '../concurrently';
import type { Progress } from '../core/progress';

export interface LayerOptions {
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Awaited before each layer, so that the computation can be paused. */
  ready?: (() => Promise<void>) | undefined;
}

/** A request to a worker, and the buffers that move to it. */
export interface Task<Request> {
  request: Request;
  transfer: Transferable[];
}

/**
 * The worker's answer for each of these layers, by name.
 * @param costOf the time that a layer takes, in any unit, for the reports of progress
 * @param create a worker that answers every message with one message
 * @throws AbortError if `signal` aborts; Error if a worker fails
 */
export async function onLayers<Request, Answer>(
  layers: readonly Convolution[],
  create: () => Worker,
  taskOf: (layer: Convolution) => Task<Request>,
  costOf: (layer: Convolution) => number,
  label: string,
  { onProgress, signal, ready }: LayerOptions,
): Promise<ReadonlyMap<string, Answer>> {
  const total = layers.length;
  const wholeCost = layers.reduce((sum, layer) => sum + costOf(layer), 0);
  let cost = 0;
  onProgress?.({ label, done: 0, total });
  const workers = Array.from({ length: Math.min(total, navigator.hardwareConcurrency || 1) }, () =>
    caller<Request, Answer>(create()),
  );
  const free = [...workers];
  const end = () => {
    for (const { terminate } of workers) terminate();
  };
  signal?.addEventListener('abort', end);
  try {
    const answers = await concurrently(
      layers,
      workers.length,
      async (layer) => {
        await ready?.();
        const worker = free.pop() as Caller<Request, Answer>; // there are as many lanes as workers
        const answer = await worker.call(taskOf(layer));
        free.push(worker);
        cost += costOf(layer);
        return answer;
      },
      { signal, onDone: (done) => onProgress?.({ label, done, total, share: cost / wholeCost }) },
    );
    return new Map(layers.map(({ spec }, index) => [spec.name, answers[index] as Answer])); // there is one answer for each layer
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

interface Caller<Request, Answer> {
  call(task: Task<Request>): Promise<Answer>;
  terminate(): void;
}

/** Sends one request at a time. If the worker is terminated before it answers, the request rejects with an `AbortError`. */
function caller<Request, Answer>(worker: Worker): Caller<Request, Answer> {
  let fail = (_: Error) => {};
  return {
    call: ({ request, transfer }) =>
      new Promise((resolve, reject) => {
        fail = reject;
        worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message || 'A worker could not be loaded.'));
        worker.postMessage(request, transfer);
      }),
    terminate() {
      worker.terminate();
      fail(new DOMException('The decomposition was ended.', 'AbortError'));
    },
  };
}
