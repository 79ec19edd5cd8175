import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/core/user-error';
import { writeSafetensors } from '../../src/files/safetensors';
import { FIRST_SETTINGS } from './defaults';
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
import { changeBackend, openPage, restartEngine, takeDropped, trySample } from './page-actions';
import { endRuns, runChosen } from './queue';
import { read, write } from './session';
import { currentStep } from './step';

let engines: FakeEngine[];
let moved: boolean;
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call
const address = location.href;

beforeEach(() => {
  moved = false;
  engines = connectFake({
    start: () => ({ engine: INFO, backbone: backboneNamed('starter') }),
    importData: ({ source, seed }) => {
      if (moved) throw new UserError('The file was moved.');
      return dataNamed(source.kind === 'sample' ? source.name : 'files', seed);
    },
    useBackbone: ({ inputSize }) => ({ backbone: backboneNamed('own', inputSize ?? 64), dataStays: false }),
  });
});
afterEach(async () => {
  await endRuns();
  history.replaceState(null, '', address);
});

const open = (search: string) => {
  history.replaceState(null, '', `${location.pathname}${search}`);
  return openPage();
};
const asked = () => engine().asked.map(({ call }) => call);

describe('opening the page', () => {
  it('starts the engine and counts the settings', async () => {
    await open('');
    expect(asked()).toEqual(['start', 'settings']);
    expect(read().engine.status).toBe('ready');
    expect(read().notice).toBe('');
  });

  it('does what the address says, and names what it could not read', async () => {
    await open('?backend=wasm&sample=textures&epochs=3&batch=-5');
    expect(engine().last('start').input).toEqual({ backend: 'wasm' });
    expect(read().dataset?.name).toBe('textures');
    expect(read().configuration.hyperparameters.epochs).toBe(3);
    expect(read().notice).toContain('batch');
  });

  it('uses the starter where the backbone in the address cannot be opened', async () => {
    engines = connectFake({
      start: () => ({ engine: INFO, backbone: backboneNamed('starter') }),
      useBackbone: () => {
        throw new UserError('It is not kept in this browser.');
      },
    });
    await open('?backbone=tv2_in1k&stages=2');
    expect(read()).toMatchObject({
      backbone: { name: 'starter' },
      configuration: { backbone: 'starter', stages: null },
      notice: 'It is not kept in this browser. The starter is used instead.',
      engine: { status: 'ready' },
    });
  });

  it('keeps the address in step with the configuration', async () => {
    await open('');
    const { configuration } = read();
    write({
      configuration: { ...configuration, hyperparameters: { ...configuration.hyperparameters, epochs: 7 } },
    });
    expect(new URLSearchParams(location.search).get('epochs')).toBe('7');
  });

  it('goes no further where the engine does not start', async () => {
    engines = connectFake({
      start: () => {
        throw new UserError('No WebGPU.');
      },
    });
    await open('?sample=textures');
    expect(asked()).toEqual(['start']);
    expect(read().engine).toMatchObject({ status: 'failed', problem: { message: 'No WebGPU.' } });
  });
});

describe('trying the sample', () => {
  it('imports it, chooses the first settings and runs them', async () => {
    await open('');
    await trySample('counting');
    expect(read().configuration.settings).toEqual(FIRST_SETTINGS);
    expect(read().runs.map(({ status }) => status)).toEqual(['running', 'queued', 'queued']);
    expect(engine().last('train').input.expected.data.name).toBe('counting');
  });

  it('runs nothing where the sample cannot be read', async () => {
    await open('');
    engine().answers.importData = () => {
      throw new UserError('The sample could not be loaded.');
    };
    await trySample('counting');
    expect(read()).toMatchObject({ runs: [], dataProblem: { message: 'The sample could not be loaded.' } });
  });
});

