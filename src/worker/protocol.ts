/**
 * What the page and the engine say to each other: types only, no code, so that both sides can import it.
 * Every call is one row of `Calls`: what goes in, what comes out, and what is reported on the way.
 */

import type { Recipe } from '../backbone/recipe';
import type { TrunkChoice } from '../backbone/trunk-choice';
import type { DownloadProgress } from '../hub/progress';
import type { StoredBackbone, StoredPrecision } from '../hub/stored';

export type { DownloadProgress, Recipe, StoredBackbone, StoredPrecision, TrunkChoice };

// ---------------------------------------------------------------- engine

export type BackendName = 'webgpu' | 'wasm';
/**
 * `auto`: WebGPU on a hardware adapter, WebAssembly otherwise. `webgpu-half`: WebGPU that keeps frozen weights, coefficients and
 * maps in 16 bits; all sums have 32.
 */
export type BackendChoice = 'auto' | 'webgpu-half' | BackendName;

export interface EngineInfo {
  backend: BackendName;
  choice: BackendChoice;
  /** The WebGPU adapter's own name, or null where the browser offers none. */
  adapter: string | null;
  /** True when tensors are computed by a GPU; false on the CPU, a software WebGPU adapter included. */
  hardware: boolean;
  /** One sentence: why this backend runs. */
  reason: string;
  /** Threads the wasm backend may use (1 on a page that is not cross-origin isolated); 0 on WebGPU. */
  threads: number;
  /** Cross-origin isolated, which threads need. */
  isolated: boolean;
  /** What frozen weights, coefficients and maps are kept in. */
  precision: 'single' | 'half';
  limits: EngineLimits;
}

export interface EngineLimits {
  /** Bytes a run may take, where the person says nothing else. */
  budget: number;
  /** Bytes of the largest buffer an operation may be given. */
  buffer: number;
}

/** A program of ours that this adapter could not compile; its reference kernel gives the same results, slower. */
export interface Notice {
  program: string;
  /** The adapter's words. */
  reason: string;
}

/** What the tensor library holds right now. */
export interface MemoryInfo {
  tensors: number;
  bytes: number;
}

/** How far a long piece of work has come; `label` is shown to the person. */
export interface Progress {
  label: string;
  done: number;
  total: number;
}

// ---------------------------------------------------------------- data

/** Which random changes of a training image keep its label true. */
export type Augmentation = 'crops-flips' | 'flips' | 'none';

/** A file with the path it had inside what was dropped, `/`-separated, e.g. `flowers/train/rose/1.jpg`. */
export interface NamedFile {
  path: string;
  file: Blob;
}

export type DataSource =
  | { kind: 'files'; files: NamedFile[] }
  /** A zip on this site, one of the built-in sample sets. */
  | { kind: 'sample'; name: string; url: string };

/** Training, choosing the epoch that is kept, and what neither of them sees. */
export type Part = 'train' | 'val' | 'test';

/** Encodings of file names in zips that do not state one. */
export type NameEncoding =
  | 'utf-8'
  | 'shift_jis'
  | 'euc-jp'
  | 'gb18030'
  | 'big5'
  | 'euc-kr'
  | 'windows-1250'
  | 'windows-1251'
  | 'windows-1252'
  | 'ibm866'
  | 'ibm437'
  | 'ibm850';

/** How the person wants a data set read; what is absent is found out, or asked for where that is not certain. */
export interface Reading {
  /** Whether folders called like parts of a split (`train`, `test`) are that, or classes. */
  splitFolders?: boolean | undefined;
  /** Which level of folders names the class: 1 is the first below the split folder, or below what all images share. */
  classLevel?: number | undefined;
  nameEncoding?: NameEncoding | undefined;
}

