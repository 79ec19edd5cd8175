/** For tests only: a headless page without a browser, whose answers a test can change, and its inputs and outputs. */
import { queuedRun, withEvents, withoutResult, withResult } from '../app/store/run-record';
import { DEFAULT_CONFIGURATION } from '../app/store/url';
import { tuningRecipe } from '../src/backbone/recipe';
import type { BackboneSummary } from '../src/core/backbone';
import type { EngineInfo } from '../src/core/engine';
import type { ModelSummary } from '../src/core/model';
import type { MemoryPlan, RunResult } from '../src/core/run';
import type { SettingSummary } from '../src/core/setting';
import { STARTER } from '../src/hub/starter';
import type {
  AskedRun,
  DataSummary,
  HeadlessPage,
  OpenedProject,
  Problem,
  Purpose,
  RunRecord,
} from './messages';
import type { Done, Headless, Place } from './page';

export const ENGINE: EngineInfo = {
  ...{ backend: 'wasm', choice: 'auto', adapter: null, hardware: false, reason: 'No WebGPU.' },
  ...{ threads: 2, isolated: true, precision: 'single', limits: { budget: 1e9, buffer: 1e9 } },
};

export const BACKBONE: BackboneSummary = {
  ...{ id: 'starter', name: 'Starter', hash: 'beef', key: 'beef 64', inputSize: 64 },
  ...{ stages: { used: 4, inFile: 4 }, ownClasses: 10, licence: '', citation: '', loading: [] },
  ...{ trunk: { used: '', all: [''] }, recipe: tuningRecipe(64), notices: [] },
  ...{ features: 512, parameters: 1_480_000, fileBytes: 3e6, convolutions: [] },
};

const OWN_WEIGHTS = { id: 'own', name: 'weights', hash: 'feed' };

/** Forty images of two classes. */
export const DATA: DataSummary = {
  ...{ name: 'flowers', label: 'flowers, 40 images, split 0', sample: null, description: '' },
  classes: ['a', 'b'].map((name) => ({ name, train: 10, val: 10, test: 0 })),
  ...{ split: 'stratified', testSplit: null, seed: 0, testPart: 0, preset: 'whole', unused: 0 },
  ...{ reading: {}, notices: [] },
  ...{ augmentation: 'flips', leftOut: [], hash: 'cafe' },
  duplicates: {
    groups: 0,
    images: 0,
    conflicts: [],
    leaked: { val: 0, test: 0 },
    givenUp: { images: 0, classes: [] },
  },
};

/** A project of these images with two runs. */
export const PROJECT: OpenedProject = {
  ...{ name: 'flowers', configuration: DEFAULT_CONFIGURATION, backbone: BACKBONE, backboneChoice: STARTER },
  ...{ images: 40, runs: 2, models: 1, unreadable: [] },
};

export const MEMORY: MemoryPlan = {
  ...{
    batch: 16,
    microBatch: 16,
    gradientCheckpointing: false,
    evaluationBatch: 16,
    frozenFeatures: null,
    bytes: 21e6,
  },
  items: {
    weights: 0,
    coefficients: 0,
    kernels: 0,
    frozenFeatures: 0,
    activations: 0,
    optimizer: 0,
    working: 0,
  },
  heap: { pixels: 0, kernels: 0, coefficients: 0, features: 0, models: 0 },
  ...{ budget: 1e9, fits: true, sentence: 'About 21 MB of memory.', heapSentence: 'And 9 MB for the rest.' },
};

function setting(id: string, label: string, options: SettingSummary['options'] = []): SettingSummary {
  return {
    ...{
      id,
      label,
      symbol: id,
      description: '',
      advice: '',
      options,
      learningRate: 0.003,
      rateExponents: {},
      paper: '',
    },
    fault: null,
    ...{
      trainable: { backbone: options.length * 100, head: 1026 },
      tunedLayers: 0,
      adapterBytes: 4104,
      memory: MEMORY,
    },
  };
}
const number = (id: string, label: string, usual: number) => ({
  ...{ id, label, help: '', default: usual, min: 1, max: 64 },
});

export const SETTINGS: readonly SettingSummary[] = [
  setting('linear-probe', 'Linear probe'),
  setting('atoms', 'Atoms', [number('m', 'Atoms per layer (m)', 9)]),
  setting('core-atoms', 'Core atoms'),
  setting('lora', 'LoRA', [number('r', 'Rank (r)', 4)]),
  setting('full', 'Full tuning'),
];

