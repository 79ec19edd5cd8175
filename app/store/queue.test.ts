import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/user-error';
import { EngineFault } from '../../src/engine-fault';
import { openBackbone } from './backbone-actions';
import { importData } from './data-actions';
import {
  backboneNamed,
  connectFake,
  dataNamed,
  type FakeEngine,
  INFO,
  modelOf,
  ready,
  resultOf,
  settled,
} from './fake-engine';
import { changeBackend } from './page-actions';
import {
  endRuns,
  extendSweeps,
  holdQueue,
  moveRun,
  pauseRun,
  removeRun,
  renameRun,
  resumeRun,
  runChosen,
  stopAll,
  stopRun,
  watchQueue,
} from './queue';
import { type RunRecord, withResult } from './run-record';
import { read, write } from './session';
import { turnSweep } from './sweep-actions';

let engines: FakeEngine[];
let stopWatching: () => void;
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call
const statuses = () => read().runs.map(({ name, status }) => `${name}: ${status}`);
const named = (name: string) => read().runs.find((run) => run.name === name) as RunRecord; // the test queued it
const choose = (...settings: string[]) => write({ configuration: { ...read().configuration, settings } });

/** Ends the current run, as the engine does. */
async function finish(): Promise<void> {
  const { input, resolve } = engine().last('train');
  resolve({ result: resultOf(input.config), model: modelOf(input.runId) });
  await settled();
}

beforeEach(() => {
  engines = connectFake({ control: () => null });
  stopWatching = watchQueue();
  ready();
});
afterEach(async () => {
  stopWatching();
  await endRuns();
});

