/** Loss and gradient of one batch, with micro-batches and gradient checkpointing. */
import * as tf from '@tensorflow/tfjs';
import type { LayerGradient } from '../backbone/layer-gradient';
import { rows } from '../ops/part';
import { OwnedTensors } from '../owned-tensors';
import { abandon, complete, type InParts } from '../turns';
import { headGradients } from './head';
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
export const lossAndGradient = (...given: Parameters<typeof lossAndGradientInParts>): LossAndGradient =>
  complete(lossAndGradientInParts(...given));

export function* lossAndGradientInParts(
  model: TunedModel,
  values: tf.Tensor1D,
  images: tf.Tensor4D,
  targets: tf.Tensor2D,
  mask: tf.Tensor2D | null,
  { microBatch = images.shape[0], gradientCheckpointing = false, from = 0 }: GradientOptions = {},
): InParts<LossAndGradient> {
  const count = images.shape[0];
  const owned = new OwnedTensors();
  const tuned = model.tuned(values);
  try {
    const partInParts = (start: number) =>
      proportionally(partOf(start), start / count, Math.min(microBatch, count - start) / count);
    let sum = owned.ownAll(yield* partInParts(0));
    for (let start = microBatch; start < count; start += microBatch) {
      const [before, added] = [sum, owned.ownAll(yield* partInParts(start))];
      sum = owned.ownAll({
        loss: tf.add(before.loss, added.loss),
        gradient: tf.add(before.gradient, added.gradient),
      });
      for (const tensor of [...Object.values(before), ...Object.values(added)]) owned.free(tensor);
    }
    return owned.handOver(sum);
  } finally {
    owned.dispose();
    tuned.dispose();
  }

  /** The share of a micro-batch in the batch's mean loss, and its gradient. */
  function* partOf(start: number): InParts<LossAndGradient> {
    const { parameters, tuning } = tuned;
    const made = new OwnedTensors();
    const part = <T extends tf.Tensor>(whole: T): T => {
      const some = rows(whole, start, microBatch);
      return some === whole ? some : made.own(some);
    };
    try {
      const [x, wanted, dropped] = [part(images), part(targets), mask && part(mask)];
      const gradients: (tf.Tensor | undefined)[] = [];
      const visit = (layer: LayerGradient) => {
        const found = tf.tidy(() => Object.fromEntries(model.gradients(layer, parameters)));
        for (const [index, gradient] of Object.entries(found)) gradients[Number(index)] = made.own(gradient);
      };
      const pass = model.backbone.walk(tuning, { gradientCheckpointing, from }, visit);
      try {
        const output: tf.Tensor = yield* proportionally(pass.forward(x), 0, FORWARD);
        const pooled = made.own(output as tf.Tensor2D); // the output of the pooling
        const features = dropped ? made.own(tf.mul<tf.Tensor2D>(pooled, dropped)) : pooled;
        const head = model.headOf(parameters);
        const { loss, logits, weight, bias } = made.ownAll(headGradients(features, head, wanted, count));
        gradients[parameters.length - 2] = weight;
        gradients[parameters.length - 1] = bias;
        if (tuning.size > 0) {
          const dFeatures = made.own(
            tf.tidy(() => {
              const ofFeatures = tf.matMul<tf.Tensor2D>(logits, head.weight);
              return dropped ? tf.mul<tf.Tensor2D>(ofFeatures, dropped) : ofFeatures;
            }),
          );
          const last: tf.Tensor = dFeatures;
          yield* proportionally(pass.backward(last as tf.Tensor4D), FORWARD, 1 - FORWARD); // of the output's shape
        }
        return { ...made.handOver({ loss }), gradient: joined(gradients) };
      } finally {
        pass.dispose();
      }
    } finally {
      made.dispose();
    }
  }
}

/** About the forward pass' proportion of the work. */
const FORWARD = 1 / 3;

/** Does work that is `share` of a whole, after `before` of it. */
function* proportionally<T>(work: InParts<T>, before: number, share: number): InParts<T> {
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      yield before + share * value;
    }
  } finally {
    abandon(work);
  }
}

function joined(gradients: (tf.Tensor | undefined)[]): tf.Tensor1D {
  return tf.tidy(() =>
    tf.concat(
      // `Array.from` visits holes, which `map` skips.
      Array.from(gradients, (gradient, index) => {
        if (!gradient) throw new Error(`No gradient of parameter ${index}.`);
        return gradient.flatten();
      }),
    ),
  );
}
