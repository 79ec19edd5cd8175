import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { startBackend } from '../backend';
import type { BackboneChoice, BackboneSummary } from '../core/backbone';
import type { DataSource, Preset } from '../core/dataset';
import type { EngineInfo } from '../core/engine';
import type { Expected } from '../core/model';
import { seededRandom } from '../core/random';
import type { RunConfig, RunEvent } from '../core/run';
import { UserError } from '../core/user-error';
import { dataKey } from '../data/data-key';
import type { Dataset } from '../data/dataset';
import { paintedImage, plain } from '../data/file-fixtures';
import { decodeAdapter, encodeAdapter } from '../export/adapter-file';
import { deleteInProject } from '../files/project-folder';
import { backboneFixture } from '../training/backbone-fixture';
import { datasetFixture } from '../training/dataset-fixture';
import { keyOf } from './open-backbone';
import type { CallName, Calls } from './protocol';
import { createSession, type Handlers, type SessionParts } from './session';

const CONFIG: RunConfig = {
  ...{ setting: 'bitfit', options: {}, epochs: 1, batchSize: 2, learningRate: 1e-2, headLearningRate: 1e-2 },
  ...{ weightDecay: 0, warmup: 0, dropout: 0, augmentation: 'none', views: 0, patience: 0, seed: 1 },
  warmStart: true,
  probe: { epochs: 1, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
};

/** A hub's backbones: name, weights (by seed) and input size. */
const BACKBONES = { starter: [5, 32], a: [6, 32], b: [7, 48] } as const;
type BackboneName = keyof typeof BACKBONES;
const isBackboneName = (id: string): id is BackboneName => id in BACKBONES;

const choiceOf = (name: BackboneName): BackboneChoice => ({
  source: name === 'starter' ? { kind: 'starter' } : { kind: 'stored', id: name },
  ...{ stages: null, inputSize: null },
});
const dataOf = (name: string): DataSource => ({ kind: 'sample', name, url: '' });
/** Side of the stored images: 8/7 of the input size. */
const sideOf = (inputSize: number) => Math.floor((inputSize * 8) / 7);

function open(name: BackboneName): Promise<Backbone> {
  const [seed, inputSize] = BACKBONES[name];
  return backboneFixture({ baseWidth: 4, blocks: [1], strideIn1x1: false }, inputSize, 'single', {
    name,
    seed,
  });
}

function dataset(name: string, side: number, preset: Preset): Dataset {
  const made = datasetFixture(2, 2, 2, side);
  // The other data sets have the two labels swapped.
  const labels = name === 'd1' ? made.train.labels : made.train.labels.map((label) => 1 - label);
  return { ...made, train: { ...made.train, labels }, name, preset, hash: `${name} at ${side}` };
}

/** Delays of the fake hub and the fake import, in turns of the event loop. */
interface Slowness {
  turns: () => number;
  fails: () => boolean;
}
const QUICK: Slowness = { turns: () => 0, fails: () => false };

// Yields with a task, so that all pending work runs first.
const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();
const turn = () =>
  new Promise<void>((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });

async function slowly({ turns, fails }: Slowness, signal: AbortSignal | undefined): Promise<void> {
  const fail = fails();
  for (let left = turns(); left > 0; left--) {
    signal?.throwIfAborted();
    await turn();
  }
  signal?.throwIfAborted();
  if (fail) throw new UserError('The connection was lost.');
}

let info: EngineInfo;
beforeAll(async () => {
  info = await startBackend('wasm');
});

/** A session with a fake hub, and all backbones that it opened. */
function fakeSession(slowness: Slowness = QUICK): { session: Handlers; opened: Backbone[] } {
  const opened: Backbone[] = [];
  const parts: SessionParts = {
    async startBackend() {
      await slowly(slowness, undefined);
      return info;
    },
    async openBackbone({ source }, { signal }) {
      const name = source.kind === 'stored' && isBackboneName(source.id) ? source.id : 'starter';
      // The starter comes with the page.
      await slowly(name === 'starter' ? { ...slowness, fails: () => false } : slowness, signal);
      const backbone = await open(name);
      opened.push(backbone);
      const { inputSize } = backbone;
      // No other field of the summary is used here.
      return { backbone, summary: { name, inputSize, key: keyOf(backbone) } as BackboneSummary };
    },
    async importDataset(source, { side, preset, seed, testPart, signal }) {
      await slowly(slowness, signal);
      return { ...dataset(source.kind === 'sample' ? source.name : '', side, preset), seed, testPart };
    },
  };
  return { session: createSession('', parts), opened };
}

/** Makes calls as the page does. */
function caller(session: Handlers) {
  return <K extends CallName>(
    call: K,
    input: Calls[K]['in'],
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Calls[K]['out']> => session[call](input, { progress: () => {}, signal });
}

const splitChoice = { seed: 0, testPart: 0, preset: 'whole', reading: {} } as const;

interface Present {
  backbone: BackboneSummary;
  data: Calls['importData']['out'];
}
const expectedOf = ({ backbone, data }: Present): Expected => ({
  backbone: { key: backbone.key, name: `${backbone.name}, ${backbone.inputSize} px` },
  data: { key: dataKey(data), name: data.name },
});

async function started(name: BackboneName, slowness?: Slowness) {
  const { session, opened } = fakeSession(slowness);
  const call = caller(session);
  await call('start', { backend: 'wasm' });
  const { backbone } = await call('useBackbone', choiceOf(name));
  const data = await call('importData', { source: dataOf('d1'), ...splitChoice });
  return { session, call, opened, backbone, data, expected: expectedOf({ backbone, data }) };
}

/** The logits of one image. */
async function logitsOf(
  call: ReturnType<typeof caller>,
  input: { modelId: string; image: Blob; expected: Pick<Expected, 'backbone'> },
): Promise<number[]> {
  const { modelId, image, expected } = input;
  const [first] = await call('classify', { modelIds: [modelId], images: [image], expected });
  const prediction = first && 'predictions' in first ? first.predictions[0] : undefined;
  return prediction?.logits ?? [];
}

const trainInput = (runId: string, expected: Expected, setting = CONFIG.setting) => ({
  ...{
    runId,
    name: runId,
    config: { ...CONFIG, setting },
    memoryCap: null,
    scoreTest: false,
    project: null,
    mostAtOnce: null,
    expected,
  },
});

describe('a session', () => {
  it('rejects another backbone, other data and a second run while a run is in progress, and still classifies', async () => {
    const { call, expected } = await started('a');
    await call('train', trainInput('first', expected));
    const run = call('train', trainInput('second', expected));
    for (const refused of [
      () => call('useBackbone', choiceOf('b')),
      () => call('importData', { source: dataOf('d2'), ...splitChoice }),
      () => call('resplit', { seed: 4, testPart: 0 }),
      () => call('train', trainInput('third', expected)),
      () => call('measure', { config: CONFIG, memoryCap: null, expected }),
      () => call('decompose', { count: 4, expected }),
    ])
      await expect(refused()).rejects.toThrow(
        'A run is in progress. Wait until it ends, or stop it on Compare.',
      );
    const image = { modelId: 'first', image: await plain(1), expected };
    expect(await logitsOf(call, image)).toHaveLength(2);
    expect((await run).model.backbone.key).toBe(expected.backbone.key);
  });

  it('classifies several images with several models as each image with each model', async () => {
    const { call, expected } = await started('a');
    await call('train', trainInput('first', expected));
    await call('train', trainInput('second', expected, 'linear-probe'));
    const images = await Promise.all(Array.from({ length: 11 }, (_, index) => plain(20 * index)));
    const modelIds = ['second', 'first'];
    const found = await call('classify', {
      ...{ modelIds, expected },
      images: [...images.slice(0, 4), new Blob(['Dear all']), ...images.slice(4)],
    });
    const [broken] = found.splice(4, 1);
    expect(broken).toEqual({ reason: 'Not an image: its content is in no known image format.' });
    expect(found).toHaveLength(images.length);
    for (const [index, each] of found.entries()) {
      if ('reason' in each) throw new Error(each.reason);
      for (const [place, modelId] of modelIds.entries()) {
        const alone = await logitsOf(call, { modelId, image: images[index] ?? new Blob(), expected });
        const { logits = [], probabilities = [] } = each.predictions[place] ?? {};
        for (const [label, logit] of logits.entries()) expect(logit).toBeCloseTo(alone[label] ?? 0, 4);
        expect(probabilities.reduce((sum, each) => sum + each)).toBeCloseTo(1, 10);
      }
    }
  });

  it('stops classifying when it is cancelled', async () => {
    const { call, expected } = await started('a');
    await call('train', trainInput('model', expected));
    const images = await Promise.all(Array.from({ length: 40 }, (_, index) => plain(index)));
    const cancel = new AbortController();
    const classified = call('classify', { modelIds: ['model'], images, expected }, cancel.signal);
    cancel.abort(new DOMException('Cancelled.', 'AbortError'));
    await expect(classified).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('states what a model got right, of which images and when, and says the same of its file', async () => {
    const { call, expected } = await started('a');
    const before = Date.now();
    const { result, model } = await call('train', { ...trainInput('run', expected), scoreTest: true });
    expect(model.score).toEqual({
      on: 'validation',
      correct: result.epochs.find(({ epoch }) => epoch === result.keptEpoch)?.correct,
      images: result.validation.targets.length,
      byClass: { correct: expect.any(Array), images: [2, 2] },
    });
    expect(model).toMatchObject({ data: 'd1', file: null });
    const ended = Date.parse(model.ended ?? '');
    expect(ended).toBeGreaterThanOrEqual(before);
    expect(ended).toBeLessThanOrEqual(Date.now());
    const { file } = await call('exportAdapter', { modelId: 'run', name: 'run' });
    expect(file.byteLength).toBe(model.adapterBytes);
    const loaded = (modelId: string, fileName: string) =>
      call('loadAdapter', { modelId, fileName, file: new Blob([file]) });
    const one = await loaded('one', 'one.safetensors');
    expect(one).toEqual({
      ...model,
      modelId: 'one',
      file: { name: 'one.safetensors', hash: expect.stringMatching(/^[0-9a-f]{64}$/), checkDifference: 0 },
    });
    expect((await loaded('two', 'copy.safetensors')).file?.hash).toBe(one.file?.hash);
  });

  it('gives the same adapter for the same run computed again, apart from the date and the time it took', async () => {
    const { call, expected } = await started('a');
    const header = async (runId: string) => {
      await call('train', { ...trainInput(runId, expected), name: 'run' });
      const { file } = await call('exportAdapter', { modelId: runId, name: 'run' });
      const { header, tensors } = decodeAdapter(file, 'run.safetensors');
      return encodeAdapter({
        tensors,
        header: { ...header, training: { ...header.training, seconds: 0, ended: null } },
      });
    };
    expect(await header('second')).toEqual(await header('first'));
  });

  it('continues a stopped run from its saved point, and ends as if it had not been stopped', async () => {
    const project = 'session test';
    await deleteInProject(project);
    const { session, call, expected } = await started('a');
    const asked = (runId: string) => {
      const input = trainInput(runId, expected, 'lora');
      return { ...input, project, name: 'run', config: { ...input.config, options: { r: 1 }, epochs: 60 } };
    };
    const events = async (runId: string, onEvent: (event: RunEvent) => void = () => {}) => {
      const heard: RunEvent[] = [];
      const progress = (event: RunEvent) => {
        heard.push(event);
        onEvent(event);
      };
      await session.train(asked(runId), { progress, signal: new AbortController().signal });
      return heard;
    };
    const lossesOf = (heard: RunEvent[]) =>
      heard.flatMap((event) =>
        event.kind === 'step' ? [event.loss] : event.kind === 'resumed' ? event.losses : [],
      );
    const whole = await events('whole');
    await events('resumed', (event) => {
      // The first point is that before the first step.
      if (event.kind === 'saved' && event.step > 0)
        void call('control', { runId: 'resumed', action: 'stop' });
    });
    const rest = await events('resumed');
    const resumed = rest.find((event) => event.kind === 'resumed');
    expect(resumed?.step).toBeGreaterThan(0);
    expect(resumed?.losses).toHaveLength(resumed?.step ?? 0);
    expect(lossesOf(rest)).toEqual(lossesOf(whole));
    const trained = async (modelId: string) => {
      const { file } = await call('exportAdapter', { modelId, name: 'run' });
      return decodeAdapter(file, 'run').tensors;
    };
    expect(await trained('resumed')).toEqual(await trained('whole'));
    // With another configuration it is another run.
    const { config, ...same } = asked('resumed');
    const other = { ...same, config: { ...config, seed: 2 } };
    const heard: RunEvent[] = [];
    const progress = (event: RunEvent) => heard.push(event);
    await session.train(other, { progress, signal: new AbortController().signal });
    expect(heard.some(({ kind }) => kind === 'resumed')).toBe(false);
    await deleteInProject(project);
  });

  it('starts no run while a backbone is being loaded or images are being read, but classifies', async () => {
    let turns = 0;
    const { call, expected } = await started('a', { turns: () => turns, fails: () => false });
    await call('train', trainInput('model', expected));
    turns = 50;
    const image = { modelId: 'model', image: await plain(1), expected };
    const loading = call('useBackbone', choiceOf('b'));
    await expect(call('train', trainInput('early', expected))).rejects.toThrow('A backbone is being loaded.');
    expect(await logitsOf(call, image)).toHaveLength(2);
    await loading;
    const importing = call('importData', { source: dataOf('d1'), ...splitChoice });
    await expect(call('train', trainInput('early', expected))).rejects.toThrow('Images are being read.');
    await expect(call('useBackbone', choiceOf('a'))).rejects.toThrow('Images are being read.');
    await importing;
  });

  it('rejects requests for another backbone or other data, which are named', async () => {
    const { call, expected } = await started('a');
    await call('train', trainInput('model', expected));
    const other = await call('useBackbone', choiceOf('b'));
    expect(other.dataStays).toBe(false);
    await call('importData', { source: dataOf('d2'), ...splitChoice });
    const image = { image: await plain(1) };
    for (const refused of [
      () => call('train', trainInput('late', expected)),
      () => call('measure', { config: CONFIG, memoryCap: null, expected }),
      () => logitsOf(call, { modelId: 'model', ...image, expected }),
      () => call('movement', { modelId: 'model', expected }),
      () => call('decompose', { count: 4, expected }),
      () => call('recognize', { ...image, fileName: '1.png', expected }),
      () => call('recognizeData', { perClass: 1, expected }),
    ])
      await expect(refused()).rejects.toThrow(
        'This request was made for the backbone a, 32 px, but b, 48 px is loaded now',
      );
    const half: Expected = { ...expected, backbone: { key: other.backbone.key, name: 'b, 48 px' } };
    await expect(call('train', trainInput('late', half))).rejects.toThrow(
      'This request was made for the data “d1”, but “d2” is loaded now',
    );
    // A model stores its own backbone, independently of the request.
    await expect(logitsOf(call, { modelId: 'model', ...image, expected: half })).rejects.toThrow(
      'This model belongs to another backbone. Choose a, 32 px to use it.',
    );
  });

  it('keeps a backbone until all calls that read it have ended', async () => {
    const { call, expected, opened } = await started('a');
    await call('train', trainInput('model', expected));
    // Decoding takes longer than the fake hub.
    const large = {
      modelId: 'model',
      image: await paintedImage(1500, 1500, (x) => [x % 256, 0, 0]),
    };
    const ended: string[] = [];
    const classified = logitsOf(call, { ...large, expected }).then(() => ended.push('classified'));
    const loaded = call('useBackbone', choiceOf('b')).then(() => ended.push('loaded'));
    await Promise.all([classified, loaded]);
    expect(ended).toEqual(['classified', 'loaded']);
    expect(opened.map(isDisposed)).toEqual([true, true, false]);
  });

  it('does not train on the data of an earlier split', async () => {
    const { call, expected } = await started('a');
    await call('resplit', { seed: 9, testPart: 0 });
    await expect(call('train', trainInput('late', expected))).rejects.toThrow('or the split is different');
  });

  it('keeps backbone and data if loading others fails or is cancelled', async () => {
    let fails = false;
    const { call, expected } = await started('a', { turns: () => 3, fails: () => fails });
    fails = true;
    await expect(call('useBackbone', choiceOf('b'))).rejects.toThrow('The connection was lost.');
    const cancel = new AbortController();
    fails = false;
    const loading = call('useBackbone', choiceOf('b'), cancel.signal);
    cancel.abort(new DOMException('Cancelled.', 'AbortError'));
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
    expect((await call('train', trainInput('run', expected))).result.outcome).toBe('finished');
  });

  it('ends a run and drops the data on a restart', async () => {
    const { call, expected, opened } = await started('a');
    const run = call('train', trainInput('run', expected)).catch((error: unknown) => error);
    const { backbone } = await call('start', { backend: 'wasm' });
    expect(await run).toMatchObject({ name: 'AbortError' });
    expect(backbone.name).toBe('starter');
    expect(opened.map(isDisposed)).toEqual([true, true, false]);
    await expect(call('train', trainInput('run', expected))).rejects.toThrow('There are no images yet.');
  });

  it('reports that the engine is not running after a failed start', async () => {
    const { session } = fakeSession({ turns: () => 0, fails: () => true });
    const call = caller(session);
    await expect(call('start', { backend: 'wasm' })).rejects.toThrow('The connection was lost.');
    await expect(call('useBackbone', choiceOf('a'))).rejects.toThrow('The engine is not running.');
  });
});

const isDisposed = (backbone: Backbone) =>
  [...backbone.convolutions.values()].every(({ folded }) => folded.isDisposed);

// ---------------------------------------------------------------- at random

/** Large enough that a backbone can be loaded while it is decoded. */
const anImage = paintedImage(400, 400, (x, y) => [x % 256, y % 256, 0]);

const SETTINGS = ['linear-probe', 'bitfit'];

/** Losses and logits of undisturbed runs, by backbone and data. */
const references = new Map<string, Promise<{ losses: number[]; logits: number[] }>>();

function reference(backbone: BackboneName, data: string, setting: string) {
  const key = [backbone, data, setting].join();
  const known = references.get(key) ?? alone(backbone, data, setting);
  references.set(key, known);
  return known;
}

async function alone(backbone: BackboneName, data: string, setting: string) {
  const { session, opened } = fakeSession();
  const call = caller(session);
  await call('start', { backend: 'wasm' });
  const used = await call('useBackbone', choiceOf(backbone));
  const imported = await call('importData', { source: dataOf(data), ...splitChoice });
  const expected = expectedOf({ backbone: used.backbone, data: imported });
  const { result } = await call('train', trainInput('run', expected, setting));
  const image = { modelId: 'run', image: await anImage, expected };
  const logits = await logitsOf(call, image);
  opened.at(-1)?.dispose();
  return { losses: result.epochs.map(({ valLoss }) => valLoss), logits };
}

/** Makes calls at random times without waiting for earlier ones. */
async function interleave(seed: number): Promise<{ done: string[]; refused: string[] }> {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)] as T; // never empty
  let online = true;
  const { session, opened } = fakeSession({
    turns: () => random.integer(12),
    fails: () => !online && random.integer(8) === 0,
  });
  const call = caller(session);
  const backbones: BackboneSummary[] = [];
  const datasets: Present['data'][] = [];
  const models: {
    modelId: string;
    backbone: BackboneName;
    data: string;
    setting: string;
    expected: Expected;
  }[] = [];
  const runIds: string[] = [];
  const image = await anImage;
  const [done, refused]: [string[], string[]] = [[], []];

  await call('start', { backend: 'wasm' }).then(({ backbone }) => backbones.push(backbone));
  online = false;

  /** Mostly the backbone and data loaded last, sometimes earlier ones. */
  const anyExpected = (): Expected | null => {
    const from = <T>(list: T[]) => (random.integer(4) === 0 ? pick(list) : list.at(-1));
    const [backbone, data] = [from(backbones), datasets.length > 0 ? from(datasets) : undefined];
    return backbone && data ? expectedOf({ backbone, data }) : null;
  };

  const actions: Record<string, (signal: AbortSignal, id: string) => Promise<unknown> | null> = {
    useBackbone: (signal) =>
      call('useBackbone', choiceOf(pick(['starter', 'a', 'b'])), signal).then(({ backbone }) =>
        backbones.push(backbone),
      ),
    importData: (signal) =>
      call('importData', { source: dataOf(pick(['d1', 'd2'])), ...splitChoice }, signal).then((data) =>
        datasets.push(data),
      ),
    resplit: () =>
      call('resplit', { seed: random.integer(2), testPart: 0 }).then((data) => datasets.push(data)),
    train: (signal, id) => {
      const expected = anyExpected();
      const setting = pick(SETTINGS);
      if (!expected) return null;
      runIds.push(id);
      return call('train', trainInput(id, expected, setting), signal).then(async ({ result, model }) => {
        expect(model.backbone).toEqual(expected.backbone);
        const [backbone] = expected.backbone.name.split(',') as [BackboneName]; // as expectedOf names it
        const [, side] = /at (\d+)/.exec(expected.data.key) ?? [];
        expect(Number(side)).toBe(sideOf(BACKBONES[backbone][1]));
        if (result.outcome === 'finished') {
          const { losses } = await reference(backbone, expected.data.name, setting);
          expect(result.epochs.map(({ valLoss }) => valLoss)).toEqual(losses);
          models.push({ modelId: id, backbone, data: expected.data.name, setting, expected });
        }
      });
    },
    measure: (signal) => {
      const expected = anyExpected();
      return expected && call('measure', { config: CONFIG, memoryCap: null, expected }, signal);
    },
    classify: () => {
      if (models.length === 0) return null;
      const { modelId, backbone, data, setting, expected: own } = pick(models);
      // Sometimes for another backbone than the model's.
      const expected = random.integer(3) === 0 ? (anyExpected() ?? own) : own;
      return logitsOf(call, { modelId, image, expected }).then(async (logits) =>
        expect(logits).toEqual((await reference(backbone, data, setting)).logits),
      );
    },
    settings: (signal) =>
      call(
        'settings',
        { options: {}, batchSize: 2, augmentation: 'none', views: 0, memoryCap: null },
        signal,
      ),
    exportAdapter: () =>
      models.length === 0 ? null : call('exportAdapter', { modelId: pick(models).modelId, name: 'x' }),
    forget: () => (models.length === 0 ? null : call('forget', { modelId: pick(models).modelId })),
    control: () =>
      runIds.length === 0
        ? null
        : call('control', { runId: pick(runIds), action: pick(['pause', 'resume', 'stop']) }),
    start: (signal) =>
      call('start', { backend: 'wasm' }, signal).then(({ backbone }) => {
        backbones.push(backbone);
        // The restarted engine has no models.
        models.length = 0;
      }),
  };
  // Common calls are chosen often, rare calls sometimes.
  const often = ['useBackbone', 'importData', 'train', 'classify', 'classify'];
  const rare = ['resplit', 'measure', 'settings', 'exportAdapter', 'forget', 'control', 'start'];
  const calls: Promise<unknown>[] = [];
  for (let number = 0; number < 12; number++) {
    const name = number < 3 ? (often[number] as string) : pick(random.integer(3) < 2 ? often : rare); // two of five
    const cancel = new AbortController();
    const made = actions[name]?.(cancel.signal, `run ${number}`);
    if (!made) continue;
    const ended = made.then(
      () => done.push(name),
      (error: unknown) => {
        const known =
          error instanceof UserError || (error instanceof DOMException && error.name === 'AbortError');
        if (!known) throw new Error(`seed ${seed}, ${name}: ${String(error)}`, { cause: error });
        refused.push(name);
      },
    );
    calls.push(ended);
    if (random.integer(8) === 0)
      void turn().then(() => cancel.abort(new DOMException('Cancelled.', 'AbortError')));
    // Half of the calls start immediately, the others after a delay or when the previous call has ended.
    if (number < 3 || random.integer(2) === 0) await Promise.race([ended, waited(300)]);
    else for (let left = pick([0, 0, 5, 40]); left > 0; left--) await turn();
  }
  // A paused run waits until it is resumed.
  const resumed = setInterval(() => {
    for (const runId of runIds) void call('control', { runId, action: 'resume' });
  }, 5);
  try {
    await Promise.all(calls);
  } finally {
    clearInterval(resumed);
  }
  online = true;
  await call('start', { backend: 'wasm' });
  // Only the backbone in use still has tensors.
  const inUse = opened.filter((backbone) => !isDisposed(backbone));
  expect(inUse).toEqual([opened.at(-1)]);
  for (const backbone of inUse) backbone.dispose();
  return { done, refused };
}

async function waited(turns: number): Promise<void> {
  for (let left = turns; left > 0; left--) await turn();
}

describe('calls interleaved at random', () => {
  it('never use a disposed tensor, and results have the right name', async () => {
    const tensors = tf.memory().numTensors;
    const counts = { done: new Map<string, number>(), refused: new Map<string, number>() };
    for (let seed = 0; seed < 200; seed++) {
      const ended = await interleave(seed);
      for (const outcome of ['done', 'refused'] as const)
        for (const name of ended[outcome]) counts[outcome].set(name, (counts[outcome].get(name) ?? 0) + 1);
    }
    expect(tf.memory().numTensors).toBe(tensors);
    // The test is only meaningful if calls succeeded and if some were refused.
    for (const name of ['useBackbone', 'importData', 'train', 'classify'])
      for (const outcome of ['done', 'refused'] as const)
        expect(counts[outcome].get(name) ?? 0, `${outcome}: ${name}`).toBeGreaterThan(0);
  }, 600_000);
});
