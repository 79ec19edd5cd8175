import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/core/user-error';
import { connectFake, type FakeEngine, modelOf, ready, settled } from './fake-engine';
import {
  addModel,
  chooseModel,
  downloadAdapter,
  dropModel,
  loadAdapters,
  markModelsGone,
  movement,
} from './model-actions';
import type { RunRecord } from './run-record';
import { absence, chosenModels, read, usableModels, write } from './session';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call

beforeEach(() => {
  engines = connectFake();
  ready();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const loadedModel = (modelId: string, name: string, hash: string) => ({
  ...modelOf(modelId),
  file: { name, hash, checkDifference: 0 },
});

describe('models', () => {
  it('are loaded from files, each with an id of its own', async () => {
    for (const name of ['a.safetensors', 'b.safetensors']) {
      const loaded = loadAdapters([new File([], name)]);
      expect(read().loadingAdapter).toBe(true);
      const { input, resolve } = engine().last('loadAdapter');
      expect(input.fileName).toBe(name);
      resolve(modelOf(input.modelId));
      await loaded;
    }
    const ids = read().models.map(({ summary }) => summary.modelId);
    expect(new Set(ids).size).toBe(2);
    expect(read().loadingAdapter).toBe(false);
  });

  it('are not loaded twice from the same content, and the page says as what it is loaded', async () => {
    const files = ['a.safetensors', 'copy.safetensors', 'b.safetensors'].map((name) => new File([], name));
    const loaded = loadAdapters(files);
    for (const [name, hash] of [
      ['a.safetensors', 'same'],
      ['copy.safetensors', 'same'],
      ['b.safetensors', 'other'],
    ] as const) {
      await settled();
      const { input, resolve } = engine().last('loadAdapter');
      expect(input.fileName).toBe(name);
      resolve({ ...loadedModel(input.modelId, name, hash), name: `model of ${name}` });
    }
    await loaded;
    expect(read().models.map(({ summary }) => summary.file?.name)).toEqual([
      'a.safetensors',
      'b.safetensors',
    ]);
    expect(read().adapterNotes).toEqual([
      '“copy.safetensors” is already loaded as “model of a.safetensors”.',
    ]);
    const [, second] = engine().of('loadAdapter');
    expect(
      engine()
        .of('forget')
        .map(({ input }) => input),
    ).toEqual([{ modelId: second?.input.modelId }]);
  });

  it('take the place of the one that the engine lost, where the same file is loaded again', async () => {
    addModel(loadedModel('lost', 'a.safetensors', 'same'));
    markModelsGone();
    const loaded = loadAdapters([new File([], 'a.safetensors')]);
    const { input, resolve } = engine().last('loadAdapter');
    resolve(loadedModel(input.modelId, 'a.safetensors', 'same'));
    await loaded;
    expect(read().models.map(({ summary, gone }) => [summary.modelId, gone])).toEqual([
      [input.modelId, null],
    ]);
    expect(read().adapterNotes).toEqual([]);
  });

  it('of files after one that is refused are loaded, and the page still says why it was', async () => {
    const loaded = loadAdapters([new File([], 'bad.safetensors'), new File([], 'good.safetensors')]);
    engine().last('loadAdapter').reject(new UserError('It lacks a tensor.'));
    await settled();
    const { input, resolve } = engine().last('loadAdapter');
    resolve(loadedModel(input.modelId, 'good.safetensors', 'h'));
    await loaded;
    expect(read().models).toHaveLength(1);
    expect(read().modelsProblem).toEqual({ kind: 'user', message: 'It lacks a tensor.' });
  });

  it('that are chosen classify, under the name that their run has now', () => {
    addModel(modelOf('m'));
    addModel(modelOf('n'));
    write({ runs: [{ id: 'n', name: 'renamed' } as RunRecord] }); // no other field is read
    chooseModel('m', false);
    expect(chosenModels(read()).map(({ name }) => name)).toEqual(['renamed']);
    chooseModel('m', true);
    expect(chosenModels(read())).toHaveLength(2);
    // Of the same name as a run: the file tells them apart.
    addModel({ ...loadedModel('o', 'o.safetensors', 'h'), name: 'renamed' });
    expect(chosenModels(read()).map(({ name }) => name)).toEqual(['m', 'renamed', 'renamed (o.safetensors)']);
    markModelsGone();
    expect(chosenModels(read())).toEqual([]);
  });

  it('stay as they are where a file is refused, and the page says why', async () => {
    const loaded = loadAdapters([new File([], 'a.safetensors')]);
    engine().last('loadAdapter').reject(new UserError('It lacks a tensor.'));
    await loaded;
    expect(read()).toMatchObject({ models: [], loadingAdapter: false });
    expect(read().modelsProblem).toEqual({ kind: 'user', message: 'It lacks a tensor.' });
  });

  it('are saved under the name that the engine gives the file', async () => {
    const clicked: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      clicked.push(this.download);
    });
    const saved = downloadAdapter('m', 'My run');
    expect(engine().last('exportAdapter').input).toEqual({ modelId: 'm', name: 'My run' });
    engine()
      .last('exportAdapter')
      .resolve({ fileName: 'my-run.safetensors', file: new Uint8Array(3) });
    expect(await saved).toBe('my-run.safetensors');
    expect(clicked).toEqual(['my-run.safetensors']);
    const failed = downloadAdapter('m', 'My run');
    engine().last('exportAdapter').reject(new UserError('No.'));
    expect(await failed).toBeNull();
    expect(clicked).toHaveLength(1);
  });

  it('are asked about with the backbone that they belong to', () => {
    const model = modelOf('m');
    void movement(model);
    expect(engine().last('movement').input).toEqual({
      modelId: 'm',
      expected: { backbone: model.backbone },
    });
  });

  it('are forgotten by the engine when they are taken off the list', () => {
    addModel(modelOf('m'));
    dropModel('m');
    expect(read().models).toEqual([]);
    expect(engine().last('forget').input).toEqual({ modelId: 'm' });
    dropModel('unknown');
    expect(engine().of('forget')).toHaveLength(1);
  });

  it('stay listed after a restart, with what to do to use them again', () => {
    addModel(modelOf('m'));
    addModel(loadedModel('n', 'n.safetensors', 'h'));
    markModelsGone();
    expect(usableModels(read())).toEqual([]);
    const words = read().models.map((model) => absence(model, read().backbone));
    expect(words[0]).toMatch(/Run the setting again to use it\.$/);
    expect(words[1]).toMatch(/Load the file again to use it\.$/);
    dropModel('m');
    expect(engine()).toBeUndefined();
  });
});
