/** A rival is an implementation of the training step. The benchmark prepares, checks and times all rivals through this interface. */
import type { BackendName } from '../../src/core/engine';
import type { Case, StepRequest } from '../case';
import type { Problem } from '../problem';

export interface Rival {
  /** Why it cannot run this case; null if it can. */
  cannot(of: Case, backend: BackendName): string | null;
  /** Starts its backend. */
  start(request: Pick<StepRequest, 'backend' | 'tiles'>): Promise<void>;
  /** Uploads what does not change between steps. Called after `start`. */
  prepare(problem: Problem, backend: BackendName): Promise<Trainer>;
}

export interface Trainer {
  /**
   * Computes one step, or submits it to the device: mean cross-entropy, its gradient, and Adam without weight decay with the case's
   * learning rates.
   */
  step(): Loss;
  dispose(): void;
}

/** The loss before a step. Either `read` or `drop` must be called. */
export interface Loss {
  /** Resolves once the step and all earlier ones are computed. */
  read(): Promise<number>;
  drop(): void;
}
