/** Starting, restarting and monitoring the engine. Holds the only instance of its client. */
import type { BackendChoice, EngineInfo } from '../../src/core/engine';
import type { Progress } from '../../src/core/progress';
import type { CallName, Calls, Report } from '../../src/worker/protocol';
import { type CallOptions, Engine } from '../engine';
import { asProblem } from './problem';
import { announce, read, write } from './session';

const MEMORY_EVERY_MS = 3000;

/** The methods of the engine's client that are used here. */
export type EngineClient = Pick<Engine, 'call' | 'terminate'>;

let connect = (onReport: (report: Report) => void): EngineClient => new Engine(onReport);
let engine: EngineClient | null = null;

/** Replaces the function that makes the engine’s client: in tests, and on the page of states. */
export function connectTo(makeEngine: typeof connect): void {
  connect = makeEngine;
  engine = null;
}

/** Calls the engine. Rejects like `Engine.call`. */
export function ask<K extends CallName>(
  call: K,
  input: Calls[K]['in'],
  options?: CallOptions<K>,
): Promise<Calls[K]['out']> {
  engine ??= connect(hear);
  return engine.call(call, input, options);
}

/** Handles reports that belong to no call. After a fault the engine does not compute any more. */
function hear(report: Report): void {
  if ('notice' in report) {
    write({ notices: [...read().notices, report.notice] });
    return;
  }
  write({ engine: { status: 'failed', problem: report.fault }, memory: null });
  announce(report.fault.message);
}

/** Shows the engine as starting, with what it does. */
export const showStarting = (progress: Progress | null) =>
  write({ engine: { status: 'starting', progress } });

/** Starts the backend; restarts a running engine. It then has the starter and no data. Null if it could not be started. */
export async function startEngine(backend: BackendChoice): Promise<Calls['start']['out'] | null> {
  write({ engine: { status: 'starting', progress: null }, memory: null });
  try {
    return await ask('start', { backend }, { onProgress: showStarting });
  } catch (error) {
    const problem = asProblem(error);
    if (problem) write({ engine: { status: 'failed', problem } });
    return null;
  }
}

/** The engine can be asked for everything. */
export function engineIsReady(info: EngineInfo): void {
  // It may have failed since it was started.
  if (read().engine.status !== 'starting') return;
  write({ engine: { status: 'ready', info } });
  announce(`The engine is ready. ${info.reason}`);
}

/** Terminates the worker. The next `ask` starts a new one. */
export function endEngine(): void {
  engine?.terminate();
  engine = null;
  write({ notices: [] });
}

/** Polls the engine's memory use: one request at a time, none in a hidden tab. Returns a function that stops it. */
export function watchMemory(): () => void {
  let asking = false;
  const timer = setInterval(async () => {
    if (asking || document.hidden || read().engine.status !== 'ready') return;
    asking = true;
    try {
      write({ memory: await ask('memory', {}) });
    } catch {
      // The engine was restarted or has failed. The call that failed reports it.
    } finally {
      asking = false;
    }
  }, MEMORY_EVERY_MS);
  return () => clearInterval(timer);
}
