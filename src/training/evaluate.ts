/** Validation: accuracy and mean cross-entropy of a model. */
import * as tf from '@tensorflow/tfjs';
import type { Images } from '../data/images';
import { centredBatch } from './batch';
import type { FrozenFeatures } from './frozen-feature-cache';
import { slices } from './parameters';
import type { TunedModel } from './tuned-model';

/** Images per forward pass without gradients, if memory allows. */
export const EVALUATION_BATCH = 64;

export interface Score {
  /** Mean cross-entropy in nats. */
  loss: number;
  correct: number;
  total: number;
  /** The predicted class of each image, `[n]`. */
  predicted: Uint16Array;
}

/** Scores row-major `logits` `[n, classes]` against `labels` `[n]`. If several logits are maximal, the first one counts. */
export function score(logits: Float32Array, labels: ArrayLike<number>, classes: number): Score {
  let loss = 0;
  let correct = 0;
  const predicted = new Uint16Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    const scores = logits.subarray(row * classes, (row + 1) * classes);
    const greatest = scores.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const label = labels[row] ?? 0;
    predicted[row] = scores.indexOf(greatest);
    if (predicted[row] === label) correct++;
    const total = scores.reduce((sum, value) => sum + Math.exp(value - greatest), 0);
    loss += greatest + Math.log(total) - (scores[label] ?? 0);
  }
  return { loss: loss / labels.length, correct, total: labels.length, predicted };
}

/**
 * Row-major logits `[n, classes]` for the centre crops of `images`, with the parameters `values` (flat, in the order of the
 * model's table). `frozenFeatures`: the frozen features of the validation images, if `images` are these.
 */
export async function predict(
  model: TunedModel,
  values: tf.Tensor1D,
  images: Images,
  side: number,
  batchSize = EVALUATION_BATCH,
  frozenFeatures: FrozenFeatures | null = null,
): Promise<Float32Array> {
  const count = images.labels.length;
  const result = new Float32Array(count * model.classes);
  // The tuned kernels are computed once for all batches.
  const { parameters, tuning } = tf.tidy(() => {
    const kept = slices(values, model.table);
    return { parameters: kept, tuning: Object.fromEntries(model.tuning(kept)) };
  });
  const byName = new Map(Object.entries(tuning));
  try {
    for (let start = 0; start < count; start += batchSize) {
      const indices = range(start, Math.min(count, start + batchSize));
      const logits = tf.tidy(() => {
        const activations = frozenFeatures?.val(indices);
        if (frozenFeatures && activations)
          return model.logits(activations, byName, parameters, frozenFeatures.from);
        const batch = centredBatch(images, side, model.backbone, indices);
        return model.logits(batch, byName, parameters);
      });
      result.set(await logits.data(), start * model.classes);
      logits.dispose();
    }
  } finally {
    tf.dispose([...parameters, ...byName.values()]);
  }
  return result;
}

/** The integers from `start` to `end`, exclusive. */
export function range(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, index) => start + index);
}
