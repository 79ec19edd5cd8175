/**
 * A typed client of the engine's worker, and the page's only access to it. Imports only the engine's types and errors, so the
 * page's bundle contains no tensor code.
 */

import { UserError } from '../src/core/user-error';
import { AmbiguousData } from '../src/data/question';
import { EngineFault, engineEnded } from '../src/engine-fault';
import type { CallName, Calls, Failure, Life, Reply, Report, Request } from '../src/worker/protocol';

interface Pending {
  progress: (value: never, at: number) => void;
  resolve: (value: never) => void;
  reject: (reason: Error) => void;
}

export interface CallOptions<K extends CallName> {
  /** `at`: when the engine sent it, milliseconds since 1970; it may arrive later. */
  onProgress?: (value: Calls[K]['progress'], at?: number) => void;
  /** Aborting asks the engine to stop this call; it then fails with an `AbortError`. */
  signal?: AbortSignal;
}

export class Engine {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #isTerminated = false;

  /** `onReport` receives reports that belong to no call. Tests pass their own worker. */
  constructor(onReport: (report: Report) => void, makeWorker = engineWorker) {
    this.#worker = makeWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<Reply | Report | Life>) => {
      if ('id' in data) this.#receive(data);
      else if ('lock' in data) void navigator.locks.request(data.lock, () => this.#ended(onReport));
      else onReport(data);
    };
    this.#worker.onerror = (event) =>
      this.#failAll(new Error(event.message || 'The engine could not be loaded.'));
  }

  /**
   * Calls the engine. Rejects with `UserError` for errors that the person can correct, `EngineFault` for device failures,
   * `AbortError` after an abort, and `Error` for bugs.
   */
  call<K extends CallName>(
    call: K,
    input: Calls[K]['in'],
    { onProgress, signal }: CallOptions<K> = {},
  ): Promise<Calls[K]['out']> {
    const id = this.#nextId++;
    const cancel = () => this.#post({ id, cancel: true });
    return new Promise<Calls[K]['out']>((resolve, reject) => {
      this.#pending.set(id, { progress: (value, at) => onProgress?.(value, at), resolve, reject });
      // The signature ensures that `call` and `in` match; the union type cannot express that.
      this.#post({ id, call, in: input } as Request);
      signal?.addEventListener('abort', cancel);
      if (signal?.aborted) cancel();
    }).finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** Terminates the worker. Pending calls are rejected. */
  terminate(): void {
    this.#isTerminated = true;
    this.#worker.terminate();
    this.#failAll(new DOMException('The engine was ended.', 'AbortError'));
  }

  /** The worker is gone. */
  #ended(onReport: (report: Report) => void): void {
    if (this.#isTerminated) return;
    const { kind, message, details, engineLost } = engineEnded();
    onReport({ fault: { kind, message, details, engineLost } });
    this.#failAll(engineEnded());
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    // The worker answers each id with the types of its call (see `Calls`).
    if ('progress' in reply) {
      pending.progress(reply.progress as never, reply.at);
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
    // The worker's own URL does not tell where public/ is served, but the page's URL does.
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
      return Object.assign(new Error(failure.message), { name: failure.name, stack: failure.stack });
    default:
      return new EngineFault(failure.kind, failure.message, failure.details, failure.engineLost);
  }
}
