/** Loss and gradient of one batch, with micro-batches and gradient checkpointing. */
import * as tf from '@tensorflow/tfjs';
import { TrainingPass } from '../backbone/training-pass';
import { rows } from '../ops/part';
import { headGradients } from './head';
import { slices } from './parameters';
import type { TunedModel } from './tuned-model';

/** Options that save memory or time without changing the gradient. */
export interface GradientOptions {
  /** Images per micro-batch; the whole batch by default. */
  microBatch?: number;
  /** Gradient checkpointing: keep only the inputs of the blocks, and recompute their activations in the backward pass. */
  gradientCheckpointing?: boolean;
  /** The stage that `images` enter, below which nothing is trained; 0, the stem, by default. */
  from?: number;
}

export type LossAndGradient = {
  /** `[1]` */
  loss: tf.Tensor1D;
  /** Flat, in the order of the model's table. */
  gradient: tf.Tensor1D;
};

/**
 * Mean cross-entropy `[1]` of normalised images `[n, size, size, 3]`, or of activations that enter the stage `from`, and its
 * gradient with respect to all trainable parameters, flat in the order of the model's table. `mask` `[n, features]` multiplies
 * the pooled features (dropout).
 */
export function lossAndGradient(
  model: TunedModel,
  values: tf.Tensor1D,
  images: tf.Tensor4D,
  targets: tf.Tensor2D,
  mask: tf.Tensor2D | null,
  { microBatch = images.shape[0], gradientCheckpointing = false, from = 0 }: GradientOptions = {},
): LossAndGradient {
  return tf.tidy(() => {
    const parameters = slices(values, model.table);
    const tuning = model.tuning(parameters);
    const count = images.shape[0];
    let sum = partOf(0);
    for (let start = microBatch; start < count; start += microBatch) {
      const before = sum;
      sum = tf.tidy(() => {
        const { loss, gradient } = partOf(start);
        return { loss: tf.add(before.loss, loss), gradient: tf.add(before.gradient, gradient) };
      });
      tf.dispose(before);
    }
    return sum;

    function partOf(start: number): LossAndGradient {
      return tf.tidy(() => {
        const part = <T extends tf.Tensor>(whole: T): T => rows(whole, start, microBatch);
        return partGradient(part(images), part(targets), mask && part(mask));
      });
    }

    /** The share of these images in the batch's mean loss, and its gradient. */
    function partGradient(
      x: tf.Tensor4D,
      partTargets: tf.Tensor2D,
      dropped: tf.Tensor2D | null,
    ): LossAndGradient {
      const pass = new TrainingPass(model.backbone, x, tuning, { gradientCheckpointing, from });
      const features = dropped ? tf.mul<tf.Tensor2D>(pass.features, dropped) : pass.features;
      const head = model.headOf(parameters);
      const { loss, logits, weight, bias } = headGradients(features, head, partTargets, count);
      const gradients: (tf.Tensor | undefined)[] = [];
      gradients[parameters.length - 2] = weight;
      gradients[parameters.length - 1] = bias;
      if (tuning.size > 0) {
        const dFeatures = tf.matMul<tf.Tensor2D>(logits, head.weight);
        pass.backward(dropped ? tf.mul<tf.Tensor2D>(dFeatures, dropped) : dFeatures, (layer) => {
          for (const [index, gradient] of model.gradients(layer, parameters)) gradients[index] = gradient;
        });
      }
      return { loss, gradient: joined(gradients) };
    }
  });
}

function joined(gradients: (tf.Tensor | undefined)[]): tf.Tensor1D {
  // `Array.from` visits holes, which `map` skips.
  return tf.concat(
    Array.from(gradients, (gradient, index) => {
      if (!gradient) throw new Error(`No gradient of parameter ${index}.`);
      return gradient.flatten();
    }),
  );
}
