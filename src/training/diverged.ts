import { UserError } from '../user-error';

/**
 * Throws `UserError` when a run cannot go on: a loss or a trained number is no longer finite. Both are asked, because a
 * ReLU on wasm turns NaN into zero, so that a broken network can still have a finite loss.
 */
export function checkFinite(
  values: Iterable<number>,
  what: 'loss' | 'trained numbers',
  { step, epoch, learningRate }: { step: number; epoch: number; learningRate: number },
): void {
  for (const value of values) {
    if (Number.isFinite(value)) continue;
    throw new UserError(
      `The ${what} became ${Number.isNaN(value) ? 'not a number' : 'infinite'} at step ${step} (epoch ${epoch}). ` +
        `Lower the learning rate (now ${learningRate}) and run again. The best epoch before that is kept.`,
    );
  }
}
