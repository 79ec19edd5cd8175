/** The engine's side of the protocol: receives requests, calls the session, sends replies and reports. */

import type { Fault } from '../core/engine';
import { UserError } from '../core/user-error';
import { AmbiguousData } from '../data/question';
import { EngineFault } from '../engine-fault';
import { health } from '../engine-health';
import { onNotice } from '../ops/webgpu/notices';
import { TimeLeft } from '../time-left';
import type { CallName, Failure, Reply, Report, Request } from './protocol';
import type { Handlers } from './session';

type Call = Exclude<Request, { cancel: true }>;

/** Calls that compute nothing, and so are handled even if the engine is broken or busy. */
const WITHOUT_TENSORS: readonly CallName[] = ['start', 'memory', 'settings', 'control', 'forget'];

/** The source and destination of messages: a worker's global scope, or a test's substitute. */
export interface Port {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Reply | Report): void;
}

/** Replies to every request that arrives at `port`, and reports faults and notices there. */
export function serve(port: Port, session: Handlers): void {
  const running = new Map<number, AbortController>();
  /** The last `start`. Requests that arrive before it has ended wait for it, and fail with its error if it fails. */
  let started: Promise<unknown> = Promise.resolve();
  const post = (message: Reply | Report) => port.postMessage(message);

  async function answer({ id, call, in: input }: Call): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      // The call's name determines the types of both handler and input, which a union type cannot express.
      const handler = session[call] as (
        input: unknown,
        context: unknown,
      ) => Promise<Extract<Reply, { done: unknown }>['done']>;
      const timeLeft = new TimeLeft();
      const progress = (value: Extract<Reply, { progress: unknown }>['progress']) => {
        const estimated =
          'label' in value
            ? { ...value, secondsLeft: timeLeft.after(value, performance.now() / 1000) }
            : value;
        post({ id, progress: estimated, at: Date.now() });
      };
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
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'bug', name, message: `${call}: ${message}`, stack };
}