/** The run after its last epoch, in which `correct` of 20 validation images are classified correctly. */
export function finished(
  asked: AskedRun,
  correct = 15,
  outcome: RunResult['outcome'] = 'finished',
): RunRecord {
  const { setting, config, name, armName, role, memoryCap, sweep } = asked;
  const labels = Array.from({ length: 20 }, (_, image) => image % 2);
  const epochs = [{ epoch: config.epochs, trainLoss: 0.5, valLoss: 0.25, correct, total: 20, seconds: 3 }];
  const validation = {
    targets: labels,
    predicted: labels.map((label, image) => (image < correct ? label : 1 - label)),
  };
  const result: RunResult = {
    ...{
      outcome,
      message: outcome === 'failed' ? 'The loss was no number.' : '',
      config,
      epochs,
      validation,
    },
    ...{
      trainable: setting.trainable,
      keptEpoch: config.epochs,
      test: null,
      seconds: 3,
      imagesPerSecond: 50,
    },
    ...{ backend: ENGINE.backend, precision: ENGINE.precision, threads: ENGINE.threads },
  };
  const model: ModelSummary = {
    ...{ modelId: `model of ${name}`, name, backbone: { key: BACKBONE.key, name: BACKBONE.name } },
    ...{ setting: setting.id, classes: ['a', 'b'], trainable: setting.trainable },
    score: { on: 'validation', correct, images: 20, byClass: null },
    ...{ data: DATA.label, ended: null, adapterBytes: 9000, file: null },
  };
  const begun = withEvents(
    queuedRun(setting, {
      ...{ id: name, name, armName, role, sweep, config, memoryCap },
      ...{ data: DATA.label, basis: DATA.hash, style: 0 },
      expected: {
        backbone: { key: BACKBONE.key, name: BACKBONE.name },
        data: { key: DATA.hash, name: DATA.name },
      },
    }),
    [{ kind: 'planned', memory: MEMORY }],
  );
  return withResult(begun, result, role === 'final' ? model : null);
}

/** The run with a problem; null: the person stopped it before the first epoch. */
export const ended = (asked: AskedRun, problem: Problem | null): RunRecord => ({
  ...withoutResult({ ...finished(asked), result: null, model: null }, problem),
  ...{ epochs: [], keptEpoch: null },
});

export const NO_MEMORY: Problem = {
  ...{ kind: 'out-of-memory', message: 'Memory ran out.', details: 'createBuffer' },
  engineLost: true,
};

export const DEVICE_LOST: Problem = {
  ...{ kind: 'device-lost', message: 'The GPU was lost.', details: 'device.lost (unknown)' },
  engineLost: true,
};

type Answers = {
  [K in keyof HeadlessPage]: (...given: Parameters<HeadlessPage[K]>) => Done<K> | Promise<Done<K>>;
};

export interface PageFixture extends Headless {
  /** Calls and chosen files, in order. */
  readonly asked: [call: keyof HeadlessPage | 'choose' | 'saveProject' | 'close', ...given: unknown[]][];
  /** Only the calls. */
  calls(): string[];
}

/** Answers like a page without errors, except for the given `answers`. */
export function pageFixture(answers: Partial<Answers> = {}, refused: readonly string[] = []): PageFixture {
  const asked: PageFixture['asked'] = [];
  const table: Answers = {
    start: () => ({ engine: ENGINE, backbone: BACKBONE }),
    environment: () => ({ browser: 'A browser', tfjs: '4.22.0' }),
    useBackbone: (stages, inputSize) => ({
      ...BACKBONE,
      ...(asked.some(([call, purpose]) => call === 'choose' && purpose === 'backbone') && OWN_WEIGHTS),
      ...{ inputSize: inputSize ?? BACKBONE.inputSize, stages: { used: stages ?? 4, inFile: 4 } },
    }),
    settings: () => [...SETTINGS],
    importFiles: ({ seed, testPart, preset }) => ({ ...DATA, seed, testPart, preset }),
    importSample: (sample, { seed, testPart, preset }) => ({ ...DATA, sample, seed, testPart, preset }),
    openProject: () => PROJECT,
    importKept: ({ seed, testPart, preset }) => ({ ...DATA, seed, testPart, preset }),
    makeProject: () => null,
    exportProject: () => null,
    plan: (configs) => configs.map(() => MEMORY),
    train: (run) => finished(run),
    trainAgain: (id) => {
      const again = asked.findLast(([call, run]) => call === 'train' && (run as AskedRun).name === id)?.[1];
      return finished(again as AskedRun); // what `train` was given
    },
    restart: () => null,
    stop: () => null,
    exportAdapter: (_, name) => new TextEncoder().encode(`adapter of ${name}`),
    chart: (name, kind) => (kind === 'svg' ? `<svg>${name}</svg>` : btoa(name)),
    figures: () => [],
    ...answers,
  };
  return {
    asked,
    calls: () => asked.map(([call]) => call),
    refused,
    async ask(call, ...given) {
      asked.push([call, ...given]);
      return table[call](...given);
    },
    async choose(purpose: Purpose, place: Place) {
      asked.push(['choose', purpose, place]);
    },
    async saveProject(path) {
      asked.push(['saveProject', path]);
    },
    async close() {
      asked.push(['close']);
    },
  };
}