/** A way to read a data set, and what it gives. */
export interface ReadingOption {
  reading: Reading;
  /** What it means, in a few words. */
  label: string;
  /** In order, with all their images. */
  classes: { name: string; images: number }[];
  /** Images in each part; null where the set has no parts of its own. */
  parts: Record<Part, number> | null;
  /** Images that would not be used. */
  leftOut: number;
}

/** An import that stopped because a data set can be read in more than one way. */
export interface DataQuestion {
  /** What is open. */
  sentence: string;
  /** The folders with their numbers of images, indented, one a line. */
  tree: string;
  options: ReadingOption[];
}

/**
 * Which of the images are taken. `vtab`: at most 800 to train and 200 to validate, each squeezed whole into the
 * square; `few-shot-k`: k of each class to train, at most 2,000 others to validate.
 */
export type Preset = 'whole' | 'vtab' | `few-shot-${1 | 2 | 4 | 8 | 16}`;

/** How a stratified split is drawn. */
export interface SplitChoice {
  seed: number;
  /** Part of each class that is held out as test images, 0 for none; not asked where the set has a test folder. */
  testPart: number;
}

export interface LeftOut {
  path: string;
  reason: string;
}

export interface ClassSummary {
  name: string;
  train: number;
  val: number;
  test: number;
  /**
   * All images of the class on one picture, row by row, `columns` tiles of `tile`×`tile` pixels per row: training, validation, test.
   */
  thumbnails: Blob;
}

/**
 * Pictures that belong together, duplicates, near-duplicates and shots of one series: a stratified split keeps them in one
 * part.
 */
export interface Duplicates {
  /** Groups of two pictures or more, and the pictures in them. */
  groups: number;
  images: number;
  /** The paths of each group whose pictures lie in different classes. */
  conflicts: string[][];
  /** Images with one that looks like them in training: a given split is kept as it is, and groups may be given up. */
  leaked: { val: number; test: number };
  /**
   * Images that look like so many others that their class could not be validated by whole groups, as those of a fixed camera
   * do: only identical images and shots of a series are kept together there.
   */
  givenUp: { images: number; classes: string[] };
}

export interface DatasetSummary {
  name: string;
  /** One or two sentences from the set's own `dataset.json`, else empty. */
  description: string;
  classes: ClassSummary[];
  /** `given`: the set's own train/ and val/ folders; `stratified`: a fifth of each class validates, by the seed. */
  split: 'given' | 'stratified';
  /** The same of the test images, null where there are none. */
  testSplit: 'given' | 'stratified' | null;
  seed: number;
  testPart: number;
  preset: Preset;
  /** Images that the preset leaves aside. */
  unused: number;
  augmentation: Augmentation;
  /** What the person chose where the set could be read in more than one way. */
  reading: Reading;
  /** What the person should know of how the set was read: an encoding that was assumed, classes that look alike. */
  notices: string[];
  leftOut: LeftOut[];
  duplicates: Duplicates;
  /** SHA-256, hex, of class names, paths, labels and pixels of the whole set; the same for every seed of a stratified split. */
  hash: string;
  thumbnailLayout: { tile: number; columns: number };
}

// ---------------------------------------------------------------- backbone

export interface ConvolutionSummary {
  /** torchvision's name, e.g. `layer2.0.conv2`. */
  name: string;
  kernel: number;
  cIn: number;
  cOut: number;
  stride: number;
}

/** Where a backbone's weights are. */
export type BackboneSource =
  /** The one that comes with the page. */
  | { kind: 'starter' }
  /** A row of the table of sources: fetched, unless this browser keeps it already. */
  | { kind: 'hub'; id: string; keepAs: StoredPrecision }
  /** Kept in this browser. */
  | { kind: 'stored'; id: string }
  /** The person's own, with what belongs to it (shards, `config.json`). */
  | { kind: 'files'; files: NamedFile[] };

