/**
 * The page's only door to the engine: a typed client of the worker. It imports the engine's types and errors and
 * nothing else; no tensor ever comes this far.
 */
import { AmbiguousData } from '../src/data/question';
import { EngineFault } from '../src/engine-fault';
import { UserError } from '../src/user-error';
import type { CallName, Calls, Failure, Reply, Report, Request } from '../src/worker/protocol';

interface Pending {
  progress: (value: never) => void;
  resolve: (value: never) => void;
  reject: (reason: Error) => void;
}

export interface CallOptions<K extends CallName> {
  onProgress?: (value: Calls[K]['progress']) => void;
  /** Aborting asks the engine to stop this call; it then fails with an `AbortError`. */
  signal?: AbortSignal;
}

export class Engine {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;

  /** `onReport` receives what the engine reports unasked. A test gives a worker of its own. */
  constructor(onReport: (report: Report) => void, makeWorker = engineWorker) {
    this.#worker = makeWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<Reply | Report>) =>
      'id' in data ? this.#receive(data) : onReport(data);
    this.#worker.onerror = (event) =>
      this.#failAll(new Error(event.message || 'The engine could not be loaded.'));
  }

  /** Calls the engine. Rejects with `UserError` for what the person can mend, `EngineFault` where the device failed, `AbortError` after an abort, `Error` for a bug. */
  call<K extends CallName>(
    call: K,
    input: Calls[K]['in'],
    { onProgress, signal }: CallOptions<K> = {},
  ): Promise<Calls[K]['out']> {
    const id = this.#nextId++;
    const cancel = () => this.#post({ id, cancel: true });
    return new Promise<Calls[K]['out']>((resolve, reject) => {
      this.#pending.set(id, { progress: (value) => onProgress?.(value), resolve, reject });
      // The pair (call, in) belongs together by this method's signature, which the union cannot express.
      this.#post({ id, call, in: input } as Request);
      signal?.addEventListener('abort', cancel);
      if (signal?.aborted) cancel();
    }).finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Ends the worker; what it was doing is lost. */
  terminate(): void {
    this.#worker.terminate();
    this.#failAll(new DOMException('The engine was ended.', 'AbortError'));
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    // The worker answers each id with the types of its call (see `Calls`).
    if ('progress' in reply) {
      pending.progress(reply.progress as never);
      return;
    }
    this.#pending.delete(reply.id);
    if ('done' in reply) pending.resolve(reply.done as never);
    else pending.reject(asError(reply.failed));
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}

function engineWorker(): Worker {
  return new Worker(new URL('../src/worker/worker.ts', import.meta.url), {
    type: 'module',
    // A worker's own address says nothing of where public/ is served; the page's does.
    name: document.baseURI,
  });
}

function asError(failure: Failure): Error {
  switch (failure.kind) {
    case 'user':
      return new UserError(failure.message);
    case 'ambiguous':
      return new AmbiguousData(failure.question);
    case 'aborted':
      return new DOMException(failure.message, 'AbortError');
    case 'bug':
      return Object.assign(new Error(failure.message), { stack: failure.stack });
    default:
      return new EngineFault(failure.kind, failure.message, failure.details, failure.engineLost);
  }
}
