/**
 * One run, from a data set and a setting to trained parameters, as a generator of events. The consumer controls it: not requesting
 * the next event pauses the run; `return()` ends it and frees its tensors.
 */
import * as tf from '@tensorflow/tfjs';
import type { Progress } from '../core/progress';
import { type Random, type RandomState, seededRandom } from '../core/random';
import type { EpochResult, FrozenFeaturePlace, RunConfig, RunEvent } from '../core/run';
import type { Dataset } from '../data/dataset';
import { emptyPool } from '../ops/webgpu/buffer-pool';
import { type InParts, inTurns, Turns } from '../turns';
import { AdamW, type AdamWState } from './adamw';
import { augmentedBatch, oneHotTargets, viewBatch, viewsPerImage } from './batch';
import { checkFinite } from './diverged';
import { predict, type Score, score } from './evaluate';
import {
  FrozenFeatureCache,
  type FrozenFeatureRequest,
  type FrozenFeatures,
  type OpenFile,
} from './frozen-feature-cache';
import { type GradientOptions, type LossAndGradient, lossAndGradientInParts } from './gradient';
import { lowestStage } from './parameters';
import { computeFeatures, type Features, readScalars, trainProbe } from './probe';
import { learningRateFactor } from './schedule';
import type { TunedModel } from './tuned-model';

/** The events of a run: those for the page, where the best epoch has its parameters and every epoch its predictions. */
export type TrainEvent =
  | Exclude<RunEvent, { kind: 'best' | 'epoch' }>
  /** `predicted`: the predicted class of each validation image. `isLast`: no epoch follows. */
  | { kind: 'epoch'; result: EpochResult; predicted: Uint16Array; isLast: boolean }
  /** A part of a step is done. Nothing is reported, but the consumer can pause or end the run here, too. */
  | { kind: 'part' }
  /** The run can be continued from here. `state` copies it, until the next event is asked for. */
  | { kind: 'resumable'; isNewEpoch: boolean; state: () => Promise<TrainState> }
  /** The best epoch so far: all trainable parameters, in the order of the model's table. */
  | { kind: 'best'; epoch: number; values: Float32Array };

/**
 * Where a tuning run stands between two steps: another session that starts from it gives the numbers of an uninterrupted run. The linear
 * probe has no such state; it is trained again from its start, which gives the same numbers, too.
 */
export interface TrainState {
  /** The epoch under way, from 1, and how many of its steps are done. */
  epoch: number;
  index: number;
  optimizer: AdamWState;
  /** The epoch's random streams after these steps; null before the first. */
  streams: { augmentation: RandomState; dropout: RandomState } | null;
  /** The sum of the losses of these steps. */
  lossSum: number;
  /** The best epoch so far. */
  best: { epoch: number; correct: number };
  /** Seconds of training so far. */
  seconds: number;
}

export { lossAndGradient } from './gradient';

export interface Job extends Omit<GradientOptions, 'from'> {
  model: TunedModel;
  dataset: Dataset;
  config: RunConfig;
  /** Results of earlier runs with the same backbone and data. */
  cache: RunCache;
  /** Where to keep the frozen-feature cache; null to compute the frozen stages at every step. */
  frozenFeatures?: FrozenFeaturePlace | null;
  /** Seconds; stops while the run is paused. */
  clock: () => number;
  /** Images per forward pass without gradients; `EVALUATION_BATCH` by default. */
  evaluationBatch?: number | undefined;
  /** Steps between two read-backs of the loss: 1 where a read-back costs nothing, more on a GPU. */
  reportEvery: number;
}

/** Results of the frozen backbone, shared by all runs with one backbone and data set. */
export class RunCache {
  features: Features | null = null;
  /** Heads for the warm start, by probe configuration and seed, so that every setting starts from the same head. */
  readonly heads = new Map<string, Float32Array>();
  readonly frozenFeatures: FrozenFeatureCache;

