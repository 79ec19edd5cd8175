/** The engine's side of the door: messages in, calls on the session, messages out. */
import { AmbiguousData } from '../data/question';
import { EngineFault } from '../engine-fault';
import { health } from '../engine-health';
import { onNotice } from '../ops/webgpu/notices';
import { UserError } from '../user-error';
import type { CallName, Failure, Fault, Reply, Report, Request } from './protocol';
import { createSession } from './session';

type Call = Exclude<Request, { cancel: true }>;

/** Answered though the engine is broken or busy: they compute nothing. */
const WITHOUT_TENSORS: readonly CallName[] = ['start', 'memory', 'settings', 'control', 'forget'];

const running = new Map<number, AbortController>();
/** The last `start`: whatever is asked meanwhile waits for it, and fails as it failed. */
let started: Promise<unknown> = Promise.resolve();
// The page names the worker after its own address, under which public/ is served.
const session = createSession(self.name);

health.onFault((fault) => post({ fault: faultOf(fault) }));
onNotice((notice) => post({ notice }));

self.onmessage = ({ data }: MessageEvent<Request>) => {
  if ('cancel' in data) running.get(data.id)?.abort(new DOMException('Cancelled.', 'AbortError'));
  else void answer(data);
};

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

function post(message: Reply | Report): void {
  self.postMessage(message);
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
