/** A run: its configuration, its memory plan, its events and its result. */
import type { Augmentation } from './dataset';
import type { BackendName, EngineInfo } from './engine';
import type { Progress } from './progress';
import type { SettingOptions } from './setting';

export interface RunConfig {
  setting: string;
  options: SettingOptions;
  epochs: number;
  batchSize: number;
  learningRate: number;
  headLearningRate: number;
  weightDecay: number;
  /** Fraction of all steps during which the learning rate increases, 0–1. */
  warmup: number;
  /** Dropout probability of the pooled features before the head, 0–1. */
  dropout: number;
  augmentation: Augmentation;
  /** Number of fixed augmented views of each image, used in turn by the epochs; 0: a new view in every epoch. */
  views: number;
  seed: number;
  /** Early stopping: ends the run after this many epochs without a higher validation accuracy; 0 disables it. */
  patience: number;
  /** Initialize the head with a linear probe that is trained first (docs/method.md §5). */
  warmStart: boolean;
  /** The linear probe: a head trained on the frozen backbone's features of the un-augmented images. */
  probe: { epochs: number; learningRate: number; weightDecay: number; batchSize: number };
}

/** Peak tensor memory of a run by purpose, bytes. */
export interface MemoryItems {
  /** The backbone's kernels and biases. */
  weights: number;
  /** Coefficients of the tuned layers. */
  coefficients: number;
  /** The trainable parameters and the kernels composed from them. */
  kernels: number;
  /** The frozen-feature cache: activations of the frozen stages for every image. */
  frozenFeatures: number;
  /** Activations kept for the backward pass. */
  activations: number;
  /** The optimizer's state. */
  optimizer: number;
  /** Images, gradients and temporary buffers of operations. */
  working: number;
}

/** Memory of a run on the JavaScript heap, in addition to its tensors, by purpose, bytes. */
export interface HeapItems {
  /** The images of all parts, three bytes per pixel. */
  pixels: number;
  /** The pretrained kernels as read from the file, from which coefficients and update sizes are computed. */
  kernels: number;
  /** Coefficients of this run and of earlier ones. */
  coefficients: number;
  /** The frozen backbone's features of every image, on which the linear probe is trained. */
  features: number;
  /** Trained parameters: copies of this run's, and those of the models that are kept. */
  models: number;
}

/** Where the frozen-feature cache is kept: on the device or in a file. */
export type FrozenFeaturePlace = 'device' | 'file';

/** How a run stays within its memory budget. */
export interface MemoryPlan {
  /** Images per step. */
  batch: number;
  /** Images per forward and backward pass; the gradients of the micro-batches are added up. */
  microBatch: number;
  /** Whether activations inside the blocks are recomputed in the backward pass instead of being kept. */
  gradientCheckpointing: boolean;
  /** Images per forward pass without gradients. */
  evaluationBatch: number;
  /** Null if no stage is frozen, no image is used twice, or there is not enough memory. */
  frozenFeatures: FrozenFeaturePlace | null;
  /** Peak tensor memory of the run, bytes; `items` is its breakdown. */
  bytes: number;
  items: MemoryItems;
  /** Additional memory on the JavaScript heap; not included in `bytes`, and not limited by the budget. */
  heap: HeapItems;
  /** A sentence for the person on the heap memory. */
  heapSentence: string;
  /** The memory budget, bytes: the person's cap, or the engine's default. */
  budget: number;
  fits: boolean;
  /** The plan as a sentence for the person. */
  sentence: string;
}

export interface EpochResult {
  /** Number of passes over the training images so far; 0 is the initial state. */
  epoch: number;
  /** Mean loss over the epoch's steps; null for epoch 0. */
  trainLoss: number | null;
  valLoss: number;
  /** Number of validation images classified correctly. */
  correct: number;
  /** Number of validation images. */
  total: number;
  /** Seconds since the run's first step, without pauses. Work that runs share (features, the linear probe, atoms) is not counted. */
  seconds: number;
}

/** What saving a run's point took. Training waits for the copy; the rest is done in a worker beside it. */
export interface CheckpointCost {
  /** Of the checkpoint's file. */
  bytes: number;
  copySeconds: number;
  writeSeconds: number;
}

export type RunEvent =
  /** The first event of every run. */
  | { kind: 'planned'; memory: MemoryPlan }
  | ({ kind: 'phase' } & Progress)
  | { kind: 'started'; epochs: number; stepsPerEpoch: number; trainable: { backbone: number; head: number } }
  | {
      kind: 'step';
      step: number;
      loss: number;
      learningRate: number;
      imagesPerSecond: number;
      secondsLeft: number;
    }
  | { kind: 'epoch'; result: EpochResult }
  /** This epoch is the best so far; its parameters are kept. */
  | { kind: 'best'; epoch: number }
  /** The run continues after this step, where a saved point of it stood. Replaces what is known of it. */
  | { kind: 'resumed'; step: number; losses: number[]; epochs: EpochResult[]; keptEpoch: number }
  /** If the run is interrupted now, it can be continued after this step. */
  | ({ kind: 'saved'; step: number } & CheckpointCost)
  /** The run's point could not be saved; `isFull`: because there is no room. */
  | { kind: 'unsaved'; isFull: boolean; message: string };

/** Targets and predictions of a model for the images of a part, one entry per image. */
export interface Predictions {
  /** Indices of classes. */
  targets: number[];
  predicted: number[];
}

/** How a run ended. `stopped`: by the person; `failed`: the loss was not finite. */
export type RunOutcome = 'finished' | 'stopped' | 'failed';

export interface RunResult {
  outcome: RunOutcome;
  /** For `failed`: what went wrong and what to do; otherwise empty. */
  message: string;
  config: RunConfig;
  trainable: { backbone: number; head: number };
  epochs: EpochResult[];
  /** The best epoch: highest validation accuracy, the earliest on a tie. Its parameters are kept for download and use. */
  keptEpoch: number;
  /** Of the best epoch. */
  validation: Predictions;
  /** Of the best epoch, on the test images; null if there are none or they were not requested. */
  test: Predictions | null;
  /** `seconds` of the last epoch. */
  seconds: number;
  /** Median over the run. */
  imagesPerSecond: number;
  backend: BackendName;
  /** Number of threads of the wasm backend; 0 on WebGPU. */
  threads: number;
  /** Storage precision of frozen weights, coefficients and activations. */
  precision: EngineInfo['precision'];
}

/** Estimated duration of a run, seconds. */
export interface RunTiming {
  perEpoch: number;
  /** Validation before the first epoch, and preparation that is not shared between runs. */
  start: number;
}

export type RunAction = 'pause' | 'resume' | 'stop';