  constructor(openFile: OpenFile = async () => null) {
    this.frozenFeatures = new FrozenFeatureCache(openFile);
  }

  dispose(): void {
    this.frozenFeatures.dispose();
  }
}

/**
 * Trains. Throws `UserError` if the loss is no longer finite; the best epoch before remains valid.
 * The best epoch so far, by validation accuracy and the earliest on a tie, is yielded before its epoch event, so that
 * a consumer that stops at an epoch has it.
 * @param from where an interrupted run with the same job stood; its best epoch and its events until then are not yielded again
 */
export async function* train(job: Job, from: TrainState | null = null): AsyncGenerator<TrainEvent, void> {
  const request = frozenFeatureRequest(job);
  job.cache.frozenFeatures.keepOnly(request);
  // The memory plan of this run does not include free buffers of earlier runs.
  emptyPool();
  if (job.model.table.backbone === 0) yield* probeRun(job, yield* cachedFeatures(job));
  else yield* tuningRun(job, request, from);
}

async function* cachedFeatures({
  cache,
  model,
  dataset,
  evaluationBatch,
}: Job): AsyncGenerator<TrainEvent, Features> {
  cache.features ??= yield* asPhases(computeFeatures(model.backbone, dataset, evaluationBatch));
  return cache.features;
}

/** The frozen-feature cache entry for this run; null if it uses none. */
function frozenFeatureRequest({
  model,
  dataset,
  config,
  frozenFeatures: place = null,
  evaluationBatch,
}: Job): FrozenFeatureRequest | null {
  const from = lowestStage(model.table) ?? 0;
  if (place === null || from === 0 || viewsPerImage(config) === 0) return null;
  return { backbone: model.backbone, dataset, config, from, place, batchSize: evaluationBatch };
}

/** The linear probe as a run of its own. */
async function* probeRun(
  { model, dataset, config, clock }: Job,
  features: Features,
): AsyncGenerator<TrainEvent, void> {
  const count = dataset.train.labels.length;
  const stepsPerEpoch = Math.ceil(count / config.probe.batchSize);
  const { backbone, head } = model.table;
  yield { kind: 'started', epochs: config.probe.epochs, stepsPerEpoch, trainable: { backbone, head } };
  const began = clock();
  const best = new Best();
  let step = 0;
  for await (const { epoch, epochs, trainLoss, steps, score: scored, head: values } of trainProbe(
    features,
    dataset,
    config,
  )) {
    const elapsed = clock() - began;
    for (const { loss, learningRate } of steps) {
      step++;
      const imagesPerSecond = (epoch * count) / elapsed;
      yield {
        kind: 'step',
        step,
        loss,
        learningRate,
        imagesPerSecond,
        secondsLeft: (elapsed / epoch) * (epochs - epoch),
      };
    }
    if (best.improves(epoch, scored)) yield { kind: 'best', epoch, values };
    const isLast = epoch === epochs || best.isGivenUp(epoch, config.patience);
    yield epochEvent(epoch, trainLoss, scored, clock() - began, isLast);
    if (isLast) return;
  }
}

