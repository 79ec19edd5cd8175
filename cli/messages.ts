/** The messages between the command line and its headless page: types only, so that both can import them. */

import type { ChartName, Figure } from '../app/report/report';
import type { DataSummary, Environment } from '../app/report/results';
import type { Hyperparameters } from '../app/store/defaults';
import type { Problem } from '../app/store/problem';
import type { RunRecord } from '../app/store/run-record';
import type { Trial } from '../app/store/sweep';
import type { Configuration } from '../app/store/url';
import type { BackboneChoice, BackboneSummary } from '../src/core/backbone';
import type { Preset, Reading, SplitChoice } from '../src/core/dataset';
import type { BackendChoice, EngineInfo, Notice } from '../src/core/engine';
import type { Progress } from '../src/core/progress';
import type { MemoryPlan, RunConfig } from '../src/core/run';
import type { SettingSummary } from '../src/core/setting';

export type { DataSummary } from '../app/report/results';
export type { Problem } from '../app/store/problem';
export type { RunRecord } from '../app/store/run-record';

/** Errors lose their class when they leave a page, so they are sent as data. Null: the person stopped the work. */
export type Answer<T> = { done: T } | { failed: Problem | null };

export type ChartKind = 'svg' | 'png';

/** The images used, how their folders are read, and how they are split. */
export type DataChoice = SplitChoice & { preset: Preset; reading: Reading };

/** The page has a file input for each of these, and a folder input for data and backbone. */
export type Purpose = 'data' | 'backbone' | 'project';

/** What a project's zip has. */
export interface OpenedProject {
  name: string;
  configuration: Configuration;
  /** Null if the project was saved without its backbone. */
  backbone: Pick<BackboneSummary, 'name' | 'hash' | 'key' | 'inputSize' | 'stages'> | null;
  backboneChoice: BackboneChoice;
  /** Numbers of all images, and of the runs and models that can be read. */
  images: number;
  runs: number;
  models: number;
  unreadable: { name: string; why: string }[];
}

/** The configuration of a new project; the backbone is the one that is loaded. */
export type ProjectConfiguration = Omit<Configuration, 'backbone' | 'stages' | 'inputSize'>;

/** Progress of the work, reported a few times a second. */
export interface Report {
  /** The run's name; null before the first run. */
  run: string | null;
  /** Progress of long work before or between steps; null during steps. */
  phase: Progress | null;
  /** The current epoch, from 1, and the number of epochs. */
  epoch: number;
  epochs: number;
  /** Mean over the last steps; null before the first step. */
  loss: number | null;
  imagesPerSecond: number;
  secondsLeft: number | null;
}

/** A trial with its names, its memory limit in bytes, and its sweep or, for a rerun, the results of the original run. */
export type AskedRun = Trial & Pick<RunRecord, 'name' | 'armName' | 'memoryCap' | 'sweep' | 'before'>;

/** The page's functions, available as `globalThis.headless`. */
export interface HeadlessPage {
  start(backend: BackendChoice): Promise<Answer<{ engine: EngineInfo; backbone: BackboneSummary }>>;
  environment(): Promise<Answer<Environment>>;
  /** Replaces the starter by the files in the page's inputs, or loads the starter with other stages or input size. */
  useBackbone(
    stages: number | null,
    inputSize: number | null,
    trunk?: string,
  ): Promise<Answer<BackboneSummary>>;
  /** All settings with parameter counts and memory plans for these hyperparameters. */
  settings(hyperparameters: Hyperparameters): Promise<Answer<SettingSummary[]>>;
  /** Reads the files in the page's inputs. */
  importFiles(choice: DataChoice): Promise<Answer<DataSummary>>;
  importSample(name: string, choice: DataChoice): Promise<Answer<DataSummary>>;
  /** Reads the zip in the page's input. */
  openProject(): Promise<Answer<OpenedProject>>;
  /** Splits the images of the opened project. */
  importKept(choice: Omit<DataChoice, 'reading'>): Promise<Answer<DataSummary>>;
  /** Makes a project of the imported data and the loaded backbone. The runs from now on belong to it. */
  makeProject(configuration: ProjectConfiguration): Promise<Answer<null>>;
  /** Downloads the zip of the opened or made project, with all runs so far. */
  exportProject(): Promise<Answer<null>>;
  /** Memory plans of runs. */
  plan(configs: RunConfig[], memoryCap: number | null): Promise<Answer<MemoryPlan[]>>;
  /** Trains on the imported data. A failed run is returned as a result, not thrown. */
  train(asked: AskedRun): Promise<Answer<RunRecord>>;
  /** Trains a failed run again in its place, with at most so many images at a time. */
  trainAgain(runId: string, mostAtOnce: number): Promise<Answer<RunRecord>>;
  /** Replaces a failed engine and loads the backbone and data again. */
  restart(backend: BackendChoice): Promise<Answer<null>>;
  /** Ends the current run; the parameters of its best epoch are kept. */
  stop(): Promise<Answer<null>>;
  exportAdapter(modelId: string, name: string): Promise<Answer<Uint8Array>>;
  /** The chart of all runs so far: SVG text, or a PNG's bytes in base64. Null where there is nothing to draw. */
  chart(name: ChartName, kind: ChartKind): Promise<Answer<string | null>>;
  /** The charts of the compared runs, for a report. */
  figures(): Promise<Answer<Figure[]>>;
}

declare global {
  var headless: HeadlessPage;
  /** Provided by the command line. */
  var report: (report: Report) => Promise<void>;
  /** Provided by the command line: an optimized kernel that does not compile on this GPU adapter. */
  var notice: (notice: Notice) => Promise<void>;
}
