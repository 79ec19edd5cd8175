/** The engine's side of the protocol: requests in, calls on the session, replies and reports out. */
import { AmbiguousData } from '../data/question';
import { EngineFault } from '../engine-fault';
import { health } from '../engine-health';
import { onNotice } from '../ops/webgpu/notices';
import { UserError } from '../user-error';
import type { CallName, Failure, Fault, Reply, Report, Request } from './protocol';
import type { Handlers } from './session';

type Call = Exclude<Request, { cancel: true }>;

/** Answered though the engine is broken or busy: they compute nothing. */
const WITHOUT_TENSORS: readonly CallName[] = ['start', 'memory', 'settings', 'control', 'forget'];

/** Where messages come from and go to: a worker's own scope, or a test's. */
export interface Port {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Reply | Report): void;
}

/** Answers every request that arrives at `port`, and reports faults and notices there. */
export function serve(port: Port, session: Handlers): void {
  const running = new Map<number, AbortController>();
  /** The last `start`: whatever is asked meanwhile waits for it, and fails as it failed. */
  let started: Promise<unknown> = Promise.resolve();
  const post = (message: Reply | Report) => port.postMessage(message);

  async function answer({ id, call, in: input }: Call): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      // The call's name picks handler and input alike, which the union of all calls cannot express.
      const handler = session[call] as (
        input: unknown,
        context: unknown,
      ) => Promise<Extract<Reply, { done: unknown }>['done']>;
      const progress = (value: Extract<Reply, { progress: unknown }>['progress']) =>
        post({ id, progress: value });
      const handle = () => handler(input, { progress, signal: abort.signal });
      const work = WITHOUT_TENSORS.includes(call) ? handle : () => health.during(handle);
      const answered = call === 'start' ? work() : started.then(work);
      if (call === 'start') started = answered;
      post({ id, done: await answered });
    } catch (error) {
      post({ id, failed: failure(error, call) });
    } finally {
      running.delete(id);
    }
  }

  health.onFault((fault) => post({ fault: faultOf(fault) }));
  onNotice((notice) => post({ notice }));
  port.onmessage = ({ data }) => {
    if ('cancel' in data) running.get(data.id)?.abort(new DOMException('Cancelled.', 'AbortError'));
    else void answer(data);
  };
}

const faultOf = ({ kind, message, details, engineLost }: EngineFault): Fault => ({
  kind,
  message,
  details,
  engineLost,
});

function failure(error: unknown, call: CallName): Failure {
  if (error instanceof AmbiguousData) return { kind: 'ambiguous', question: error.question };
  if (error instanceof UserError) return { kind: 'user', message: error.message };
  if (error instanceof EngineFault) return faultOf(error);
  if (error instanceof DOMException && error.name === 'AbortError') {
    return { kind: 'aborted', message: error.message };
  }
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', message: `${call}: ${message}`, stack };
}