async function* tuningRun(
  job: Job,
  request: FrozenFeatureRequest | null,
  from: TrainState | null,
): AsyncGenerator<TrainEvent, void> {
  const { model, dataset, config, clock } = job;
  const { epochs, seed, warmup, learningRate } = config;
  const count = dataset.train.labels.length;
  const batchSize = Math.min(config.batchSize, count);
  // An incomplete last batch is dropped; the order, and so the dropped images, differ in every epoch.
  const stepsPerEpoch = Math.floor(count / batchSize);
  const steps = epochs * stepsPerEpoch;
  const random = seededRandom(seed);
  const initial = from?.optimizer ?? (yield* initialValues(job, random.fork('initial values')));
  const frozenFeatures = request && (yield* job.cache.frozenFeatures.load(request));
  yield {
    kind: 'started',
    epochs,
    stepsPerEpoch,
    trainable: { backbone: model.table.backbone, head: model.table.head },
  };

  const began = clock() - (from?.seconds ?? 0);
  const optimizer = new AdamW(initial, { rates: learningRates(job), weightDecay: config.weightDecay });
  const best = new Best(from?.best);
  let isFirstStep = true;
  const speed = new SpeedMeter(clock, steps, epochs, batchSize);
  try {
    for (let epoch = from?.epoch ?? 0; epoch <= epochs; epoch++) {
      const trainLoss = epoch === 0 ? null : yield* trainEpoch(epoch, epoch === from?.epoch ? from : null);
      const scored = yield* speed.evaluation(validate(job, frozenFeatures, optimizer, epoch));
      checkFinite([scored.loss], 'loss', { step: epoch * stepsPerEpoch, epoch, learningRate });
      if (best.improves(epoch, scored)) {
        const values = (await optimizer.values.data()).slice() as Float32Array; // float32 tensor
        yield { kind: 'best', epoch, values };
      }
      const isLast = epoch === epochs || best.isGivenUp(epoch, config.patience);
      yield epochEvent(epoch, trainLoss, scored, clock() - began, isLast);
      if (isLast) return;
      yield resumable({ epoch: epoch + 1, index: 0, streams: null, lossSum: 0 });
    }
  } finally {
    optimizer.dispose();
  }

  function resumable(
    at: Pick<TrainState, 'epoch' | 'index' | 'streams' | 'lossSum'>,
  ): Extract<TrainEvent, { kind: 'resumable' }> {
    const state = async () => ({
      ...at,
      best: best.state,
      seconds: clock() - began,
      optimizer: await optimizer.state(),
    });
    return { kind: 'resumable', isNewEpoch: at.index === 0, state };
  }

  /** One pass over the training images, or the rest of one; returns the mean loss of all its steps. */
  async function* trainEpoch(epoch: number, rest: TrainState | null): AsyncGenerator<TrainEvent, number> {
    const chance = random.fork(`epoch ${epoch}`);
    const order = chance.fork('order').permutation(count);
    const changes = chance.fork('augmentation');
    const drops = chance.fork('dropout');
    if (rest?.streams) {
      changes.restore(rest.streams.augmentation);
      drops.restore(rest.streams.dropout);
    }
    const first = rest?.index ?? 0;
    let pending: { loss: tf.Tensor1D; step: number; rate: number }[] = [];
    let sum = rest?.lossSum ?? 0;
    // The stream before the input that is prepared next was drawn from it.
    let augmentation = changes.state();
    const indicesAt = (index: number) => order.subarray(index * batchSize, (index + 1) * batchSize);
    const inputAt = (index: number): Input | null => {
      augmentation = changes.state();
      if (index === stepsPerEpoch) return null;
      return tf.tidy(() => trainInput(job, frozenFeatures, indicesAt(index), epoch, changes));
    };
    const turns = new Turns();
    let input = inputAt(first);
    try {
      for (let index = first; input; index++) {
        const step = (epoch - 1) * stepsPerEpoch + index;
        const factor = learningRateFactor(step, steps, warmup);
        const { loss, gradient } = yield* inTurns(
          batchGradient(job, optimizer.values, indicesAt(index), input, drops),
          turns,
          isFirstStep ? firstStep : () => ({ kind: 'part' }),
        );
        isFirstStep = false;
        optimizer.apply(gradient, factor);
        tf.dispose([gradient, input.x]);
        // The next batch is prepared and uploaded while a GPU still computes this one.
        input = inputAt(index + 1);
        pending.push({ loss, step: step + 1, rate: learningRate * factor });
        if (pending.length < job.reportEvery && input) continue;
        const reported = pending;
        pending = [];
        // The sum is infinite or NaN if any parameter is.
        const total = tf.tidy(() => tf.sum(optimizer.values).reshape<tf.Tensor1D>([1]));
        const losses = await readScalars([...reported.map((entry) => entry.loss), total]);
        speed.stepped(reported.length);
        checkFinite(losses.splice(reported.length), 'trainable parameters', {
          step: step + 1,
          epoch,
          learningRate,
        });
        for (const [at, { step: number, rate }] of reported.entries()) {
          const value = losses[at] ?? Number.NaN;
          checkFinite([value], 'loss', { step: number, epoch, learningRate });
          sum += value;
          yield {
            kind: 'step',
            step: number,
            loss: value,
            learningRate: rate,
            ...speed.report(number, epoch),
          };
        }
        const streams = { augmentation, dropout: drops.state() };
        yield resumable({ epoch, index: index + 1, streams, lossSum: sum });
      }
    } finally {
      tf.dispose([input?.x ?? [], ...pending.map(({ loss }) => loss)]);
    }
    return sum / stepsPerEpoch;
  }
}

