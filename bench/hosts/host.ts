/** A host answers the benchmark's requests, each in a page or process of its own. */
import type { BackendName } from '../../src/core/engine';
import type { Answers, Request } from '../case';

export interface Host {
  /** The backends that the host has. */
  backends: BackendName[];
  /** Rejects if the page or process crashes, or takes longer than `minutes`. */
  ask<R extends Request>(request: R, minutes: number): Promise<Answers[R['kind']]>;
  /** The starter's weight file, for rivals outside the engine. */
  readStarter(): Promise<Uint8Array>;
  /** The path of pytorch_step.py. */
  pytorchScript: string;
  close(): Promise<void>;
}
