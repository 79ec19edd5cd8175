/** Starting, restarting and watching the engine. The one instance of its client lives here. */

import { STARTER } from '../../src/hub/starter';
import type { BackendChoice, CallName, Calls, Report } from '../../src/worker/protocol';
import { type CallOptions, Engine } from '../engine';
import { asProblem } from './problem';
import { announce, read, write } from './session';

const MEMORY_EVERY_MS = 3000;

/** What is asked of the engine's client. */
export type EngineClient = Pick<Engine, 'call' | 'terminate'>;

let connect = (onReport: (report: Report) => void): EngineClient => new Engine(onReport);
let engine: EngineClient | null = null;

/** For tests: where the next engine comes from. */
export function connectTo(makeEngine: typeof connect): void {
  connect = makeEngine;
  engine = null;
}

/** Asks the engine; rejects as `Engine.call` does. */
export function ask<K extends CallName>(
  call: K,
  input: Calls[K]['in'],
  options?: CallOptions<K>,
): Promise<Calls[K]['out']> {
  engine ??= connect(hear);
  return engine.call(call, input, options);
}

/** What the engine says unasked: from a fault on it computes nothing more. */
function hear(report: Report): void {
  if ('notice' in report) {
    write({ notices: [...read().notices, report.notice] });
    return;
  }
  write({ engine: { status: 'failed', problem: report.fault }, memory: null });
  announce(report.fault.message);
}

/** Starts the tensor backend; on a running engine, restarts it. True when the engine is ready afterwards. */
export async function startEngine(backend: BackendChoice): Promise<boolean> {
  write({ engine: { status: 'starting', progress: null }, memory: null });
  try {
    const { engine: info, backbone } = await ask(
      'start',
      { backend },
      { onProgress: (progress) => write({ engine: { status: 'starting', progress } }) },
    );
    write({
      engine: { status: 'ready', info },
      backbone,
      backboneChoice: STARTER,
      // A fresh engine has no data.
      dataset: null,
      atoms: null,
      recognition: null,
    });
    announce(`The engine is ready. ${info.reason}`);
    return true;
  } catch (error) {
    const problem = asProblem(error);
    if (problem) write({ engine: { status: 'failed', problem } });
    return false;
  }
}

/** Ends the worker, so that the next `ask` makes a fresh one. */
export function endEngine(): void {
  engine?.terminate();
  engine = null;
  write({ notices: [] });
}

/** Asks now and then what the engine holds; one question at a time, none in a hidden tab. Returns the stop. */
export function watchMemory(): () => void {
  let asking = false;
  const timer = setInterval(async () => {
    if (asking || document.hidden || read().engine.status !== 'ready') return;
    asking = true;
    try {
      write({ memory: await ask('memory', {}) });
    } catch {
      // The engine was restarted or has failed; its own call reports that.
    } finally {
      asking = false;
    }
  }, MEMORY_EVERY_MS);
  return () => clearInterval(timer);
}
