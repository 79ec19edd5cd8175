/** For tests only: the results of two finished runs of the settings `atoms` and `lora` on 20 images of two classes. */
import type { RunConfig } from '../../src/core/run';
import { RESULTS_FORMAT, type Results, type RunResults } from './results';

export const RUN_CONFIG: RunConfig = {
  ...{ setting: 'atoms', options: { m: 9 }, epochs: 2, batchSize: 16, learningRate: 0.003 },
  ...{ headLearningRate: 0.001, weightDecay: 1e-4, warmup: 0.1, dropout: 0, augmentation: 'none' },
  ...{ views: 0, seed: 0, patience: 0, warmStart: true },
  probe: { epochs: 60, learningRate: 0.01, weightDecay: 0.01, batchSize: 32 },
};

/** 20 images of two classes; the first `correct` are classified correctly. */
export function runFixture(setting: string, correct: number, given: Partial<RunResults> = {}): RunResults {
  const labels = Array.from({ length: 20 }, (_, image) => image % 2);
  const answers = {
    targets: labels,
    predicted: labels.map((label, image) => (image < correct ? label : 1 - label)),
  };
  return {
    ...{ name: setting, armName: setting, setting, symbol: 'ΔD', role: 'final', outcome: 'finished' },
    ...{
      problem: null,
      config: { ...RUN_CONFIG, setting },
      memoryCap: null,
      backend: 'wasm',
      precision: 'single',
      threads: 1,
      style: 0,
    },
    ...{ trainable: { backbone: 1737, head: 1026 }, memory: null, seconds: 3, imagesPerSecond: 50 },
    last: { epoch: 2, correct, total: 20, accuracy: correct / 20, low: 0, high: 1 },
    best: null,
    epochs: [{ epoch: 2, trainLoss: 0.1, valLoss: 0.25, correct, total: 20, seconds: 3 }],
    validation: answers,
    validationEpoch: 2,
    test: null,
    ...{ note: '', tags: [] },
    losses: [{ step: 1, loss: 0.5 }],
    adapter: { file: null, bytes: 9000 },
    ...given,
  };
}

export function resultsFixture(
  runs: RunResults[] = [runFixture('atoms', 15), runFixture('lora', 12)],
  classes = ['a', 'b'],
): Results {
  return {
    format: RESULTS_FORMAT,
    createdBy: { name: 'atomtune', version: '0.1.0' },
    madeAt: '2025-01-31T14:23:05.000Z',
    complete: true,
    engine: {
      ...{ backend: 'wasm', choice: 'auto', adapter: null, hardware: false, reason: 'No WebGPU.' },
      ...{ threads: 2, isolated: true, precision: 'single', limits: { budget: 1e9, buffer: 1e9 } },
    },
    environment: { browser: 'A browser', tfjs: '4.22.0' },
    backbone: {
      ...{ id: 'starter', name: 'Starter', hash: 'beef', inputSize: 64, stages: { used: 4, inFile: 4 } },
      ...{ ownClasses: 10, licence: '', citation: '', features: 512, parameters: 1e6, fileBytes: 3e6 },
    },
    dataset: {
      ...{ name: 'flowers', label: 'flowers, 40 images, split 0', sample: null, description: '' },
      classes: classes.map((name) => ({ name, train: 10, val: 10, test: 0 })),
      ...{ split: 'stratified', testSplit: null, seed: 0, testPart: 0, preset: 'whole', unused: 0 },
      ...{ augmentation: 'none', reading: {}, notices: [], leftOut: [], hash: 'cafe' },
      duplicates: {
        groups: 0,
        images: 0,
        conflicts: [],
        leaked: { val: 0, test: 0 },
        givenUp: { images: 0, classes: [] },
      },
    },
    runs,
    charts: ['accuracy-by-epoch.svg'],
  };
}