describe('files dropped anywhere', () => {
  const tensors = new Map([['a', { shape: [1], data: Float32Array.of(1) }]]);
  const saved = (path: string, metadata: Record<string, string>) => ({
    path,
    file: new Blob([writeSafetensors(tensors, metadata)]),
  });

  it('are used by the step that they belong to', async () => {
    await open('');
    const text = { path: 'set/notes.txt', file: new Blob(['Nothing to see.']) };
    await takeDropped([text]);
    expect(currentStep()).toBe('data');
    expect(engine().last('importData').input).toMatchObject({ source: { kind: 'files', files: [text] } });

    const weights = saved('resnet.safetensors', {});
    await takeDropped([weights]);
    expect(currentStep()).toBe('backbone');
    expect(engine().last('useBackbone').input.source).toEqual({ kind: 'files', files: [weights] });

    const dropped = takeDropped([saved('mine.safetensors', { adapter: '{}' })]);
    await vi.waitFor(() => expect(engine().of('loadAdapter')).toHaveLength(1));
    expect(currentStep()).toBe('use');
    const { input, resolve } = engine().last('loadAdapter');
    expect(input.fileName).toBe('mine.safetensors');
    resolve(modelOf('m'));
    await dropped;
    expect(read().models.map(({ summary }) => summary.modelId)).toEqual(['m']);
  });

  it('are not taken where the engine is not ready, and the step says so', async () => {
    write({ engine: { status: 'starting', progress: null } });
    await takeDropped([saved('mine.safetensors', { adapter: '{}' })]);
    expect(currentStep()).toBe('use');
    expect(read().modelsProblem).toMatchObject({
      kind: 'user',
      message: expect.stringContaining('starting'),
    });
    expect(engine()).toBeUndefined();
  });
});

describe('another backend', () => {
  const own = { source: { kind: 'stored', id: 'own' }, stages: null, inputSize: 224 } as const;

  it('ends the runs, marks the models gone, and loads backbone and data again', async () => {
    await open('');
    ready(backboneNamed('own', 224));
    write({
      ...{ backboneChoice: own, source: { kind: 'sample', name: 'd1', url: '' } },
      models: [{ summary: modelOf('m'), chosen: true, gone: null, kept: false }],
      configuration: { ...read().configuration, settings: ['atoms', 'lora'] },
    });
    runChosen();
    await changeBackend('webgpu');
    expect(read().runs.map(({ status }) => status)).toEqual(['stopped']);
    expect(read().models[0]?.gone).toContain('restarted');
    expect(engine().last('start').input).toEqual({ backend: 'webgpu' });
    expect(engine().last('useBackbone').input).toEqual(own);
    expect(read()).toMatchObject({ backbone: { name: 'own', inputSize: 224 }, dataset: { name: 'd1' } });
    expect(engines).toHaveLength(1);
    expect(engine().terminated).toBe(false);
  });

  it('on an engine that broke: a fresh one, on which what waits goes on', async () => {
    await open('?sample=textures');
    await settled();
    write({ configuration: { ...read().configuration, settings: ['atoms', 'lora'] } });
    runChosen();
    engine().report({ fault: { kind: 'gpu-error', message: 'Refused.', details: '', engineLost: true } });
    await restartEngine();
    await settled();
    expect(engines).toHaveLength(2);
    expect(engines[0]?.terminated).toBe(true);
    expect(read().runs.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'atoms: stopped',
      'lora: running',
    ]);
    const { input, resolve } = engine().last('train');
    expect(input.config.setting).toBe('lora');
    resolve({ result: resultOf(input.config), model: modelOf(input.runId) });
    await settled();
    expect(read().runs.at(-1)?.status).toBe('finished');
  });

  it('leaves what waits where the data cannot be read again', async () => {
    await open('?sample=textures');
    await settled();
    write({ configuration: { ...read().configuration, settings: ['atoms', 'lora'] } });
    runChosen();
    engine().report({ fault: { kind: 'gpu-error', message: 'Refused.', details: '', engineLost: true } });
    moved = true;
    await restartEngine();
    expect(read().runs.map(({ status }) => status)).toEqual(['stopped', 'queued']);
    expect(engine().of('train')).toEqual([]);
    expect(read().dataset).toBeNull();
  });
});