/** Images (`from` = 0), or activations that enter the stage `from`. */
type Input = {
  x: tf.Tensor4D;
  from: number;
};

/** The input of a training step. `changes` is the epoch's random stream, for new views in every epoch. */
function trainInput(
  { model, dataset, config }: Job,
  frozenFeatures: FrozenFeatures | null,
  indices: Uint32Array,
  epoch: number,
  changes: Random,
): Input {
  const { train, side } = dataset;
  const { backbone } = model;
  const views = viewsPerImage(config);
  if (views === 0)
    return { x: augmentedBatch(train, side, backbone, indices, config.augmentation, () => changes), from: 0 };
  const view = (epoch - 1) % views;
  const activations = frozenFeatures?.train(indices, view);
  if (frozenFeatures && activations) return { x: activations, from: frozenFeatures.from };
  return { x: viewBatch(dataset, backbone, config, indices, view), from: 0 };
}

/** The first step has no pace yet, so its own progress is reported. */
const firstStep = (share: number): TrainEvent => ({
  kind: 'phase',
  ...{ label: 'First step', done: 0, total: 1, share },
});

/** Loss `[1]` and flat gradient of one batch. */
function* batchGradient(
  { model, dataset, config, microBatch, gradientCheckpointing }: Job,
  values: tf.Tensor1D,
  indices: Uint32Array,
  { x, from }: Input,
  drops: Random,
): InParts<LossAndGradient> {
  const mask = dropoutMask(indices.length, model.backbone.network.features, config.dropout, drops);
  const targets = oneHotTargets(dataset.train, indices, model.classes);
  const options = { microBatch, gradientCheckpointing, from };
  try {
    return yield* lossAndGradientInParts(model, values, x, targets, mask, options);
  } finally {
    tf.dispose([targets, mask ?? []]);
  }
}

/** A mask of 0 with probability `rate`, else 1/(1 − rate), so that the mean is unchanged; null for no dropout. */
function dropoutMask(n: number, features: number, rate: number, random: Random): tf.Tensor2D | null {
  if (rate === 0) return null;
  const kept = 1 / (1 - rate);
  const values = Float32Array.from({ length: n * features }, () => (random.uniform() < rate ? 0 : kept));
  return tf.tensor2d(values, [n, features]);
}

/** The trainable parameters before the first step. */
async function* initialValues(job: Job, random: Random): AsyncGenerator<TrainEvent, Float32Array> {
  const { model, config } = job;
  const initial = model.initial(random);
  if (config.warmStart) initial.set(yield* warmHead(job, yield* cachedFeatures(job)), model.table.backbone);
  return initial;
}

/** The head that the linear probe keeps, that of its best epoch: trained, or from an earlier run with the same probe and seed. */
async function* warmHead(
  { cache, dataset, config }: Job,
  features: Features,
): AsyncGenerator<TrainEvent, Float32Array> {
  const key = JSON.stringify([config.probe, config.seed, config.patience]);
  const known = cache.heads.get(key);
  if (known) return known;
  const best = new Best();
  let kept: Float32Array | null = null;
  for await (const { epoch, epochs, score: scored, head } of trainProbe(features, dataset, config)) {
    if (best.improves(epoch, scored)) kept = head;
    yield { kind: 'phase', label: 'Training the head (warm start)', done: epoch, total: epochs };
    if (best.isGivenUp(epoch, config.patience)) break;
  }
  if (!kept) throw new Error('The linear probe yielded no state.');
  cache.heads.set(key, kept);
  return kept;
}

