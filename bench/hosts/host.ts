/** Where the benchmark's requests are answered: each in a page or a process of its own. */
import type { BackendName } from '../../src/worker/protocol';
import type { Answers, Request } from '../case';

export interface Host {
  /** Backends it has. */
  backends: BackendName[];
  /** Rejects where the page or the process breaks down, or takes longer than `minutes`. */
  ask<R extends Request>(request: R, minutes: number): Promise<Answers[R['kind']]>;
  /** The starter's file, for rivals outside of the engine. */
  readStarter(): Promise<Uint8Array>;
  /** Path of pytorch_step.py. */
  pytorchScript: string;
  close(): Promise<void>;
}
