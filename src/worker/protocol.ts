/**
 * The messages between the page and the engine. Types only, no code, so that both sides can import it.
 * Every call is one entry of `Calls`: its input, its output and its progress reports.
 */

import type { Recipe } from '../backbone/recipe';
import type { TrunkChoice } from '../backbone/trunk-choice';
import type { FAULT_KINDS } from '../engine-fault';
import type { DownloadProgress } from '../hub/progress';
import type { StoredBackbone, StoredPrecision } from '../hub/stored';
import type { ByClass } from '../statistics/balanced';

export type { DownloadProgress, Recipe, StoredBackbone, StoredPrecision, TrunkChoice };

// ---------------------------------------------------------------- engine

export type BackendName = 'webgpu' | 'wasm';
/**
 * `auto`: WebGPU on a hardware GPU adapter, WebAssembly otherwise. `webgpu-half`: WebGPU with frozen weights, coefficients and
 * activations in fp16; sums are accumulated in fp32.
 */
export type BackendChoice = 'auto' | 'webgpu-half' | BackendName;

export interface EngineInfo {
  backend: BackendName;
  choice: BackendChoice;
  /** The name of the GPU adapter; null if the browser offers none. */
  adapter: string | null;
  /** True if a GPU computes the tensors; false on the CPU, including a software GPU adapter. */
  hardware: boolean;
  /** Why this backend was chosen, as one sentence. */
  reason: string;
  /** Number of threads of the wasm backend (1 on a page that is not cross-origin isolated); 0 on WebGPU. */
  threads: number;
  /** Whether the page is cross-origin isolated, which wasm threads require. */
  isolated: boolean;
  /** Storage precision of frozen weights, coefficients and activations: fp32 (`single`) or fp16 (`half`). */
  precision: 'single' | 'half';
  limits: EngineLimits;
}

export interface EngineLimits {
  /** Default memory budget of a run, bytes. */
  budget: number;
  /** Size of the largest buffer of an operation, bytes. */
  buffer: number;
}

/** An optimized kernel that this GPU adapter could not compile. Its reference kernel gives the same results, more slowly. */
export interface Notice {
  program: string;
  /** The compiler's error message. */
  reason: string;
}

/** The tensors that TensorFlow.js currently holds. */
export interface MemoryInfo {
  tensors: number;
  bytes: number;
}

/** Progress of a long task; `label` is shown to the person. */
export interface Progress {
  label: string;
  done: number;
  /** 0: unknown. */
  total: number;
  /** The proportion of the work that is done, 0–1, where it is known better than by `done / total`. */
  share?: number | undefined;
  /** Estimated seconds until it is done, as soon as they can be estimated; the engine's worker adds them to every report. */
  secondsLeft?: number | undefined;
}

// ---------------------------------------------------------------- data

/** The random changes of training images that do not change their labels. */
export type Augmentation = 'crops-flips' | 'flips' | 'none';

/** A file with its path inside the dropped folder, separated by `/`, e.g. `flowers/train/rose/1.jpg`. */
export interface NamedFile {
  path: string;
  file: Blob;
}

/** Image files as they are. */
export type FileSource =
  | { kind: 'files'; files: NamedFile[] }
  /** A built-in sample set: a zip on this site. */
  | { kind: 'sample'; name: string; url: string };

/** Images that `keepData` wrote into a project. */
export interface KeptSource {
  kind: 'kept';
  project: string;
  data: string;
}

export type DataSource = FileSource | KeptSource;

/** Training images; validation images, which determine the best epoch; test images, which are used for neither. */
export type Part = 'train' | 'val' | 'test';

/** Encodings of file names in zips that do not declare one. */
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

/** A correction of one image's label by the person. */
export interface Correction {
  /** The image's path relative to the root of the data set. */
  path: string;
  /** The right class; null if the image is removed from the data set. */
  className: string | null;
}

