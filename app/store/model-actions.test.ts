import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/user-error';
import { connectFake, type FakeEngine, modelOf, ready } from './fake-engine';
import {
  addModel,
  classify,
  downloadAdapter,
  dropModel,
  loadAdapter,
  markModelsGone,
  movement,
} from './model-actions';
import { absence, read, usableModels } from './session';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call

beforeEach(() => {
  engines = connectFake();
  ready();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('models', () => {
  it('are loaded from files, each with an id of its own', async () => {
    for (const name of ['a.safetensors', 'b.safetensors']) {
      const loaded = loadAdapter(new File([], name));
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

  it('stay as they are where a file is refused, and the page says why', async () => {
    const loaded = loadAdapter(new File([], 'a.safetensors'));
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
    void classify(model, new File([], 'dog.png'));
    void movement(model);
    for (const call of ['classify', 'movement'] as const)
      expect(engine().last(call).input).toMatchObject({
        modelId: 'm',
        expected: { backbone: model.backbone },
      });
  });

  it('are forgotten by the engine when they are taken off the list', () => {
    addModel(modelOf('m'), 'run');
    dropModel('m');
    expect(read().models).toEqual([]);
    expect(engine().last('forget').input).toEqual({ modelId: 'm' });
    dropModel('unknown');
    expect(engine().of('forget')).toHaveLength(1);
  });

  it('stay listed after a restart, with what to do to use them again', () => {
    addModel(modelOf('m'), 'run');
    addModel(modelOf('n'), 'file');
    markModelsGone();
    expect(usableModels(read())).toEqual([]);
    const words = read().models.map((model) => absence(model, read().backbone));
    expect(words[0]).toMatch(/Run the setting again to use it\.$/);
    expect(words[1]).toMatch(/Load the file again to use it\.$/);
    dropModel('m');
    expect(engine()).toBeUndefined();
  });
});