/** The learning rate of each parameter: the setting's in the backbone, the head's own in the head. */
function learningRates({ model: { table }, config }: Job): Float32Array {
  return new Float32Array(table.backbone + table.head)
    .fill(config.learningRate)
    .fill(config.headLearningRate, table.backbone);
}

async function* validate(
  { model, dataset, evaluationBatch: batchSize }: Job,
  frozenFeatures: FrozenFeatures | null,
  optimizer: AdamW,
  epoch: number,
): AsyncGenerator<TrainEvent, Score> {
  const { val: images, side } = dataset;
  const label = epoch === 0 ? 'Validation before the first step' : `Validation after epoch ${epoch}`;
  const predicting = predict(model, optimizer.values, { images, side, batchSize, frozenFeatures, label });
  return score(yield* asPhases(predicting), images.labels, model.classes);
}

async function* asPhases<T>(work: AsyncGenerator<Progress, T>): AsyncGenerator<TrainEvent, T> {
  try {
    for (;;) {
      const { done, value } = await work.next();
      if (done) return value;
      yield { kind: 'phase', ...value };
    }
  } finally {
    await work.return(undefined as T); // frees its tensors if it was abandoned; the value is not read
  }
}

function epochEvent(
  epoch: number,
  trainLoss: number | null,
  { loss, correct, total, predicted }: Score,
  seconds: number,
  isLast: boolean,
): TrainEvent {
  const result = { epoch, trainLoss, valLoss: loss, correct, total, seconds };
  return { kind: 'epoch', result, predicted, isLast };
}

/** Tracks the best validation accuracy. */
class Best {
  #correct: number;
  #epoch: number;

  constructor({ epoch, correct }: TrainState['best'] = { epoch: 0, correct: -1 }) {
    this.#epoch = epoch;
    this.#correct = correct;
  }

  get state(): TrainState['best'] {
    return { epoch: this.#epoch, correct: this.#correct };
  }

  improves(epoch: number, { correct }: Score): boolean {
    if (correct <= this.#correct) return false;
    this.#correct = correct;
    this.#epoch = epoch;
    return true;
  }

  /** Whether the last `patience` epochs brought no improvement; never for a patience of 0. */
  isGivenUp(epoch: number, patience: number): boolean {
    return patience > 0 && epoch - this.#epoch >= patience;
  }
}

/** Measures the speed of a run and estimates its remaining time. */
class SpeedMeter {
  #last: number;
  #stepSeconds = 0;
  #evaluationSeconds = 0;

  constructor(
    readonly clock: () => number,
    readonly steps: number,
    readonly epochs: number,
    readonly batchSize: number,
  ) {
    this.#last = clock();
  }

  async *evaluation<T>(work: AsyncGenerator<TrainEvent, T>): AsyncGenerator<TrainEvent, T> {
    const began = this.clock();
    const result = yield* work;
    this.#last = this.clock();
    this.#evaluationSeconds = this.#last - began;
    return result;
  }

  /** Records that `count` steps were done since the last call or evaluation. */
  stepped(count: number): void {
    const now = this.clock();
    this.#stepSeconds = (now - this.#last) / count;
    this.#last = now;
  }

  report(step: number, epoch: number): { imagesPerSecond: number; secondsLeft: number } {
    return {
      imagesPerSecond: this.batchSize / this.#stepSeconds,
      secondsLeft:
        (this.steps - step) * this.#stepSeconds + (this.epochs - epoch + 1) * this.#evaluationSeconds,
    };
  }
}