/** How to read a data set. An absent field is detected; if that is ambiguous, the person is asked. */
export interface Reading {
  /** Whether folders with names such as `train` and `test` are the parts of a split (true) or classes (false). */
  splitFolders?: boolean | undefined;
  /** The folder level that names the class. 1 is the first level below the split folder, or below the common root of all images. */
  classLevel?: number | undefined;
  nameEncoding?: NameEncoding | undefined;
  /** Absent if there are none. At most one for each path. */
  corrections?: Correction[] | undefined;
}

/** One way to read a data set, with its result. */
export interface ReadingOption {
  reading: Reading;
  /** A short description. */
  label: string;
  /** In class order; `images` counts all images of the class. */
  classes: { name: string; images: number }[];
  /** Number of images in each part; null if the data set has no split of its own. */
  parts: Record<Part, number> | null;
  /** Number of images that would be left out. */
  leftOut: number;
}

/** The question of an import that stopped because the data set can be read in more than one way. */
export interface DataQuestion {
  /** The question, as one sentence. */
  sentence: string;
  /** The folders with their numbers of images, one per line, indented. */
  tree: string;
  options: ReadingOption[];
}

/**
 * Which images are used. `vtab`: at most 800 training and 200 validation images, each squeezed to a square without cropping;
 * `few-shot-k`: k training images per class and at most 2,000 others for validation.
 */
export type Preset = 'whole' | 'vtab' | `few-shot-${1 | 2 | 4 | 8 | 16}`;

/** Parameters of a stratified split. */
export interface SplitChoice {
  seed: number;
  /** Fraction of each class that is held out as test images, 0 for none. Ignored if the data set has a test folder. */
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
  /** The paths of its images relative to the root of the data set, in the order of the thumbnails. */
  paths: string[];
  /**
   * A sprite sheet of all images of the class, row by row, `columns` tiles of `tile`×`tile` pixels per row, in the order training,
   * validation, test.
   */
  thumbnails: Blob;
}

/**
 * Groups of duplicates, near-duplicates and burst shots. A stratified split keeps each group in one part.
 */
export interface Duplicates {
  /** Number of groups with at least two images, and number of images in them. */
  groups: number;
  images: number;
  /** The paths of the images of each group that spans several classes. */
  conflicts: string[][];
  /** Validation and test images with a near-duplicate in training: a given split is not changed, and some groups are ignored. */
  leaked: { val: number; test: number };
  /**
   * Images with too many near-duplicates (those of a fixed camera, for example) to split their class by whole groups. In these
   * classes only identical images and burst shots are kept together.
   */
  givenUp: { images: number; classes: string[] };
}

