/** Validation: accuracy and mean cross-entropy of a model. */
import type * as tf from '@tensorflow/tfjs';
import type { Progress } from '../core/progress';
import type { Images } from '../data/images';
import { inTurns, Turns } from '../turns';
import { centredBatch } from './batch';
import type { FrozenFeatures } from './frozen-feature-cache';
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

/** The images that `predict` classifies, and how. */
export interface Predicted {
  images: Images;
  side: number;
  /** Images per forward pass. */
  batchSize?: number | undefined;
  /** The frozen features of the validation images, if `images` are these. */
  frozenFeatures?: FrozenFeatures | null;
  /** Of the reports of progress. */
  label: string;
}

/**
 * Row-major logits `[n, classes]` for the centre crops of `images`, with the parameters `values` (flat, in the order of the
 * model's table). Yields its progress.
 */
export async function* predict(
  model: TunedModel,
  values: tf.Tensor1D,
  { images, side, batchSize = EVALUATION_BATCH, frozenFeatures = null, label }: Predicted,
): AsyncGenerator<Progress, Float32Array> {
  const count = images.labels.length;
  const result = new Float32Array(count * model.classes);
  // The tuned kernels are computed once for all batches.
  const { parameters, tuning, dispose } = model.tuned(values);
  const batchOf = (indices: Uint32Array) => {
    const activations = frozenFeatures?.val(indices);
    if (frozenFeatures && activations) return { input: activations, from: frozenFeatures.from };
    return { input: centredBatch(images, side, model.backbone, indices), from: 0 };
  };
  const turns = new Turns();
  try {
    for (const [indices, progressAt] of batches(count, batchSize, label)) {
      const { input, from } = batchOf(indices);
      try {
        const work = model.logitsInParts(input, tuning, parameters, from);
        const logits = yield* inTurns(work, turns, progressAt);
        result.set(await logits.data(), (indices[0] ?? 0) * model.classes);
        logits.dispose();
      } finally {
        input.dispose();
      }
      if (turns.isDue()) yield progressAt(1);
    }
  } finally {
    dispose();
  }
  return result;
}

/** The indices of each batch, and the progress of the whole when a proportion of that batch is done. */
export function* batches(
  count: number,
  size: number,
  label: string,
  { before = 0, total = count }: { before?: number; total?: number } = {},
): Generator<[Uint32Array, (done: number) => Progress]> {
  for (let start = 0; start < count; start += size) {
    const end = Math.min(count, start + size);
    const at = (done: number): Progress => {
      const exact = before + start + done * (end - start);
      return { label, done: Math.floor(exact), total, share: exact / total };
    };
    yield [range(start, end), at];
  }
}

/** The integers from `start` to `end`, exclusive. */
export function range(start: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - start }, (_, index) => start + index);
}
