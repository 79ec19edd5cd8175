/** A rival: whoever can do a training step. The benchmark prepares, checks and times all of them through this. */
import type { BackendName } from '../../src/worker/protocol';
import type { Case, StepRequest } from '../case';
import type { Problem } from '../problem';

export interface Rival {
  /** Why it cannot do this case; null where it can. */
  cannot(of: Case, backend: BackendName): string | null;
  /** Starts what it runs on. */
  start(request: Pick<StepRequest, 'backend' | 'tiles'>): Promise<void>;
  /** Uploads what stays the same between steps. Only called after `start`. */
  prepare(problem: Problem, backend: BackendName): Promise<Trainer>;
}

export interface Trainer {
  /**
   * Does one step, or puts it in the device's queue: mean cross-entropy, its gradient, Adam without weight decay at the
   * case's rates.
   */
  step(): Loss;
  dispose(): void;
}

/** The loss before a step. It must be read or dropped. */
export interface Loss {
  /** Resolves once everything up to the step is done. */
  read(): Promise<number>;
  drop(): void;
}
