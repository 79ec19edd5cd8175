/** What the command line and its headless page say to each other: types only, so that both sides can import it. */

import type { ChartName, Figure } from '../app/report/report';
import type { DataSummary, Environment } from '../app/report/results';
import type { Hyperparameters } from '../app/store/defaults';
import type { Problem } from '../app/store/problem';
import type { RunRecord } from '../app/store/run-record';
import type { Trial } from '../app/store/sweep';
import type {
  BackboneSummary,
  BackendChoice,
  EngineInfo,
  MemoryPlan,
  Notice,
  Preset,
  Progress,
  Reading,
  RunConfig,
  SettingSummary,
  SplitChoice,
} from '../src/worker/protocol';

export type { DataSummary } from '../app/report/results';
export type { Problem } from '../app/store/problem';
export type { RunRecord } from '../app/store/run-record';

/** An error loses its class on the way out of a page, so it travels as data. Null: the person ended the work. */
export type Answer<T> = { done: T } | { failed: Problem | null };

export type ChartKind = 'svg' | 'png';

/** Which of the images are taken, how their folders are read, and how they are split. */
export type DataChoice = SplitChoice & { preset: Preset; reading: Reading };

/** What files are chosen for: the page has a file input, and one for folders, for each. */
export type Purpose = 'data' | 'backbone';

/** How far the work has come, a few times a second. */
export interface Report {
  /** The run's name; null before the first. */
  run: string | null;
  /** Long work before or between the steps; null while steps go. */
  phase: Progress | null;
  /** The epoch in progress, from 1, and how many there will be. */
  epoch: number;
  epochs: number;
  /** Mean over the last steps; null before the first. */
  loss: number | null;
  imagesPerSecond: number;
  secondsLeft: number | null;
}

/** A trial with its names, and the bytes it may take. */
export type AskedRun = Trial & Pick<RunRecord, 'name' | 'armName' | 'memoryCap'>;

/** What the page offers, as `globalThis.headless`. */
export interface HeadlessPage {
  start(backend: BackendChoice): Promise<Answer<{ engine: EngineInfo; backbone: BackboneSummary }>>;
  environment(): Promise<Answer<Environment>>;
  /** Replaces the starter: what the page's file inputs were filled with, or the starter itself in another form. */
  useBackbone(
    stages: number | null,
    inputSize: number | null,
    trunk?: string,
  ): Promise<Answer<BackboneSummary>>;
  /** Every setting, counted and planned for these hyperparameters. */
  settings(hyperparameters: Hyperparameters): Promise<Answer<SettingSummary[]>>;
  /** Reads what the page's file inputs were filled with. */
  importFiles(choice: DataChoice): Promise<Answer<DataSummary>>;
  importSample(name: string, choice: DataChoice): Promise<Answer<DataSummary>>;
  /** How runs would keep within their memory. */
  plan(configs: RunConfig[], memoryCap: number | null): Promise<Answer<MemoryPlan[]>>;
  /** Trains on the imported data. A run that fails is an answer, not a failure. */
  train(asked: AskedRun): Promise<Answer<RunRecord>>;
  /** Replaces an engine that broke; its backbone is used and the data read again. */
  restart(backend: BackendChoice): Promise<Answer<null>>;
  /** Ends the run in progress; its best epoch is kept. */
  stop(): Promise<Answer<null>>;
  exportAdapter(modelId: string, name: string): Promise<Answer<Uint8Array>>;
  /** The chart of all runs so far: SVG text, or a PNG's bytes in base64. Null where there is nothing to draw. */
  chart(name: ChartName, kind: ChartKind): Promise<Answer<string | null>>;
  /** The charts of what is compared, for a report. */
  figures(): Promise<Answer<Figure[]>>;
}

declare global {
  var headless: HeadlessPage;
  /** Given to the page by the command line. */
  var report: (report: Report) => Promise<void>;
  /** Given to the page by the command line: a program that this adapter does not compile. */
  var notice: (notice: Notice) => Promise<void>;
}