export interface BackboneChoice {
  source: BackboneSource;
  /** Only the first so many stages; null for all. */
  stages: number | null;
  /** Side of the images, pixels; null for what the source says. */
  inputSize: number | null;
  /** Which of several networks in a file, by its label in `BackboneSummary.trunk`; left out: by the rule. */
  trunk?: string | undefined;
}

/** A part of the work of loading, and how long it took. */
export interface LoadingPhase {
  label: string;
  seconds: number;
}

export interface BackboneSummary {
  id: string;
  name: string;
  /** SHA-256, hex: the weight file's, or one of its own where only some of its stages are used. */
  hash: string;
  /** Of `hash` and what images are made into: models belong to one backbone and no other. */
  key: string;
  /** Side of the square input, pixels. */
  inputSize: number;
  /** Of these, how many are used. */
  stages: { used: number; inFile: number };
  /** Classes of the classifier that came with the weights; null where there is none. */
  ownClasses: number | null;
  /** Which of the file's networks is used. */
  trunk: TrunkChoice;
  /** How a picture is prepared to see what the untouched network recognizes. */
  recipe: Recipe;
  /** Sentences for the person: what of the file is used and what is not. */
  notices: readonly string[];
  licence: string;
  citation: string;
  /** From the beginning to the first features. */
  loading: LoadingPhase[];
  /** Length of the pooled feature vector. */
  features: number;
  /** Numbers in the backbone: kernels and batch norm affine parameters, without its head. */
  parameters: number;
  fileBytes: number;
  convolutions: ConvolutionSummary[];
}

/** A convolution's kernel written as coefficients × atoms (docs/method.md §1). */
export interface LayerAtoms {
  layer: string;
  kernel: number;
  cIn: number;
  cOut: number;
  count: number;
  /** `[count, kernel, kernel]`, unit-norm rows. */
  atoms: Float32Array;
  /** ‖W − αD‖ / ‖W‖ over every row of the kernel. */
  relativeError: number;
}

/** A class of the backbone's own classifier. */
export interface Guess {
  name: string;
  /** 0–1 */
  probability: number;
}

/** What the untouched backbone sees on one of the data's images. */
export interface Recognition {
  className: string;
  /** Its tile among the class' thumbnails. */
  tile: number;
  guesses: Guess[];
  /** Whether it was seen by the backbone's recipe; else as tuning sees it, where its file is not at hand. */
  byRecipe: boolean;
}

/** Backbones in this browser's private storage, bytes. */
export interface Storage {
  stored: StoredBackbone[];
  usage: number;
  quota: number;
  /** The browser has promised not to clear it when room is short. */
  persisted: boolean;
}

// ---------------------------------------------------------------- settings

/** A number the person may choose for a setting, e.g. LoRA's rank. */
export interface SettingOption {
  id: string;
  label: string;
  help: string;
  default: number;
  min: number;
  max: number;
  /** Where it is one of a few. */
  choices?: { value: number; label: string }[];
}

export interface SettingSummary {
  id: string;
  label: string;
  /** Short mathematical name for charts and tables, e.g. `ΔD`. */
  symbol: string;
  /** One sentence: what is trained. */
  description: string;
  options: SettingOption[];
  /** Learning rate this setting starts from. */
  learningRate: number;
  /** Which value of an option is impossible, as a sentence, and why; null where all are possible. */
  fault: string | null;
  /**
   * Counted for the loaded backbone, the loaded data's classes and the given options; an impossible value counts as the
   * option's default.
   */
  trainable: { backbone: number; head: number };
  tunedLayers: number;
  /** What the paper reports for this setting, with its citation; empty where it reports nothing. */
  paper: string;
  /** For the loaded data, and the batch and cap asked about. */
  memory: MemoryPlan;
}

export type SettingOptions = Record<string, number>;

// ---------------------------------------------------------------- runs

