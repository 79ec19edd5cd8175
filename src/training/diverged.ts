import { UserError } from '../core/user-error';

/**
 * Throws `UserError` if a value is not finite. A run checks both its loss and its parameters, because a ReLU on wasm turns NaN into
 * zero, so the loss can be finite although parameters are NaN.
 */
export function checkFinite(
  values: Iterable<number>,
  what: 'loss' | 'trainable parameters',
  { step, epoch, learningRate }: { step: number; epoch: number; learningRate: number },
): void {
  for (const value of values) {
    if (Number.isFinite(value)) continue;
    throw new UserError(
      `At step ${step} (epoch ${epoch}), the ${what} ${what === 'loss' ? 'was' : 'were'} no longer finite. ` +
        `Lower the learning rate (now ${learningRate}) and run again. The best epoch before that is kept.`,
    );
  }
}
