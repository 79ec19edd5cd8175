import { beforeEach, describe, expect, it } from 'vitest';
import type { BackboneChoice, LayerAtoms, Recognition, Storage } from '../../src/core/backbone';
import { UserError } from '../../src/core/user-error';
import { STARTER } from '../../src/hub/starter';
import {
  addressedBackbone,
  changeBackbone,
  decompose,
  keepFile,
  openBackbone,
  recognize,
  recognizeData,
  refreshStorage,
  setAtomCount,
  stopDecompose,
  stopLoading,
} from './backbone-actions';
import { backboneNamed, connectFake, dataNamed, type FakeEngine, ready, settled } from './fake-engine';
import { read, write } from './session';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call
const choice = (id: string): BackboneChoice => ({
  source: { kind: 'stored', id },
  stages: null,
  inputSize: null,
});
const STORAGE: Storage = { stored: [] };
const ATOMS = [{ layer: 'conv1', count: 9 }] as LayerAtoms[];
const sample = { kind: 'sample', name: 'd1', url: '' } as const;

beforeEach(() => {
  engines = connectFake({ storage: () => STORAGE });
  ready();
});

describe('opening a backbone', () => {
  it('replaces the present one and forgets what was seen of it', async () => {
    write({ atoms: ATOMS, recognition: [] });
    const opened = openBackbone(choice('own'));
    await settled();
    engine().last('useBackbone').options.onProgress?.({ label: 'Reading', done: 1, total: 3 });
    expect(read().loadingBackbone).toEqual({ label: 'Reading', done: 1, total: 3 });
    engine()
      .last('useBackbone')
      .resolve({ backbone: backboneNamed('own'), dataStays: true });
    expect(await opened).toEqual({ dataStays: true });
    expect(read()).toMatchObject({
      atoms: null,
      recognition: null,
      loadingBackbone: null,
      backboneChoice: choice('own'),
    });
    expect(read().backbone?.name).toBe('own');
    expect(read().dataset?.name).toBe('d1');
  });

  it('leaves the present one where it fails, and is silent where the person cancelled', async () => {
    const failed = openBackbone(choice('own'));
    await settled();
    engine().last('useBackbone').reject(new UserError('It lacks layer3.'));
    expect(await failed).toBeNull();
    expect(read().backboneProblem).toEqual({ kind: 'user', message: 'It lacks layer3.' });
    const cancelled = openBackbone(choice('own'));
    await settled();
    stopLoading();
    expect(await cancelled).toBeNull();
    expect(read()).toMatchObject({ backboneProblem: null, loadingBackbone: null });
    expect(read().backbone?.name).toBe('starter');
  });

  it('is not begun during a run or an import', async () => {
    write({ training: 'a run' });
    expect(await openBackbone(choice('own'))).toBeNull();
    expect(read().backboneProblem?.message).toMatch(/^A run is in progress/);
    write({ training: null, importing: { label: '', done: 0, total: 0 } });
    expect(await openBackbone(choice('own'))).toBeNull();
    expect(read().backboneProblem?.message).toMatch(/^Images are being read/);
    expect(engine()).toBeUndefined();
  });

  it('first ends whatever reads the present one for long', async () => {
    const looked = recognizeData();
    await settled();
    const found = decompose();
    const opened = openBackbone(choice('own'));
    await Promise.all([looked, found]);
    expect(read()).toMatchObject({
      decomposing: null,
      recognizing: null,
      atomsProblem: null,
      recognitionProblem: null,
    });
    await settled();
    expect(engine().asked.map(({ call }) => call)).toEqual(['recognizeData', 'decompose', 'useBackbone']);
    engine()
      .last('useBackbone')
      .resolve({ backbone: backboneNamed('own'), dataStays: true });
    await opened;
  });

  it('has the images read again where the engine let go of them', async () => {
    write({ source: sample });
    const changed = changeBackbone(choice('own'));
    await settled();
    engine()
      .last('useBackbone')
      .resolve({ backbone: backboneNamed('own', 224), dataStays: false });
    await settled();
    expect(read().dataset).toBeNull();
    expect(engine().last('importData').input.source).toEqual(sample);
    engine().last('importData').resolve(dataNamed('d1 at 224'));
    await changed;
    expect(read().dataset?.name).toBe('d1 at 224');
  });

  it('is taken only from this browser where the address names it', () => {
    const { configuration } = read();
    expect(addressedBackbone({ ...configuration, backbone: 'starter' })).toBe(STARTER);
    expect(addressedBackbone({ ...configuration, backbone: 'tv2_in1k', stages: 2 })).toEqual({
      source: { kind: 'stored', id: 'tv2_in1k' },
      stages: 2,
      inputSize: null,
    });
  });
});

describe('storage', () => {
  it('is shown as the engine says', async () => {
    await refreshStorage();
    expect(read().storage).toEqual(STORAGE);
  });

  it('keeps no file while a backbone is loaded from it, and can be stopped', async () => {
    write({ loadingBackbone: { label: '', done: 0, total: 0 } });
    await keepFile(new File([], 'a.pth'));
    expect(engine()).toBeUndefined();
    write({ loadingBackbone: null });
    const kept = keepFile(new File([], 'a.pth'));
    stopLoading();
    await kept;
    expect(read()).toMatchObject({ loadingBackbone: null, backboneProblem: null });
  });
});

describe('looking at a backbone', () => {
  it('names the backbone and the data it is about', async () => {
    const looked = recognizeData();
    await settled();
    expect(engine().last('recognizeData').input.expected).toMatchObject({
      ...{ backbone: { key: 'starter at 64', name: 'starter, 64 px' }, data: { name: 'd1' } },
    });
    engine()
      .last('recognizeData')
      .resolve([{ className: 'a' }] as Recognition[]);
    await looked;
    expect(read().recognition).toHaveLength(1);
    const seen = recognize(new File([], 'dog.png'));
    expect(engine().last('recognize').input).toMatchObject({
      ...{ fileName: 'dog.png', expected: { backbone: { key: 'starter at 64' } } },
    });
    engine()
      .last('recognize')
      .resolve([{ name: 'dog', probability: 1 }]);
    expect(await seen).toEqual([{ name: 'dog', probability: 1 }]);
  });

  it('finds the chosen number of atoms once for two requests, and can be stopped', async () => {
    setAtomCount(6);
    const [first, second] = [decompose(), decompose()];
    expect(
      engine()
        .of('decompose')
        .map(({ input }) => input.count),
    ).toEqual([6]);
    engine().last('decompose').resolve(ATOMS);
    await Promise.all([first, second]);
    expect(read().atoms).toBe(ATOMS);
    const stopped = decompose();
    stopDecompose();
    await stopped;
    expect(read()).toMatchObject({ atoms: ATOMS, atomsProblem: null, decomposing: null });
  });

  it('finds none during a run', async () => {
    write({ training: 'a run' });
    await decompose();
    await recognizeData();
    expect(engine()).toBeUndefined();
  });
});