describe('the queue', () => {
  it('runs the chosen settings one after another, each named with the backbone and data it was made for', async () => {
    choose('linear-probe', 'atoms');
    runChosen();
    expect(statuses()).toEqual(['linear-probe: running', 'atoms: queued']);
    const { input } = engine().last('train');
    expect(input.expected).toEqual({
      backbone: { key: 'starter at 64', name: 'starter, 64 px' },
      data: { key: 'd1 stratified  0 0 whole', name: 'd1' },
    });
    await finish();
    expect(statuses()).toEqual(['linear-probe: finished', 'atoms: running']);
    await finish();
    expect(
      engine()
        .of('train')
        .map(({ input }) => input.config.setting),
    ).toEqual(['linear-probe', 'atoms']);
    expect(read().models.map(({ summary }) => summary.modelId)).toEqual(read().runs.map(({ id }) => id));
    expect(read().training).toBeNull();
  });

  it('queues nothing where the table of permissions says no', () => {
    choose('linear-probe');
    write({ loadingBackbone: { label: '', done: 0, total: 0 } });
    runChosen();
    write({ loadingBackbone: null, importing: { label: '', done: 0, total: 0 } });
    runChosen();
    write({ importing: null, engine: { status: 'starting', progress: null } });
    runChosen();
    expect(read().runs).toEqual([]);
  });

  it.each([
    [
      'a backbone is being loaded',
      { loadingBackbone: { label: '', done: 0, total: 0 } },
      { loadingBackbone: null },
    ],
    ['images are being read', { importing: { label: '', done: 0, total: 0 } }, { importing: null }],
    ['images are being split', { splitting: true }, { splitting: false }],
    ['time is measured', { measuring: { label: '', done: 0, total: 0 } }, { measuring: null }],
    ['it is held', { queueHeld: true }, { queueHeld: false }],
  ])('begins no run while %s, and goes on after that', async (_, busy, free) => {
    choose('linear-probe', 'atoms');
    runChosen();
    write(busy);
    await finish();
    expect(statuses()).toEqual(['linear-probe: finished', 'atoms: queued']);
    write(free);
    expect(statuses()).toEqual(['linear-probe: finished', 'atoms: running']);
  });

  it('waits for the engine’s own end of a run that was removed', async () => {
    choose('linear-probe', 'atoms');
    runChosen();
    const first = engine().last('train');
    first.options.signal?.addEventListener('abort', () => {}, { once: true });
    removeRun(named('linear-probe'));
    expect(first.options.signal?.aborted).toBe(true);
    expect(statuses()).toEqual(['atoms: queued']);
    await settled();
    expect(statuses()).toEqual(['atoms: running']);
    expect(read().models).toEqual([]);
  });

  it('leaves a run that belongs to another backbone waiting until that is loaded again', async () => {
    choose('linear-probe', 'atoms');
    runChosen();
    await finish();
    expect(statuses()).toEqual(['linear-probe: finished', 'atoms: running']);
    engine().report({
      fault: { kind: 'device-lost', message: 'Lost.', details: '', engineLost: true },
    });
    engine()
      .last('train')
      .reject(new EngineFault('device-lost', 'Lost.', '', true));
    await settled();
    choose('lora');
    ready();
    holdQueue(true);
    runChosen();
    write({ backbone: backboneNamed('other') });
    holdQueue(false);
    expect(named('lora').status).toBe('queued');
    write({ backbone: backboneNamed('starter') });
    expect(named('lora').status).toBe('running');
  });

  it('never trains what waits on the starter where the backbone could not be opened again', async () => {
    const own = { source: { kind: 'stored', id: 'own' }, stages: null, inputSize: null } as const;
    engines = connectFake({
      start: () => ({ engine: INFO, backbone: backboneNamed('starter') }),
      importData: ({ source }) => dataNamed(source.kind === 'sample' ? source.name : ''),
      useBackbone: () => {
        if (engines.length > 1) throw new UserError('Its file is gone.');
        return { backbone: backboneNamed('own'), dataStays: false };
      },
    });
    stopWatching();
    stopWatching = watchQueue();
    await changeBackend('auto');
    await openBackbone(own);
    await importData({ kind: 'sample', name: 'd1', url: '' });
    choose('linear-probe', 'atoms');
    await settled();
    runChosen();
    const lost = { kind: 'device-lost', message: 'Lost.', details: '', engineLost: true } as const;
    engine().report({ fault: lost });
    engine()
      .last('train')
      .reject(new EngineFault(lost.kind, lost.message, '', true));
    await settled();
    await changeBackend('auto');
    await settled();
    expect(engines).toHaveLength(2);
    expect(engines[0]?.terminated).toBe(true);
    expect(read().backbone).toBeNull();
    expect(engine().of('train')).toEqual([]);
    expect(named('atoms').status).toBe('queued');
    expect(read().notice).toContain('1 run will wait until it is');
    // After it is loaded again, the run starts under its own name.
    engine().answers.useBackbone = () => ({ backbone: backboneNamed('own'), dataStays: true });
    await openBackbone(own);
    expect(engine().last('train').input.expected.backbone.name).toBe('own, 64 px');
  });

  it('says why a run failed, and goes on with the next', async () => {
    choose('linear-probe', 'atoms');
    runChosen();
    engine().last('train').reject(new UserError('It does not fit.'));
    await settled();
    expect(statuses()).toEqual(['linear-probe: failed', 'atoms: running']);
    expect(named('linear-probe').problem).toEqual({ kind: 'user', message: 'It does not fit.' });
  });

  it('draws events in batches, and all of them before the end', async () => {
    choose('linear-probe');
    runChosen();
    const { options } = engine().last('train');
    options.onProgress?.({
      kind: 'started',
      epochs: 1,
      stepsPerEpoch: 4,
      trainable: { backbone: 1, head: 1 },
    });
    for (const step of [1, 2])
      options.onProgress?.({
        kind: 'step',
        step,
        loss: step,
        learningRate: 1,
        imagesPerSecond: 1,
        secondsLeft: 1,
      });
    expect(named('linear-probe').steps).toEqual([]);
    await finish();
    expect(named('linear-probe').steps).toEqual([
      { step: 1, loss: 1 },
      { step: 2, loss: 2 },
    ]);
  });

  it('pauses, resumes and stops the run in the engine', async () => {
    choose('linear-probe');
    runChosen();
    const run = named('linear-probe');
    await pauseRun(run);
    expect(named('linear-probe').status).toBe('paused');
    await resumeRun(run);
    expect(named('linear-probe').status).toBe('running');
    await stopRun(run);
    expect(named('linear-probe').status).toBe('stopping');
    expect(
      engine()
        .of('control')
        .map(({ input }) => input),
    ).toEqual(['pause', 'resume', 'stop'].map((action) => ({ runId: run.id, action })));
  });

  it('shows what was asked for before the engine answers, and takes it back if the engine refuses', async () => {
    choose('linear-probe');
    runChosen();
    engine().answers.control = () => new Promise(() => {});
    void stopRun(named('linear-probe'));
    expect(statuses()).toEqual(['linear-probe: stopping']);
    engine().answers.control = () => {
      throw new Error('broken');
    };
    write({ runs: read().runs.map((run) => ({ ...run, status: 'running' })) });
    await pauseRun(named('linear-probe'));
    expect(statuses()).toEqual(['linear-probe: running']);
    expect(read().runProblem).not.toBeNull();
  });

  it('stops all: the current run ends, those that wait are removed, and no sweep goes on', async () => {
    choose('atoms', 'lora');
    turnSweep({ findRates: true });
    runChosen();
    const searched = read().runs.length;
    expect(searched).toBeGreaterThan(2);
    await stopAll();
    expect(read().runs.map(({ status }) => status)).toEqual(['stopping']);
    await finish();
    expect(read().runs.map(({ status }) => status)).toEqual(['finished']);
    expect(engine().of('train')).toHaveLength(1);
    turnSweep({ findRates: null });
    // A new sweep begins as usual.
    runChosen();
    expect(read().runs.length).toBeGreaterThan(1);
  });

  it('moves and renames what waits, and keeps names apart', () => {
    choose('linear-probe', 'atoms', 'lora');
    runChosen();
    moveRun(named('lora'), -1);
    expect(read().runs.map(({ name }) => name)).toEqual(['linear-probe', 'lora', 'atoms']);
    moveRun(named('lora'), -1);
    expect(read().runs.map(({ name }) => name)).toEqual(['linear-probe', 'lora', 'atoms']);
    renameRun(named('lora').id, '  atoms ');
    renameRun(named('linear-probe').id, '   ');
    expect(read().runs.map(({ name }) => name)).toEqual(['linear-probe', 'atoms 2', 'atoms']);
  });

  it('drops what waits and ends what runs when the engine goes away', async () => {
    choose('linear-probe', 'atoms');
    runChosen();
    await endRuns();
    expect(statuses()).toEqual(['linear-probe: stopped']);
    expect(engine().last('train').options.signal?.aborted).toBe(true);
  });
});

describe('sweeps of a stored project', () => {
  it('go on where the page was closed just after a run had ended', async () => {
    choose('atoms');
    turnSweep({ findRates: true });
    runChosen();
    const searches = read().runs.length;
    expect(searches).toBeGreaterThan(1);
    // All searches have ended, and their sweep has not queued what it chose.
    const config = (run: RunRecord) => resultOf(run.config);
    holdQueue(true);
    write({ runs: read().runs.map((run) => withResult(run, config(run), null)) });
    extendSweeps();
    expect(
      read()
        .runs.slice(searches)
        .map(({ role, status }) => `${role}: ${status}`),
    ).toEqual(['final: queued']);
    extendSweeps();
    expect(read().runs).toHaveLength(searches + 1);
    await endRuns();
  });
});
