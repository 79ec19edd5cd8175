/** For tests only: a small stored project. */

import type { Reading } from '../../src/core/dataset';
import type { ModelSummary } from '../../src/core/model';
import { seededRandom } from '../../src/core/random';
import type { RunConfig, RunResult } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import { writeKept } from '../../src/data/kept-dataset';
import { datasetFixture } from '../../src/training/dataset-fixture';
import { queuedRun, type RunRecord, withEvents, withResult } from '../store/run-record';
import { DEFAULT_CONFIGURATION } from '../store/url';
import { type StoredParts, store } from './database';
import { writeModelFile } from './model-files';
import { PROJECT_VERSION, type ProjectHeader } from './schema';

const CONFIG: RunConfig = {
  ...{ setting: 'atoms', options: { m: 9 }, epochs: 1, batchSize: 2, learningRate: 1e-2 },
  ...{ headLearningRate: 1e-3, weightDecay: 0, warmup: 0, dropout: 0, augmentation: 'none', views: 0 },
  ...{ patience: 0, seed: 0, warmStart: true },
  probe: { epochs: 1, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
};
const expected = { backbone: { key: 'b', name: 'starter' }, data: { key: 'd', name: 'made' } };
const trainable = { backbone: 3, head: 6 };
// Only the fields that a queued run takes.
const SETTING = { id: 'atoms', symbol: 'ΔD', trainable } as SettingSummary;

export const runFixture = (id: string, name: string): RunRecord =>
  queuedRun(SETTING, {
    ...{ id, name, armName: name, role: 'final', sweep: null, config: CONFIG, data: 'made', basis: 'd b' },
    ...{ expected, memoryCap: null, style: 0 },
  });

/** A finished run, one that trained when the page was closed, and one that waits. */
export function runFixtures(): RunRecord[] {
  const epochs = [{ epoch: 0, trainLoss: null, valLoss: 0.7, correct: 1, total: 2, seconds: 0.5 }];
  const result: RunResult = {
    ...{ outcome: 'finished', message: '', config: CONFIG, trainable, epochs, keptEpoch: 0 },
    ...{ validation: { targets: [0, 1], predicted: [0, 0] }, test: null, seconds: 0.5, imagesPerSecond: 8 },
    ...{ backend: 'wasm', threads: 1, precision: 'single' },
  };
  const model: ModelSummary = {
    ...{
      modelId: 'run-1',
      name: 'Atoms',
      backbone: expected.backbone,
      setting: 'atoms',
      classes: ['a', 'b'],
    },
    ...{ trainable, score: { on: 'validation', correct: 1, images: 2, byClass: null }, data: 'made' },
    ...{ ended: '2026-11-27T12:00:00.000Z', adapterBytes: 4, file: null },
  };
  const step = {
    kind: 'step',
    step: 1,
    loss: 0.25,
    learningRate: 1e-2,
    imagesPerSecond: 8,
    secondsLeft: 1,
  } as const;
  const finished = withResult(withEvents(runFixture('run-1', 'Atoms'), [step]), result, model);
  const running: RunRecord = {
    ...withEvents(runFixture('run-2', 'Atoms 2'), [step]),
    status: 'running',
    startedOn: { backend: 'wasm', precision: 'single' },
  };
  return [finished, running, runFixture('run-3', 'Atoms 3')];
}

/** Stores a project with images, a model's file and runs. */
export async function storedProject(id: string, reading: Reading = {}): Promise<StoredParts> {
  const data = 'images';
  const dataset = { ...datasetFixture(2, 3, 2, 12), hash: 'h', reading };
  await writeKept({ project: id, data }, dataset);
  const random = seededRandom(2);
  await writeModelFile(
    id,
    'run-1',
    Uint8Array.from({ length: 40 }, () => random.integer(256)),
  );
  const runs = runFixtures();
  const model = runs[0]?.model;
  const header: ProjectHeader = {
    ...{ version: PROJECT_VERSION, id, name: 'made', madeAt: 1, changedAt: 2, deletedAt: null },
    ...{ step: 'compare', configuration: structuredClone(DEFAULT_CONFIGURATION), backbone: null },
    backboneChoice: { source: { kind: 'starter' }, stages: null, inputSize: null },
    source: { kind: 'kept', project: id, data },
    ...{ sweeps: {}, queueHeld: false, runs: runs.map((run) => run.id), models: ['run-1'] },
    ...{ thumbnail: null, images: 10 },
  };
  const parts: StoredParts['parts'] = [
    ...runs.map((run) => ({ kind: 'run' as const, id: run.id, value: run })),
    { kind: 'model', id: 'run-1', value: { summary: model, chosen: true } },
  ];
  await store({ header, put: parts, remove: [] });
  return { header, parts };
}
