/**
 * The messages between the page and the engine. Types only, no code, so that both sides can import it.
 * Every call is one entry of `Calls`: its input, its output and its progress reports.
 */
import type {
  BackboneChoice,
  BackboneSummary,
  Guess,
  LayerAtoms,
  Recognition,
  Storage,
} from '../core/backbone';
import type {
  Augmentation,
  DataQuestion,
  DataSource,
  DatasetSummary,
  KeptSource,
  Preset,
  Reading,
  SplitChoice,
} from '../core/dataset';
import type { BackendChoice, EngineInfo, Fault, MemoryInfo, Notice } from '../core/engine';
import type { Classified, Expected, LayerMovement, ModelSummary } from '../core/model';
import type { DownloadProgress, Progress } from '../core/progress';
import type { MemoryPlan, RunAction, RunConfig, RunEvent, RunResult, RunTiming } from '../core/run';
import type { SettingOptions, SettingSummary } from '../core/setting';

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
