/** The page of the command line, with a fixture for the engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../app/engine';
import { deleteRecords, readHeaders, readStored, store } from '../app/project/database';
import { keptModelFile } from '../app/project/model-files';
import { parseProject, requireStored } from '../app/project/opening';
import { runFixture, storedProject } from '../app/project/project-fixture';
import { type ProjectHeader, projectSchema } from '../app/project/schema';
import { exportProject, importProject } from '../app/project/zip';
import { DEFAULT_HYPERPARAMETERS, runConfig } from '../app/store/defaults';
import { comparisonBasis, expectedOf } from '../app/store/session';
import { DEFAULT_CONFIGURATION } from '../app/store/url';
import type { DatasetSummary } from '../src/core/dataset';
import type { Notice } from '../src/core/engine';
import type { RunEvent } from '../src/core/run';
import { UserError } from '../src/core/user-error';
import { openKept, writeKept } from '../src/data/kept-dataset';
import { EngineFault } from '../src/engine-fault';
import { deleteInProject } from '../src/files/project-folder';
import { datasetFixture } from '../src/training/dataset-fixture';
import type { CallName, Calls, Report as EngineReport } from '../src/worker/protocol';
import { headlessPage } from './headless';
import html from './headless.html?raw';
import type { Answer, AskedRun, DataChoice, RunRecord } from './messages';
import { BACKBONE, DATA, ENGINE, finished, MEMORY, SETTINGS } from './page-fixture';

const CHOICE: DataChoice = { seed: 3, testPart: 0.2, preset: 'whole', reading: {} };
const DATASET: DatasetSummary = {
  ...DATA,
  classes: DATA.classes.map((each) => ({ ...each, paths: [], thumbnails: new Blob() })),
  thumbnailLayout: { tile: 32, columns: 8 },
};

type Answers = {
  [K in CallName]?: (
    input: Calls[K]['in'],
    progress: (value: Calls[K]['progress']) => void,
  ) => Calls[K]['out'] | Promise<Calls[K]['out']>;
};

/** An engine that records every call; a test may change `answers`. */
interface EngineFixture {
  calls: [call: CallName | 'terminate', input?: unknown][];
  hear: (message: EngineReport) => void;
}

function freshPage(given: Answers = {}) {
  const engines: EngineFixture[] = [];
  const answers: Answers = {
    start: () => ({ engine: ENGINE, backbone: BACKBONE }),
    useBackbone: () => ({ backbone: BACKBONE, dataStays: true }),
    importData: () => DATASET,
    settings: () => [...SETTINGS],
    plan: ({ configs }) => configs.map(() => MEMORY),
    train: ({ name, config }) => trained(name, config.setting),
    control: () => null,
    forget: () => null,
    exportAdapter: () => ({ fileName: 'a.safetensors', file: new Uint8Array([1, 2, 3]) }),
    ...given,
  };
  const page = headlessPage((hear) => {
    const engine: EngineFixture = { calls: [], hear };
    engines.push(engine);
    const call = async (name: CallName, input: never, options?: { onProgress?: (value: never) => void }) => {
      engine.calls.push([name, input]);
      const answer = answers[name];
      if (!answer) throw new Error(`Nobody expects ${name}.`);
      return answer(input, (value) => options?.onProgress?.(value as never));
    };
    return {
      // Each answer has the type of its call: see `Answers`.
      call: call as Engine['call'],
      terminate: () => engine.calls.push(['terminate']),
    };
  });
  return { page, engines, answers, calls: (engine = 0) => engines[engine]?.calls ?? [] };
}

/** A page with a started engine; calls are recorded from then on. */
async function pageWith(given: Answers = {}) {
  const made = freshPage(given);
  done(await made.page.start('wasm'));
  for (const { calls } of made.engines) calls.length = 0;
  return made;
}

const setting = (id: string) => {
  const found = SETTINGS.find((each) => each.id === id);
  if (!found) throw new Error(`There is no setting ${id}.`);
  return found;
};

function asked(id: string, given: Partial<AskedRun> = {}): AskedRun {
  return {
    ...{ setting: setting(id), role: 'final', name: setting(id).label, armName: setting(id).label },
    ...{ memoryCap: null, sweep: null, before: null },
    config: runConfig(setting(id), DEFAULT_HYPERPARAMETERS, 'flips'),
    ...given,
  };
}