export interface DatasetSummary {
  name: string;
  /** One or two sentences from `dataset.json` in the data set; empty if there are none. */
  description: string;
  classes: ClassSummary[];
  /** `given`: by the data set's train/ and val/ folders; `stratified`: a fifth of each class, drawn with the seed, is for validation. */
  split: 'given' | 'stratified';
  /** The same for the test images; null if there are none. */
  testSplit: 'given' | 'stratified' | null;
  seed: number;
  testPart: number;
  preset: Preset;
  /** Number of images that the preset does not use. */
  unused: number;
  augmentation: Augmentation;
  /** The choices the person made where the data set could be read in more than one way, and corrected labels. */
  reading: Reading;
  /** Remarks for the person on how the data set was read, e.g. an assumed encoding or classes with similar names. */
  notices: string[];
  leftOut: LeftOut[];
  duplicates: Duplicates;
  /** SHA-256, hex, of class names, paths, labels and pixels of the whole data set; independent of the seed of a stratified split. */
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

/** Where a backbone's weights come from. */
export type BackboneSource =
  /** The starter backbone that comes with the page. */
  | { kind: 'starter' }
  /** An entry of the table of sources. It is downloaded unless it is already stored in this browser. */
  | { kind: 'hub'; id: string; keepAs: StoredPrecision }
  /** Stored in this browser. */
  | { kind: 'stored'; id: string }
  /** The person's own weight file, with its shards and `config.json` if there are any. */
  | { kind: 'files'; files: NamedFile[] };

export interface BackboneChoice {
  source: BackboneSource;
  /** Use only this many stages, counted from the first; null for all. */
  stages: number | null;
  /** Input size, pixels; null for the source's default. */
  inputSize: number | null;
  /** Selects one of several networks in a file by its label in `BackboneSummary.trunk`; chosen automatically if absent. */
  trunk?: string | undefined;
}

/** A step of loading a backbone, with its duration. */
export interface LoadingPhase {
  label: string;
  seconds: number;
}

export interface BackboneSummary {
  id: string;
  name: string;
  /** SHA-256, hex, of the weight file; if only some stages are used, a hash that also depends on their number. */
  hash: string;
  /** Identifies `hash` together with the input size. A tuned model can only be used with the backbone of the same key. */
  key: string;
  /** Side of the square input images, pixels. */
  inputSize: number;
  /** Number of stages that are used, and number of stages in the file. */
  stages: { used: number; inFile: number };
  /** Number of classes of the pretrained classifier; null if there is none. */
  ownClasses: number | null;
  /** Which network in the file is used. */
  trunk: TrunkChoice;
  /** The preprocessing of images for the pretrained classifier. */
  recipe: Recipe;
  /** Sentences for the person: which parts of the file are used and which are not. */
  notices: readonly string[];
  licence: string;
  citation: string;
  /** The steps from the start of loading to the first forward pass. */
  loading: LoadingPhase[];
  /** Length of the pooled feature vector. */
  features: number;
  /** Number of parameters in the backbone: kernels and batch norm affine parameters, without the head. */
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

/** A class that the pretrained classifier predicts. */
export interface Guess {
  name: string;
  /** 0–1 */
  probability: number;
}

/** The pretrained classifier's predictions for one image of the data set. */
export interface Recognition {
  className: string;
  /** Index of the image among the thumbnails of its class. */
  tile: number;
  guesses: Guess[];
  /** True if the image was preprocessed by the backbone's recipe; false if its file is not available and the pixels for tuning were used. */
  byRecipe: boolean;
}

/** The backbones in this browser's private storage; `usage` and `quota` are in bytes. */
export interface Storage {
  stored: StoredBackbone[];
}

// ---------------------------------------------------------------- settings

/** An option of a setting, e.g. LoRA's rank. */
export interface SettingOption {
  id: string;
  label: string;
  help: string;
  default: number;
  min: number;
  max: number;
  /** The allowed values, if there are only a few. */
  choices?: { value: number; label: string }[];
}

export interface SettingSummary {
  id: string;
  label: string;
  /** Short mathematical symbol for charts and tables, e.g. `ΔD`. */
  symbol: string;
  /** One sentence: what is trained. */
  description: string;
  /** One sentence: when to take it. */
  advice: string;
  options: SettingOption[];
  /** Default learning rate of this setting for its options' defaults. */
  learningRate: number;
  /** How the default learning rate follows options, by their ids: it is multiplied by (value / default)^exponent. */
  rateExponents: Readonly<Record<string, number>>;
  /** A sentence that says which option has an impossible value and why; null if all values are possible. */
  fault: string | null;
  /**
   * Number of trainable parameters for the loaded backbone, the classes of the loaded data and the given options. An impossible
   * value is replaced by the option's default.
   */
  trainable: { backbone: number; head: number };
  tunedLayers: number;
  /**
   * Bytes of the trained parameters and the atoms in its adapter file. The file's header is not counted, nor are bases that cannot be
   * computed again with certainty (docs/adapter-file.md).
   */
  adapterBytes: number;
  /** The paper's results for this setting, with the citation; empty if it reports none. */
  paper: string;
  /** The plan for the loaded data and the requested batch size and memory cap. */
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

// ---------------------------------------------------------------- tuned models

/** A tuned model in the engine: a finished run (with the run's id) or a loaded adapter. */
export interface ModelSummary {
  modelId: string;
  name: string;
  /** The backbone it belongs to. */
  backbone: Named;
  setting: string;
  classes: string[];
  trainable: { backbone: number; head: number };
  score: ModelScore;
  /** Name of the data set it was trained on, and the ISO date on which its run ended; null if its adapter file does not state them. */
  data: string | null;
  ended: string | null;
  /** Size of its adapter file, bytes. */
  adapterBytes: number;
  /** The file of a loaded adapter; null for a run. */
  file: LoadedFile | null;
}

/** What a model got right, on the test images if there are any, otherwise on the validation images of the best epoch. */
export interface ModelScore {
  on: 'test' | 'validation';
  correct: number;
  images: number;
  /** In the order of the model's classes; null for an adapter file that does not state it. */
  byClass: ByClass | null;
}

export interface LoadedFile {
  name: string;
  /** SHA-256 of the whole file. */
  hash: string;
  /** The largest difference between stored and recomputed check logits. */
  checkDifference: number;
}

/** A name for the person and a key that identifies the same thing in the engine. */
export interface Named {
  key: string;
  name: string;
}

/**
 * The backbone and the data that a request was made for. The engine rejects the request if others are in use by then, so that no
 * result is stored under a wrong name.
 */
export interface Expected {
  /** `BackboneSummary.key` and the backbone's name. */
  backbone: Named;
  /** `dataKey` of the data set's summary, and its name. */
  data: Named;
}

export interface LayerMovement {
  layer: string;
  /** ‖ΔW‖ / ‖W‖. */
  relativeChange: number;
  /** For settings that train atoms: D and ΔD, each `[count, kernel, kernel]`; otherwise null. */
  atoms: { count: number; kernel: number; before: Float32Array; change: Float32Array } | null;
}

export interface Classification {
  /** In the order of the model's classes; sums to 1. */
  probabilities: number[];
  logits: number[];
}

/** What several models predict for one image, in the order of the models; or why it cannot be decoded. */
export type Classified = { predictions: Classification[] } | { reason: string };

// ---------------------------------------------------------------- calls

export interface Calls {
  /** Starts (or restarts) the tensor backend and loads the starter backbone. */
  start: {
    in: { backend: BackendChoice };
    out: { engine: EngineInfo; backbone: BackboneSummary };
    progress: Progress;
  };
  memory: { in: Record<never, never>; out: MemoryInfo; progress: never };
  /**
   * Decodes, splits and keeps a data set. On failure the previous one stays. Fails as `ambiguous` if it can be read in several ways.
   * `reading`: null to read kept images as they were kept.
   */
  importData: {
    in: { source: DataSource; preset: Preset; reading: Reading | null } & SplitChoice;
    out: DatasetSummary;
    progress: Progress;
  };
  /** An image of the data set: its file if that is still available, otherwise the pixels that are used for tuning, as a PNG. */
  image: {
    in: { path: string; expected: Pick<Expected, 'data'> };
    out: { image: Blob; isFile: boolean };
    progress: never;
  };
  /** Writes the images of the loaded data into a project, from which they are imported as `{ kind: 'kept' }`. */
  keepData: {
    in: Omit<KeptSource, 'kind'> & { expected: Pick<Expected, 'data'> };
    out: null;
    progress: never;
  };
  /** Splits the same images again, with the same preset. */
  resplit: { in: SplitChoice; out: DatasetSummary; progress: never };
  /** Replaces the backbone. On failure the previous one stays. */
  useBackbone: {
    in: BackboneChoice;
    out: { backbone: BackboneSummary; dataStays: boolean };
    progress: Progress | DownloadProgress;
  };
  storage: { in: Record<never, never>; out: Storage; progress: never };
  deleteStored: { in: { id: string }; out: Storage; progress: never };
  /** Copies the person's own file into this browser's storage. */
  keepFile: { in: { file: File }; out: Storage; progress: DownloadProgress };
  /** The pretrained classifier's predictions for an image, most probable first. */
  recognize: {
    in: { image: Blob; fileName: string; expected: Pick<Expected, 'backbone'> };
    out: Guess[];
    progress: never;
  };
  /** The same for `perClass` validation images of each class of the data set. */
  recognizeData: { in: { perClass: number; expected: Expected }; out: Recognition[]; progress: Progress };
  decompose: {
    in: { count: number; expected: Pick<Expected, 'backbone'> };
    out: LayerAtoms[];
    progress: Progress;
  };
  /** All settings: parameter counts for the current backbone, data and options (by setting id), and memory plans for this batch size. */
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
  /** The memory plans of these runs. */
  plan: { in: { configs: RunConfig[]; memoryCap: number | null }; out: MemoryPlan[]; progress: never };
  /** Times a forward pass on images of the data: seconds per image. It gives way to all other work. */
  pace: { in: { expected: Expected }; out: number; progress: never };
  /** Starts a run to estimate its duration, then discards it. Results that runs share, such as atoms and features, are kept. */
  measure: {
    in: { config: RunConfig; memoryCap: number | null; expected: Expected };
    out: RunTiming;
    progress: Progress;
  };
  train: {
    /**
     * `memoryCap`: the run's memory budget, bytes; null for the engine's default. It does not affect the results. `scoreTest`:
     * whether the best epoch is evaluated on the test images; false for search runs. `project`: where the run's points are saved;
     * it continues from the last one if it was interrupted. Null: nowhere. `mostAtOnce`: the largest micro-batch, after a run that ran
     * out of memory; null for any. It does not affect the results beyond rounding.
     */
    in: {
      runId: string;
      name: string;
      config: RunConfig;
      memoryCap: number | null;
      mostAtOnce: number | null;
      scoreTest: boolean;
      project: string | null;
      expected: Expected;
    };
    out: { result: RunResult; model: ModelSummary };
    progress: RunEvent;
  };
  control: { in: { runId: string; action: RunAction }; out: null; progress: never };
  /** `name`: the name for the file, because the person may have renamed the run. */
  exportAdapter: {
    in: { modelId: string; name: string };
    out: { fileName: string; file: Uint8Array<ArrayBuffer> };
    progress: never;
  };
  loadAdapter: { in: { modelId: string; fileName: string; file: Blob }; out: ModelSummary; progress: never };
  /** Takes up a model that this program has written as an adapter file: its check logits are not computed again. */
  restoreModel: { in: { modelId: string; fileName: string; file: Blob }; out: null; progress: never };
  /** Classifies each image with every model. */
  classify: {
    in: { modelIds: readonly string[]; images: readonly Blob[]; expected: Pick<Expected, 'backbone'> };
    out: Classified[];
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

/** Failures of the device or its memory that are neither bugs nor wrong input. */
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** What happened and what to do, for the person. */
  message: string;
  /** The device's own error message, for a bug report. */
  details: string;
  /** True if the engine must be restarted before anything else can be computed. */
  engineLost: boolean;
}

export type Failure =
  /** The message is meant for the person. */
  | { kind: 'user'; message: string }
  /** The person has to choose how the data set is read. */
  | { kind: 'ambiguous'; question: DataQuestion }
  /** The person cancelled the call. */
  | { kind: 'aborted'; message: string }
  | Fault
  /** The message is technical; the stack is for a bug report. `name`: the error's, such as `QuotaExceededError`. */
  | { kind: 'bug'; name: string; message: string; stack: string };

/** Engine → page: any number of `progress` messages, then one `done` or `failed`. */
export type Reply =
  /** `at`: when it was sent, milliseconds since 1970. */
  | { id: number; progress: Calls[CallName]['progress']; at: number }
  | { id: number; done: Calls[CallName]['out'] }
  | { id: number; failed: Failure };

/** Engine → page, not in reply to a request: a fault, which can also occur while idle, or a notice. */
export type Report = { fault: Fault } | { notice: Notice };

/** Engine → page, once: the Web Lock that the worker holds until its end, from which the page learns of it. */
export interface Life {
  lock: string;
}