export interface RunConfig {
  setting: string;
  options: SettingOptions;
  epochs: number;
  batchSize: number;
  learningRate: number;
  headLearningRate: number;
  weightDecay: number;
  /** Part of all steps in which the learning rate climbs, 0–1. */
  warmup: number;
  /** Probability with which a pooled feature is dropped before the head, 0–1. */
  dropout: number;
  augmentation: Augmentation;
  /** Augmented views of each image that the epochs take in turn; 0: a new one in every epoch. */
  views: number;
  seed: number;
  /** Ends the run after so many epochs without a better validation accuracy; 0: never. */
  patience: number;
  /** Start from the head of a linear probe trained first (docs/method.md §5). */
  warmStart: boolean;
  /** The linear probe: a head trained on the frozen backbone's features of the un-augmented images. */
  probe: { epochs: number; learningRate: number; weightDecay: number; batchSize: number };
}

/** What a run's memory holds at its fullest moment, bytes. */
export interface MemoryItems {
  /** The backbone's kernels with their biases. */
  weights: number;
  /** Coefficients of the tuned layers' atoms. */
  coefficients: number;
  /** The trained numbers as tensors and the kernels made of them. */
  kernels: number;
  /** The frozen stages' output for every image, kept between steps. */
  frozenFeatures: number;
  /** Feature maps kept for the way back. */
  activations: number;
  /** The optimizer's numbers. */
  optimizer: number;
  /** Images, gradients, and what operations need for themselves. */
  working: number;
}

/** What a run has on the JavaScript heap, beside its tensors, bytes. */
export interface HeapItems {
  /** The images of all parts, three bytes a pixel. */
  pixels: number;
  /** The pretrained kernels as read from the file: coefficients and the size of updates follow from them. */
  kernels: number;
  /** Coefficients of atoms, of this run and of earlier ones. */
  coefficients: number;
  /** The frozen backbone's output for every image, from which a first head is trained. */
  features: number;
  /** Trained numbers: copies of this run's, and those of the models that are kept. */
  models: number;
}

/** Where the frozen stages' output is kept for images that come again. */
export type FrozenFeaturePlace = 'device' | 'file';

/** How a run keeps within its memory. */
export interface MemoryPlan {
  /** Images per step. */
  batch: number;
  /** Images that pass through the network together; their gradients are added up to the batch's. */
  microBatch: number;
  /** The blocks' insides are computed a second time on the way back instead of being kept. */
  gradientCheckpointing: boolean;
  /** Images per forward pass without gradients. */
  evaluationBatch: number;
  /** Null where no stage is frozen, no image comes again, or there is no room. */
  frozenFeatures: FrozenFeaturePlace | null;
  /** The most the run holds at a time, bytes, and what that is. */
  bytes: number;
  items: MemoryItems;
  /** Beside these, on the JavaScript heap; not among `bytes`, which the budget limits. */
  heap: HeapItems;
  /** The heap's bytes for the person. */
  heapSentence: string;
  /** Bytes it may take: the person's cap, or the engine's own budget. */
  budget: number;
  fits: boolean;
  /** All this for the person. */
  sentence: string;
}

