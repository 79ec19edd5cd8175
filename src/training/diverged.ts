import { UserError } from '../user-error';

/** Throws `UserError` when the loss of a step is no longer a number a run can go on from. */
export function checkLoss(loss: number, step: number, epoch: number, learningRate: number): void {
  if (Number.isFinite(loss)) return;
  throw new UserError(
    `The loss became ${Number.isNaN(loss) ? 'not a number' : 'infinite'} at step ${step} (epoch ${epoch}). ` +
      `Lower the learning rate (now ${learningRate}) and run again. The best epoch before it is kept.`,
  );
}
