/** One training step, whoever wrote it: the bench times rivals behind this one interface. */
import * as tf from '@tensorflow/tfjs';
import { AdamW } from '../src/training/adamw';
import { lossAndGradient } from '../src/training/train';
import type { TunedModel } from '../src/training/tuned-model';

export interface Step {
  /** Trains on normalised images `[n, size, size, 3]` and one-hot labels `[n, classes]`; the loss before the step, `[1]`. */
  run(images: tf.Tensor4D, wanted: tf.Tensor2D): tf.Tensor1D;
  dispose(): void;
}

/** The project's own step; the head starts from zero. */
export function ourStep(model: TunedModel): Step {
  const optimizer = new AdamW(new Float32Array(model.table.backbone + model.table.head), {
    rates: 1e-3,
    weightDecay: 0,
  });
  return {
    run(images, wanted) {
      const { loss, gradient } = lossAndGradient(model, optimizer.values, images, wanted, null);
      optimizer.apply(gradient);
      tf.dispose(gradient);
      return loss;
    },
    dispose: () => optimizer.dispose(),
  };
}