/** The engine's result of a finished run. */
function trained(name: string, id: string): Calls['train']['out'] {
  const { result, model } = finished(asked(id, { name }));
  if (!result || !model) throw new Error('A finished run has both.');
  return { result, model };
}

function done<T>(answer: Answer<T>): T {
  if ('failed' in answer) throw new Error(`Failed: ${JSON.stringify(answer.failed)}`);
  return answer.done;
}

/** A page with data, for runs. */
async function ready(given: Answers = {}) {
  const made = await pageWith(given);
  done(await made.page.importSample('counting', CHOICE));
  return { ...made, train: async (run: AskedRun): Promise<RunRecord> => done(await made.page.train(run)) };
}

function choose(input: string, ...files: File[]): void {
  const element = document.getElementById(input);
  if (!(element instanceof HTMLInputElement)) throw new Error(`No input ${input}.`);
  const chosen = new DataTransfer();
  for (const file of files) chosen.items.add(file);
  element.files = chosen.files;
}

const report = vi.fn<typeof globalThis.report>();
const notice = vi.fn<(notice: Notice) => Promise<void>>();

beforeEach(() => {
  const { body } = new DOMParser().parseFromString(html, 'text/html');
  for (const script of body.querySelectorAll('script')) script.remove();
  document.body.replaceChildren(...body.children);
  report.mockReset().mockResolvedValue();
  notice.mockReset().mockResolvedValue();
  vi.stubGlobal('report', report);
  vi.stubGlobal('notice', notice);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a result', () => {
  it('is that of the engine', async () => {
    const { page, calls } = freshPage();
    expect(await page.start('wasm')).toEqual({ done: { engine: ENGINE, backbone: BACKBONE } });
    expect(calls()).toEqual([['start', { backend: 'wasm' }]]);
  });

  it.each([
    [new UserError('Too large.'), { kind: 'user', message: 'Too large.' }],
    [
      new EngineFault('gpu-error', 'Refused.', 'words', true),
      { kind: 'gpu-error', message: 'Refused.', details: 'words', engineLost: true },
    ],
    [new DOMException('Ended.', 'AbortError'), null],
  ])('is what went wrong, as data: %s', async (error, failed) => {
    const { page } = freshPage({
      start: () => {
        throw error;
      },
    });
    expect(await page.start('auto')).toEqual({ failed });
  });

  it('is a bug with its stack for any other error', async () => {
    const error = new TypeError('x is undefined');
    const { page } = await pageWith({ plan: () => Promise.reject(error) });
    expect(await page.plan([], null)).toEqual({
      failed: { kind: 'bug', message: 'x is undefined', details: error.stack },
    });
  });

  it('names the browser and the version of tfjs', async () => {
    const { browser, tfjs } = done(await (await pageWith()).page.environment());
    expect(browser).toBe(navigator.userAgent);
    expect(tfjs).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('long work', () => {
  it('is reported as a phase without a run', async () => {
    const phase = { label: 'Starting the engine', done: 1, total: 3 };
    const { page } = freshPage({
      start: (_, progress) => {
        progress(phase);
        return { engine: ENGINE, backbone: BACKBONE };
      },
    });
    await page.start('auto');
    const nothing = { run: null, epoch: 0, epochs: 0, loss: null, imagesPerSecond: 0, secondsLeft: null };
    expect(report.mock.calls).toEqual([[{ ...nothing, phase }]]);
  });
});

describe('a backbone', () => {
  it('is the starter in another form if no file was chosen', async () => {
    const { page, calls } = await pageWith();
    expect(await page.useBackbone(3, 96)).toEqual({ done: BACKBONE });
    expect(calls()).toEqual([['useBackbone', { source: { kind: 'starter' }, stages: 3, inputSize: 96 }]]);
  });

  it('is read from the chosen files or folder', async () => {
    const { page, calls } = await pageWith();
    const [weights, shard] = [new File(['w'], 'resnet.pth'), new File(['s'], 'shard-1.bin')];
    choose('backbone-file', weights);
    choose('backbone-folder', shard);
    await page.useBackbone(null, null);
    expect(calls()).toEqual([
      [
        'useBackbone',
        {
          source: {
            kind: 'files',
            files: [
              { path: 'shard-1.bin', file: shard },
              { path: 'resnet.pth', file: weights },
            ],
          },
          ...{ stages: null, inputSize: null },
        },
      ],
    ]);
  });

  it('reports phases, and no download', async () => {
    const phase = { label: 'Reading weights', done: 0, total: 1 };
    const { page } = await pageWith({
      useBackbone: (_, progress) => {
        progress({ phase: 'downloading', received: 5, total: 10, bytesPerSecond: null, secondsLeft: null });
        progress(phase);
        return { backbone: BACKBONE, dataStays: true };
      },
    });
    await page.useBackbone(null, null);
    expect(report.mock.calls.map(([each]) => each.phase)).toEqual([phase]);
  });
});

describe('data', () => {
  it('is a sample of this site, with the chosen split', async () => {
    const { page, calls } = await pageWith();
    const summary = done(await page.importSample('counting', CHOICE));
    const url = new URL('/samples/counting.zip', location.href).href;
    expect(calls()).toEqual([
      ['importData', { source: { kind: 'sample', name: 'counting', url }, ...CHOICE }],
    ]);
    expect(summary).toMatchObject({ name: 'flowers', sample: 'counting', hash: DATA.hash });
  });

  it('is the chosen files', async () => {
    const { page, calls } = await pageWith();
    const zip = new File(['z'], 'flowers.zip');
    choose('data-file', zip);
    const summary = done(await page.importFiles(CHOICE));
    expect(calls()).toEqual([
      ['importData', { source: { kind: 'files', files: [{ path: 'flowers.zip', file: zip }] }, ...CHOICE }],
    ]);
    expect(summary.sample).toBeNull();
  });

  it('is summarised without its thumbnails, which only a page can show', async () => {
    const summary = done(await (await pageWith()).page.importSample('counting', CHOICE));
    expect(summary.classes).toEqual(DATA.classes);
    expect(summary).not.toHaveProperty('thumbnailLayout');
    expect(summary.label).toMatch(/^flowers, 40 images/);
  });

  it('decides the augmentation that settings are counted for', async () => {
    const { page, calls } = await pageWith();
    await page.settings({ ...DEFAULT_HYPERPARAMETERS, memoryCap: 24 });
    await page.importSample('counting', CHOICE);
    await page.settings(DEFAULT_HYPERPARAMETERS);
    const asked = calls().flatMap(([call, input]) => (call === 'settings' ? [input] : []));
    expect(asked).toMatchObject([
      { augmentation: 'none', memoryCap: 24_000_000, batchSize: 16 },
      { augmentation: 'flips', memoryCap: null },
    ]);
  });
});

describe('a run', () => {
  it('is rejected if there is no data', async () => {
    expect(await (await pageWith()).page.train(asked('atoms'))).toMatchObject({
      failed: { kind: 'user', message: expect.stringContaining('There are no images yet.') },
    });
  });

  it('is passed on to the engine unchanged; only compared runs are scored on the test images', async () => {
    const { train, calls } = await ready();
    const final = asked('atoms', { name: 'Atoms, seed 1', memoryCap: 24e6 });
    const search = asked('lora', { role: 'search' });
    await train(final);
    await train(search);
    const inputs = calls().flatMap(([call, input]) => (call === 'train' ? [input] : []));
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const expected = expectedOf(DATASET, BACKBONE);
    // No checkpoints are written.
    const nowhere = { project: null, mostAtOnce: null };
    expect(inputs).toEqual([
      {
        ...{ runId: id, name: 'Atoms, seed 1', config: final.config, memoryCap: 24e6, scoreTest: true },
        ...{ expected, ...nowhere },
      },
      {
        ...{ runId: id, name: 'LoRA', config: search.config, memoryCap: null, scoreTest: false },
        ...{ expected, ...nowhere },
      },
    ]);
  });

  it('is recorded with the engine’s reports and results', async () => {
    const events: RunEvent[] = [
      { kind: 'planned', memory: MEMORY },
      { kind: 'started', epochs: 10, stepsPerEpoch: 2, trainable: { backbone: 5, head: 6 } },
      { kind: 'step', step: 1, loss: 0.75, learningRate: 1, imagesPerSecond: 9, secondsLeft: 8 },
    ];
    const { train } = await ready({
      train: ({ name, config }, progress) => {
        events.forEach(progress);
        return trained(name, config.setting);
      },
    });
    const run = await train(asked('atoms', { armName: 'Atoms, whatever the seed' }));
    const { result, model } = trained('Atoms', 'atoms');
    expect(run).toMatchObject({
      ...{ name: 'Atoms', armName: 'Atoms, whatever the seed', setting: 'atoms', role: 'final' },
      ...{
        status: 'finished',
        basis: comparisonBasis(DATASET, BACKBONE),
        memory: MEMORY,
        totalSteps: 20,
        problem: null,
      },
      ...{ steps: [{ step: 1, loss: 0.75 }], epochs: result.epochs, result, model },
    });
    expect(run.data).toMatch(/^flowers, 40 images/);
  });

  it('of a search keeps no model', async () => {
    const { train, calls } = await ready();
    const run = await train(asked('atoms', { role: 'search' }));
    expect(run.model).toBeNull();
    expect(calls().at(-1)).toEqual(['forget', { modelId: 'model of Atoms' }]);
  });

  it('that is compared keeps its model', async () => {
    const { train, calls } = await ready();
    expect((await train(asked('atoms'))).model?.modelId).toBe('model of Atoms');
    expect(calls().map(([call]) => call)).not.toContain('forget');
  });

  it('has the same colour as with another seed; other settings and searches have other colours', async () => {
    const { train } = await ready();
    const styles: number[] = [];
    for (const run of [
      asked('atoms', { role: 'search' }),
      asked('atoms', { name: 'Atoms, seed 0' }),
      asked('lora', { name: 'LoRA, seed 0' }),
      asked('atoms', { name: 'Atoms, seed 1' }),
      asked('linear-probe'),
    ])
      styles.push((await train(run)).style);
    expect(styles).toEqual([0, 0, 1, 0, 2]);
  });

  it.each([
    [
      new UserError('Does not fit.'),
      { status: 'failed', problem: { kind: 'user', message: 'Does not fit.' } },
    ],
    [
      new EngineFault('device-lost', 'Lost.', 'words', true),
      {
        status: 'failed',
        problem: { kind: 'device-lost', message: 'Lost.', details: 'words', engineLost: true },
      },
    ],
    [new DOMException('Ended.', 'AbortError'), { status: 'stopped', problem: null }],
    [
      new TypeError('x is undefined'),
      { status: 'failed', problem: { kind: 'bug', message: 'x is undefined' } },
    ],
  ])('that fails is an answer, with the steps it had: %s', async (error, ending) => {
    const { train } = await ready({
      train: (_, progress) => {
        progress({ kind: 'step', step: 1, loss: 0.75, learningRate: 1, imagesPerSecond: 9, secondsLeft: 8 });
        throw error;
      },
    });
    const run = await train(asked('atoms'));
    expect(run).toMatchObject({
      ...ending,
      steps: [{ step: 1, loss: 0.75 }],
      result: null,
      model: null,
      phase: null,
    });
  });

  it('is reported a few times per second, with the mean of its last twenty losses', async () => {
    vi.useFakeTimers();
    let tell: (event: RunEvent) => void = () => {};
    let end = () => {};
    const { page } = await ready({
      train: ({ name, config }, progress) => {
        tell = progress;
        return new Promise((resolve) => {
          end = () => resolve(trained(name, config.setting));
        });
      },
    });
    const run = asked('atoms');
    const running = page.train(run);
    vi.advanceTimersByTime(1000);
    expect(report).not.toHaveBeenCalled();

    tell({ kind: 'phase', label: 'Decomposing kernels', done: 1, total: 4 });
    expect(report).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(report).toHaveBeenLastCalledWith({
      ...{ run: 'Atoms', phase: { label: 'Decomposing kernels', done: 1, total: 4 }, epoch: 1, epochs: 10 },
      ...{ loss: null, imagesPerSecond: 0, secondsLeft: null },
    });

    tell({ kind: 'started', epochs: 10, stepsPerEpoch: 12, trainable: { backbone: 5, head: 6 } });
    for (let step = 1; step <= 25; step++)
      tell({ kind: 'step', step, loss: step, learningRate: 1, imagesPerSecond: 9, secondsLeft: 8 });
    vi.advanceTimersByTime(200);
    // Step 25 is the first of the third epoch; the mean of 6 to 25 is 15.5.
    expect(report).toHaveBeenLastCalledWith({
      ...{ run: 'Atoms', phase: null, epoch: 3, epochs: 10 },
      ...{ loss: 15.5, imagesPerSecond: 9, secondsLeft: 8 },
    });
    vi.advanceTimersByTime(1000);
    expect(report).toHaveBeenCalledTimes(2);

    tell({ kind: 'step', step: 26, loss: 26, learningRate: 1, imagesPerSecond: 9, secondsLeft: 7 });
    end();
    expect(done(await running).steps).toHaveLength(26);
    report.mockClear();
    tell({ kind: 'step', step: 27, loss: 27, learningRate: 1, imagesPerSecond: 9, secondsLeft: 7 });
    vi.advanceTimersByTime(1000);
    expect(report, 'after its end').not.toHaveBeenCalled();
  });

  it('can be stopped only while it is in progress', async () => {
    let end = () => {};
    const { page, calls } = await ready({
      train: ({ name, config }) =>
        new Promise((resolve) => {
          end = () => resolve(trained(name, config.setting));
        }),
    });
    const controls = () => calls().flatMap(([call, input]) => (call === 'control' ? [input] : []));
    expect(await page.stop()).toEqual({ done: null });
    expect(controls()).toEqual([]);
    const running = page.train(asked('atoms'));
    await page.stop();
    const [, input] = calls().find(([call]) => call === 'train') ?? [];
    const { runId } = input as Calls['train']['in'];
    expect(controls()).toEqual([{ runId, action: 'stop' }]);
    end();
    await running;
    await page.stop();
    expect(controls()).toHaveLength(1);
  });

  it('gives its adapter as bytes', async () => {
    const { page, calls } = await ready();
    expect(await page.exportAdapter('model of Atoms', 'Atoms')).toEqual({ done: new Uint8Array([1, 2, 3]) });
    expect(calls().at(-1)).toEqual(['exportAdapter', { modelId: 'model of Atoms', name: 'Atoms' }]);
  });
});

describe('a project', () => {
  const ID = 'headless-test';
  const silent = () => {};
  const { backbone: _, stages: __, inputSize: ___, ...CONFIGURATION } = DEFAULT_CONFIGURATION;
  let zip: File;
  /** The zips that the page has saved. */
  let saved: Promise<Blob>[] = [];

  beforeAll(async () => {
    await forgetAll();
    await storedProject(ID, { classLevel: 2 });
    const file = await exportProject(ID, silent);
    // In memory: the page deletes what was exported before.
    zip = new File([await file.arrayBuffer()], file.name);
  });
  beforeEach(() => {
    saved = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(fetch(this.href).then((response) => response.blob()));
    });
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(forgetAll);

  async function forgetAll(): Promise<void> {
    for (const header of await readHeaders()) {
      const { id } = header as ProjectHeader; // only test projects are here
      await deleteRecords(id);
      await deleteInProject(id);
    }
  }

  /** What the zip that was saved last has. */
  async function written() {
    const blob = await saved.at(-1);
    if (!blob) throw new Error('Nothing was saved.');
    const id = await importProject(new File([blob], 'saved.zip'), silent);
    return { id, ...parseProject(await requireStored(id)) };
  }

  /** A page with the zip opened, and its images. */
  async function opened(given: Answers = {}) {
    const made = await pageWith(given);
    choose('project-file', zip);
    const project = done(await made.page.openProject());
    done(await made.page.importKept({ seed: 3, testPart: 0, preset: 'whole' }));
    return { ...made, project, train: async (run: AskedRun) => done(await made.page.train(run)) };
  }

  /** An engine that names its models as the real one does, after the run. */
  const named: Answers = {
    train: ({ runId, name, config }) => {
      const { result, model } = trained(name, config.setting);
      return { result, model: { ...model, modelId: runId } };
    },
  };

  it('is read from the chosen zip: what it has, and its images, read as they were', async () => {
    const { project, calls } = await opened();
    expect(project).toEqual({
      ...{ name: 'made', configuration: DEFAULT_CONFIGURATION, backbone: null },
      backboneChoice: { source: { kind: 'starter' }, stages: null, inputSize: null },
      ...{ images: 10, runs: 3, models: 1, unreadable: [] },
    });
    const [call, input] = calls()[0] ?? [];
    expect([call, input]).toEqual([
      'importData',
      {
        source: { kind: 'kept', project: expect.any(String), data: expect.any(String) },
        ...{ seed: 3, testPart: 0, preset: 'whole', reading: { classLevel: 2 } },
      },
    ]);
    // The engine can read them.
    const { source } = input as Calls['importData']['in'];
    if (source.kind !== 'kept') throw new Error('They are kept.');
    const choice = { side: 12, seed: 0, testPart: 0, preset: 'whole', reading: { classLevel: 2 } } as const;
    expect((await openKept(source, choice)).classes).toEqual(['class 0', 'class 1']);
  });

  it('is read again after a restart of the engine', async () => {
    const { page, calls } = await opened();
    await page.restart('wasm');
    expect(calls(1)).toEqual([['start', { backend: 'wasm' }], calls()[0]]);
  });

  it('is refused with a sentence where it is none, or has no images', async () => {
    const { page } = await pageWith();
    choose('project-file', new File(['no'], 'photos.zip'));
    expect(await page.openProject()).toMatchObject({
      failed: { kind: 'user', message: expect.stringContaining('“photos.zip”') },
    });
    const { header } = await requireStored(ID);
    await storedProject('bare');
    await store({
      header: { ...projectSchema.parse(header), id: 'bare', source: null },
      ...{ put: [], remove: [] },
    });
    choose('project-file', await exportProject('bare', silent));
    expect(await page.openProject()).toMatchObject({
      failed: {
        kind: 'user',
        message:
          'The project “made” in “made.zip” has no images, so there is nothing to train on. Load images in the page and export it again.',
      },
    });
  });

  it('is written with the earlier runs as they were, then the new ones with their models', async () => {
    const { page, train } = await opened(named);
    const search = await train(asked('atoms', { role: 'search', sweep: 's' }));
    done(await page.exportProject());
    const final = await train(asked('atoms', { sweep: 's' }));
    done(await page.exportProject());
    expect(saved).toHaveLength(2);
    const { id, header, session } = await written();
    const before = parseProject(await requireStored(ID)).session;
    expect(session.unreadable).toEqual([]);
    expect(session.runs.slice(0, 3)).toEqual(before.runs);
    // The name “Atoms” was taken.
    expect(session.runs.slice(3)).toMatchObject([
      { id: search.id, name: 'Atoms 4', role: 'search', status: 'finished', sweep: 's', model: null },
      { id: final.id, name: 'Atoms 5', role: 'final', status: 'finished', sweep: 's' },
    ]);
    expect(session.runs[4]).toEqual({ ...final, phase: null, secondsLeft: null });
    expect(header.models).toEqual(['run-1', final.id]);
    expect(session.models.map(({ summary, chosen }) => [summary.modelId, chosen])).toEqual([
      ['run-1', true],
      [final.id, true],
    ]);
    const bytes = async (project: string, model: string) =>
      new Uint8Array((await (await keptModelFile(project, model))?.arrayBuffer()) ?? new ArrayBuffer());
    expect(await bytes(id, final.id)).toEqual(new Uint8Array([1, 2, 3]));
    expect(await bytes(id, 'run-1')).toEqual(await bytes(ID, 'run-1'));
    expect(header).toMatchObject({
      name: 'made',
      madeAt: 1,
      sweeps: {},
      configuration: DEFAULT_CONFIGURATION,
    });
  });

  it('keeps a run that cannot be read as it is', async () => {
    const stored = await requireStored(ID);
    await storedProject('strange');
    const value = { ...runFixture('run-3', 'Atoms 3'), setting: 'no longer there' };
    await store({
      header: {
        ...projectSchema.parse(stored.header),
        id: 'strange',
        source: { kind: 'kept', project: 'strange', data: 'images' },
      },
      ...{ put: [{ kind: 'run', id: 'run-3', value }], remove: [] },
    });
    const { page } = await pageWith(named);
    choose('project-file', await exportProject('strange', silent));
    expect(done(await page.openProject())).toMatchObject({
      runs: 2,
      unreadable: [{ name: 'Atoms 3', why: 'setting: this version has no such setting.' }],
    });
    done(await page.importKept({ seed: 0, testPart: 0, preset: 'whole' }));
    done(await page.train(asked('atoms')));
    done(await page.exportProject());
    const { id } = await written();
    const parts = (await readStored(id))?.parts ?? [];
    expect(parts.find((part) => part.id === 'run-3')?.value).toEqual(value);
  });

  it('is made of imported images, with the loaded backbone and the choices', async () => {
    const { page, train, calls } = await ready({
      ...named,
      useBackbone: () => ({ backbone: BACKBONE, dataStays: true }),
      keepData: async ({ project, data }) => {
        await writeKept({ project, data }, { ...datasetFixture(2, 3, 2, 12), hash: DATA.hash });
        return null;
      },
    });
    choose('backbone-file', new File(['w'], 'resnet.pth'));
    done(await page.useBackbone(3, 96));
    done(await page.makeProject({ ...CONFIGURATION, splitSeed: 4, settings: ['atoms'] }));
    expect(calls().find(([call]) => call === 'keepData')?.[1]).toMatchObject({
      expected: { data: expectedOf(DATASET, BACKBONE).data },
    });
    const failed = await train(asked('atoms'));
    done(await page.exportProject());
    const { header, session } = await written();
    expect(header).toMatchObject({
      ...{ name: 'flowers', step: 'compare', images: 40, queueHeld: false, sweeps: {}, backbone: BACKBONE },
      // The file itself is not in the project.
      backboneChoice: { source: { kind: 'files', files: [] }, stages: 3, inputSize: 96 },
      configuration: { ...CONFIGURATION, splitSeed: 4, settings: ['atoms'], backbone: null },
    });
    expect(session.runs.map(({ id }) => id)).toEqual([failed.id]);
    expect(session.runs[0]).toMatchObject({
      startedOn: { backend: 'wasm', precision: 'single' },
      data: expect.stringMatching(/^flowers, 40 images, .*Starter/),
    });
  });

  it('has the failed and the stopped runs, too', async () => {
    let error: Error = new UserError('Does not fit.');
    const { page, train } = await opened({
      train: () => {
        throw error;
      },
    });
    await train(asked('atoms'));
    error = new DOMException('Ended.', 'AbortError');
    await train(asked('lora'));
    done(await page.exportProject());
    const { session, header } = await written();
    expect(session.runs.slice(3)).toMatchObject([
      { status: 'failed', problem: { kind: 'user', message: 'Does not fit.' } },
      { status: 'stopped', problem: null },
    ]);
    expect(header.models).toEqual(['run-1']);
  });
});

describe('a run that ran out of memory', () => {
  it('is trained again in its place, in smaller micro-batches', async () => {
    let failing = true;
    const { page, train, calls } = await ready({
      train: ({ name, config }, progress) => {
        progress({ kind: 'planned', memory: { ...MEMORY, microBatch: 8 } });
        progress({ kind: 'started', epochs: 1, stepsPerEpoch: 1, trainable: { backbone: 1, head: 1 } });
        progress({ kind: 'step', step: 1, loss: 0.5, learningRate: 1, imagesPerSecond: 9, secondsLeft: 8 });
        if (failing) throw new EngineFault('out-of-memory', 'Full.', 'words', true);
        return trained(name, config.setting);
      },
    });
    const failed = await train(asked('atoms'));
    expect(failed).toMatchObject({ status: 'failed', memory: { microBatch: 8 } });
    failing = false;
    const again = done(await page.trainAgain(failed.id, 4));
    const inputs = calls().flatMap(([call, input]) => (call === 'train' ? [input] : []));
    expect(inputs).toMatchObject([
      { runId: failed.id, mostAtOnce: null },
      { runId: failed.id, mostAtOnce: 4 },
    ]);
    expect(again).toMatchObject({
      ...{ id: failed.id, name: failed.name, style: failed.style, status: 'finished', mostAtOnce: 4 },
      ...{ problem: null, steps: [{ step: 1, loss: 0.5 }] },
    });
    // It is drawn once, and the next run of its setting takes the next name.
    expect((await train(asked('atoms'))).name).toBe('Atoms 2');
  });
});

describe('an engine that broke', () => {
  it('is replaced by one with the same backbone and the same data', async () => {
    const { page, engines, calls } = await pageWith();
    const weights = new File(['w'], 'resnet.pth');
    choose('backbone-file', weights);
    await page.start('auto');
    await page.useBackbone(3, 96);
    await page.importSample('counting', CHOICE);
    const [, backbone, data] = calls();
    expect(await page.restart('webgpu')).toEqual({ done: null });
    expect(engines).toHaveLength(2);
    expect(calls(0).at(-1)).toEqual(['terminate']);
    expect(calls(1)).toEqual([['start', { backend: 'webgpu' }], backbone, data]);
    await page.train(asked('atoms'));
    expect(calls(1).at(-1)?.[0]).toBe('train');
  });

  it('loads the starter again if no other backbone was used', async () => {
    const { page, calls } = await ready();
    await page.restart('wasm');
    expect(calls(1).map(([call]) => call)).toEqual(['start', 'importData']);
  });

  it('is an error if it cannot be replaced', async () => {
    const { page, answers } = await ready();
    answers.start = () => {
      throw new EngineFault('device-lost', 'No GPU.', 'words', true);
    };
    expect(await page.restart('webgpu')).toMatchObject({
      failed: { kind: 'device-lost', message: 'No GPU.' },
    });
  });

  it('keeps the earlier runs', async () => {
    const { page, train } = await ready();
    await train(asked('atoms'));
    await page.restart('wasm');
    expect(done(await page.chart('accuracy-by-epoch', 'svg'))).toContain('Atoms');
  });

  it('is replaced by one that also reports programs that do not compile', async () => {
    const { page, engines } = await ready();
    await page.restart('wasm');
    for (const [place, { hear }] of engines.entries())
      hear({ notice: { program: `conv ${place}`, reason: 'No f16.' } });
    expect(notice.mock.calls).toEqual([
      [{ program: 'conv 0', reason: 'No f16.' }],
      [{ program: 'conv 1', reason: 'No f16.' }],
    ]);
  });

  it('reports its fault by the failing call, not as a notice', async () => {
    const { engines } = await pageWith();
    engines[0]?.hear({ fault: { kind: 'device-lost', message: 'Lost.', details: '', engineLost: true } });
    expect(notice).not.toHaveBeenCalled();
  });
});

describe('a chart', () => {
  it('is null if there is nothing to draw', async () => {
    const { page } = await ready();
    expect(await page.chart('accuracy-by-epoch', 'svg')).toEqual({ done: null });
    expect(done(await page.figures())).toEqual([]);
  });

  it('is a separate SVG with title and data, and leaves nothing on the page', async () => {
    const { page, train } = await ready();
    await train(asked('atoms'));
    const text = done(await page.chart('accuracy-by-epoch', 'svg'));
    const svg = new DOMParser().parseFromString(text ?? '', 'image/svg+xml').documentElement;
    expect(svg.tagName).toBe('svg');
    const words = [...svg.querySelectorAll('text')].map((each) => each.textContent);
    expect(words[0]).toBe('Validation accuracy per epoch');
    expect(words[1]).toMatch(/^flowers, 40 images/);
    for (const id of ['chart', 'picture']) expect(document.getElementById(id)?.childElementCount, id).toBe(0);
  });

  it('is a PNG in base64 if requested', async () => {
    const { page, train } = await ready();
    await train(asked('atoms'));
    const text = done(await page.chart('accuracy-by-epoch', 'png')) ?? '';
    // The first bytes of every PNG (W3C PNG, §5.2).
    expect([...atob(text)].slice(0, 8).map((byte) => byte.charCodeAt(0))).toEqual([
      137, 80, 78, 71, 13, 10, 26, 10,
    ]);
  });

  it('for a report shows the compared runs, without searches', async () => {
    const { page, train } = await ready();
    await train(asked('lora', { role: 'search', name: 'LoRA, search', armName: 'LoRA, search' }));
    expect(done(await page.figures())).toEqual([]);
    await train(asked('atoms'));
    const figures = done(await page.figures());
    expect(figures.map(({ name }) => name)).toContain('accuracy-by-parameters');
    for (const { svg } of figures) {
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toContain('LoRA');
    }
  });
});
