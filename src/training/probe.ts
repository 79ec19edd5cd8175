/**
 * Linear probing: a head is trained on features of the frozen backbone, which are computed once. It is a setting of its own and the
 * warm start of all others (docs/method.md §5).
 */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import type { Progress } from '../core/progress';
import { seededRandom } from '../core/random';
import type { RunConfig } from '../core/run';
import type { Dataset } from '../data/dataset';
import type { Images } from '../data/images';
import { part } from '../ops/part';
import { inTurns, Turns } from '../turns';
import { AdamW } from './adamw';
import { centredBatch, oneHotTargets } from './batch';
import { checkFinite } from './diverged';
import { batches, EVALUATION_BATCH, type Score, score } from './evaluate';
import { type Head, headGradients, headLogits } from './head';
import { learningRateFactor } from './schedule';

/** Pooled features of the frozen backbone for both splits, row-major `[n, features]`. */
export interface Features {
  train: Float32Array;
  val: Float32Array;
}

/** Computes the features of the centre crop of every image; yields its progress. */
export async function* computeFeatures(
  backbone: Backbone,
  dataset: Dataset,
  batchSize = EVALUATION_BATCH,
): AsyncGenerator<Progress, Features> {
  const { train, val, side } = dataset;
  const total = train.labels.length + val.labels.length;
  const width = backbone.network.features;
  const turns = new Turns();
  async function* ofSplit(images: Images, before: number): AsyncGenerator<Progress, Float32Array> {
    const count = images.labels.length;
    const result = new Float32Array(count * width);
    const label = 'Computing features';
    for (const [indices, progressAt] of batches(count, batchSize, label, { before, total })) {
      const input = centredBatch(images, side, backbone, indices);
      try {
        const features = yield* inTurns(backbone.featuresInParts(input), turns, progressAt);
        result.set(await features.data(), (indices[0] ?? 0) * width);
        features.dispose();
      } finally {
        input.dispose();
      }
      yield progressAt(1);
    }
    return result;
  }
  return { train: yield* ofSplit(train, 0), val: yield* ofSplit(val, train.labels.length) };
}

/** The state after an epoch. */
export interface ProbeEpoch {
  epoch: number;
  epochs: number;
  /** Mean training loss; null before the first epoch. */
  trainLoss: number | null;
  /** Training loss and learning rate of each step of the epoch. */
  steps: { loss: number; learningRate: number }[];
  score: Score;
  /** `[classes·features + classes]`: the head's weight `[classes, features]`, then its bias. */
  head: Float32Array;
}

/** Trains the head on features; yields the initial state and the state after every epoch. */
export async function* trainProbe(
  features: Features,
  dataset: Dataset,
  config: Pick<RunConfig, 'probe' | 'seed'>,
): AsyncGenerator<ProbeEpoch, void> {
  const { epochs, learningRate, weightDecay, batchSize } = config.probe;
  const count = dataset.train.labels.length;
  const classes = dataset.classes.length;
  const width = features.train.length / count;
  const random = seededRandom(config.seed).fork('probe');
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const steps = epochs * stepsPerEpoch;
  const optimizer = new AdamW(new Float32Array(classes * (width + 1)), { rates: learningRate, weightDecay });
  const train = tf.tensor2d(features.train, [count, width]);
  const head = (): Head => ({
    weight: part<tf.Rank.R2>(optimizer.values, 0, [classes, width]),
    bias: part<tf.Rank.R1>(optimizer.values, classes * width, [classes]),
  });
  const state = async (epoch: number, losses: ProbeEpoch['steps']): Promise<ProbeEpoch> => {
    const logits = tf.tidy(() =>
      headLogits(tf.tensor2d(features.val, [dataset.val.labels.length, width]), head()),
    );
    const values = (await logits.data()) as Float32Array; // float32 tensors
    logits.dispose();
    const trained = (await optimizer.values.data()).slice() as Float32Array; // float32 tensors
    checkFinite(trained, 'trainable parameters', { step: epoch * stepsPerEpoch, epoch, learningRate });
    const mean = losses.reduce((sum, { loss }) => sum + loss, 0) / losses.length;
    return {
      epoch,
      epochs,
      trainLoss: losses.length > 0 ? mean : null,
      steps: losses,
      score: score(values, dataset.val.labels, classes),
      head: trained,
    };
  };
  try {
    yield await state(0, []);
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = random.fork(`epoch ${epoch}`).permutation(count);
      const losses: tf.Tensor1D[] = [];
      const rates: number[] = [];
      for (let index = 0; index < stepsPerEpoch; index++) {
        const batch = order.subarray(index * batchSize, (index + 1) * batchSize);
        const factor = learningRateFactor((epoch - 1) * stepsPerEpoch + index, steps, 0);
        const [loss, gradient] = tf.tidy(() => {
          const rows = tf.gather(train, tf.tensor1d(Int32Array.from(batch), 'int32'));
          const targets = oneHotTargets(dataset.train, batch, classes);
          const { loss, weight, bias } = headGradients(rows, head(), targets, batch.length);
          return [loss, tf.concat([weight.flatten(), bias])];
        });
        optimizer.apply(gradient, factor);
        gradient.dispose();
        losses.push(loss);
        rates.push(learningRate * factor);
      }
      const values = await readScalars(losses);
      for (const [index, loss] of values.entries()) {
        checkFinite([loss], 'loss', { step: (epoch - 1) * stepsPerEpoch + index + 1, epoch, learningRate });
      }
      yield await state(
        epoch,
        values.map((loss, index) => ({ loss, learningRate: rates[index] ?? 0 })),
      );
    }
  } finally {
    optimizer.dispose();
    train.dispose();
  }
}

/** Reads tensors of shape `[1]` in one read-back and disposes them. */
export async function readScalars(scalars: tf.Tensor1D[]): Promise<number[]> {
  const joined = tf.concat(scalars);
  tf.dispose(scalars);
  const values = Array.from(await joined.data());
  joined.dispose();
  return values;
}