export interface EpochResult {
  /** Passes over the training images so far; 0 is the state the run starts from. */
  epoch: number;
  /** Mean over the epoch's steps; null for epoch 0. */
  trainLoss: number | null;
  valLoss: number;
  /** Validation images classified rightly. */
  correct: number;
  /** Validation images in all. */
  total: number;
  /** Seconds since its steps began, pauses left out: what runs share, features, a first head and atoms, is not counted. */
  seconds: number;
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
  /** The state of this epoch is the best so far and is kept. */
  | { kind: 'checkpoint'; epoch: number };

/** What a model said of a part's images, one place in each list per image. */
export interface Predictions {
  /** Places among the classes. */
  targets: number[];
  predicted: number[];
}

/** How a run ended. `stopped`: by the person; `failed`: the loss was no longer a number. */
export type RunOutcome = 'finished' | 'stopped' | 'failed';

export interface RunResult {
  outcome: RunOutcome;
  /** What went wrong and what to do, when `failed`; else empty. */
  message: string;
  config: RunConfig;
  trainable: { backbone: number; head: number };
  epochs: EpochResult[];
  /** The epoch whose state is kept for download and use: the best by validation accuracy, earliest on a tie. */
  keptEpoch: number;
  /** After the last epoch. */
  validation: Predictions;
  /** Of the kept epoch, on images that neither trained nor chose it; null where there are none, or they were not asked for. */
  test: Predictions | null;
  /** The last epoch's. */
  seconds: number;
  /** Median over the run. */
  imagesPerSecond: number;
  backend: BackendName;
  /** Of the wasm backend; 0 on WebGPU. */
  threads: number;
  /** What frozen weights, coefficients and maps were kept in. */
  precision: EngineInfo['precision'];
}

/** How long a run takes, seconds. */
export interface RunTiming {
  perEpoch: number;
  /** Validation before the first epoch, and what is not computed once for all runs. */
  start: number;
}

export type RunAction = 'pause' | 'resume' | 'stop';

// ---------------------------------------------------------------- tuned models

/** A tuned model in the engine: a finished run (its id is the run's) or a loaded adapter. */
export interface ModelSummary {
  modelId: string;
  name: string;
  /** The backbone it belongs to. */
  backbone: Named;
  setting: string;
  classes: string[];
  trainable: { backbone: number; head: number };
  /** Validation accuracy stored with it, 0–1, and on how many images. */
  accuracy: number;
  validationImages: number;
  /** Size of its adapter file, bytes. */
  adapterBytes: number;
  /** Greatest difference of the recomputed check logits, for a loaded adapter; null for a run. */
  checkDifference: number | null;
}

/** What a person knows by its name, and the engine by its key. */
export interface Named {
  key: string;
  name: string;
}

/**
 * The backbone and the data that a request was made for. The engine refuses a request where others are in use by then, so that no
 * result is ever stored under a wrong name.
 */
export interface Expected {
  /** `BackboneSummary.key`, with its name. */
  backbone: Named;
  /** `dataKey` of the data's summary, with its name. */
  data: Named;
}

export interface LayerMovement {
  layer: string;
  /** ‖ΔW‖ / ‖W‖. */
  relativeChange: number;
  /** For settings that train atoms: D and ΔD, each `[count, kernel, kernel]`. */
  atoms: { count: number; kernel: number; before: Float32Array; change: Float32Array } | null;
}

export interface Classification {
  /** In the order of the model's classes; sums to 1. */
  probabilities: number[];
  logits: number[];
}

// ---------------------------------------------------------------- calls

export interface Calls {
  /** Starts (or restarts) the tensor backend and loads the starter backbone. */
  start: {
    in: { backend: BackendChoice };
    out: { engine: EngineInfo; backbone: BackboneSummary };
    progress: Progress;
  };
  memory: { in: Record<never, never>; out: MemoryInfo; progress: never };
  /** Decodes, splits and keeps a data set; the former one stays if this fails. Fails with a question where the reading is open. */
  importData: {
    in: { source: DataSource; preset: Preset; reading: Reading } & SplitChoice;
    out: DatasetSummary;
    progress: Progress;
  };
  /** Splits the same images anew, by the same preset. */
  resplit: { in: SplitChoice; out: DatasetSummary; progress: never };
  /** Replaces the backbone; the former one stays if this fails. */
  useBackbone: {
    in: BackboneChoice;
    out: { backbone: BackboneSummary; dataStays: boolean };
    progress: Progress | DownloadProgress;
  };
  storage: { in: Record<never, never>; out: Storage; progress: never };
  deleteStored: { in: { id: string }; out: Storage; progress: never };
  /** Copies the person's own file into this browser's storage. */
  keepFile: { in: { file: File }; out: Storage; progress: DownloadProgress };
  /** What the backbone's own classifier says of an image, best first. */
  recognize: {
    in: { image: Blob; fileName: string; expected: Pick<Expected, 'backbone'> };
    out: Guess[];
    progress: never;
  };
  /** The same for some of the data's validation images, as many of each class. */
  recognizeData: { in: { perClass: number; expected: Expected }; out: Recognition[]; progress: Progress };
  decompose: {
    in: { count: number; expected: Pick<Expected, 'backbone'> };
    out: LayerAtoms[];
    progress: Progress;
  };
  /** Every setting, counted for the present backbone, data and options (by setting id), and planned for this batch and these views. */
  settings: {
    in: {
      options: Record<string, SettingOptions>;
      batchSize: number;
      augmentation: Augmentation;
      views: number;
      memoryCap: number | null;
    };
    out: SettingSummary[];
    progress: never;
  };
  /** How each of these runs would keep within its memory. */
  plan: { in: { configs: RunConfig[]; memoryCap: number | null }; out: MemoryPlan[]; progress: never };
  /** Begins a run to see how long it would take, and drops it; what it had to compute first is kept. */
  measure: {
    in: { config: RunConfig; memoryCap: number | null; expected: Expected };
    out: RunTiming;
    progress: Progress;
  };
  train: {
    /**
     * `memoryCap`: bytes the run may take; null for what the engine thinks right. It changes no result. `scoreTest`: whether the
     * kept epoch answers the test images; a run that only searches must not.
     */
    in: {
      runId: string;
      name: string;
      config: RunConfig;
      memoryCap: number | null;
      scoreTest: boolean;
      expected: Expected;
    };
    out: { result: RunResult; model: ModelSummary };
    progress: RunEvent;
  };
  control: { in: { runId: string; action: RunAction }; out: null; progress: never };
  /** `name`: what the file is to be called; the person may have renamed the run. */
  exportAdapter: {
    in: { modelId: string; name: string };
    out: { fileName: string; file: Uint8Array<ArrayBuffer> };
    progress: never;
  };
  loadAdapter: { in: { modelId: string; fileName: string; file: Blob }; out: ModelSummary; progress: never };
  classify: {
    in: { modelId: string; image: Blob; fileName: string; expected: Pick<Expected, 'backbone'> };
    out: Classification;
    progress: never;
  };
  movement: {
    in: { modelId: string; expected: Pick<Expected, 'backbone'> };
    out: LayerMovement[];
    progress: never;
  };
  forget: { in: { modelId: string }; out: null; progress: never };
}

export type CallName = keyof Calls;

/** Page → engine. */
export type Request =
  | { [K in CallName]: { id: number; call: K; in: Calls[K]['in'] } }[CallName]
  | { id: number; cancel: true };

/** What can break under a call though nobody did anything wrong. */
export type FaultKind = 'device-lost' | 'out-of-memory' | 'gpu-error';

export interface Fault {
  kind: FaultKind;
  /** What happened and what to do, for the person. */
  message: string;
  /** The device's own words, for a report. */
  details: string;
  /** Nothing more can be computed until the engine is started anew. */
  engineLost: boolean;
}

export type Failure =
  /** The message is meant for the person. */
  | { kind: 'user'; message: string }
  /** The person has to choose how their data are read. */
  | { kind: 'ambiguous'; question: DataQuestion }
  /** The person ended it. */
  | { kind: 'aborted'; message: string }
  | Fault
  /** The message is technical; the stack is for a bug report. */
  | { kind: 'bug'; message: string; stack: string };

/** Engine → page. Any number of `progress`, then one `done` or `failed`. */
export type Reply =
  | { id: number; progress: Calls[CallName]['progress'] }
  | { id: number; done: Calls[CallName]['out'] }
  | { id: number; failed: Failure };

/** Engine → page, unasked: the engine broke, at work or idle; or a notice. */
export type Report = { fault: Fault } | { notice: Notice };
