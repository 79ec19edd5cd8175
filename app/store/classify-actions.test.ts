import { beforeEach, describe, expect, it } from 'vitest';
import type { Classified } from '../../src/core/model';
import { UserError } from '../../src/core/user-error';
import type { Calls } from '../../src/worker/protocol';
import { cancelClassification, classifyRest, isDisputed, takeImages } from './classify-actions';
import { connectFake, type FakeEngine, modelOf, ready, settled } from './fake-engine';
import { addModel, chooseModel } from './model-actions';
import { read } from './session';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call

beforeEach(() => {
  engines = connectFake();
  ready();
});

const named = (path: string) => ({ path, file: new Blob([path]) });
const files = (count: number) => Array.from({ length: count }, (_, index) => named(`${index}.png`));
const state = () => read().toClassify;
const classified = () => state().images.map(({ predictions }) => [...predictions.keys()].join());
const result = ({ modelIds, images }: Calls['classify']['in']): Classified[] =>
  images.map(() => ({ predictions: modelIds.map(() => ({ probabilities: [1], logits: [0] })) }));

/** Answers the call that is pending. */
async function answer(): Promise<void> {
  const { input, resolve } = engine().last('classify');
  resolve(result(input));
  await settled();
}

describe('images to classify', () => {
  it('are sorted by name, without system files, and replace earlier ones', () => {
    takeImages([named('x.png')]);
    takeImages(['b 10.png', 'b 2.png', '.DS_Store', 'a.png'].map(named));
    expect(state().images.map(({ path }) => path)).toEqual(['a.png', 'b 2.png', 'b 10.png']);
    takeImages([named('.DS_Store')]);
    expect(state().images).toHaveLength(3);
  });

  it('are classified a few at a time by all chosen models, with progress', async () => {
    for (const id of ['m', 'n', 'o']) addModel(modelOf(id));
    chooseModel('n', false);
    takeImages(files(20));
    const done = classifyRest();
    await settled();
    const sizes: number[] = [];
    while (sizes.length < 3) {
      const { modelIds, images, expected } = engine().last('classify').input;
      expect(modelIds).toEqual(['m', 'o']);
      expect(expected).toEqual({ backbone: modelOf('m').backbone });
      expect(state().progress).toEqual({
        label: 'Classifying images',
        done: sizes.reduce((sum, size) => sum + size, 0),
        total: 20,
      });
      sizes.push(images.length);
      await answer();
    }
    await done;
    expect(sizes).toEqual([8, 8, 4]);
    expect(state()).toMatchObject({ progress: null, cancelled: false, problem: null });
    expect(new Set(classified())).toEqual(new Set(['m,o']));
  });

  it('are classified only by the model that is new', async () => {
    addModel(modelOf('m'));
    takeImages(files(3));
    const first = classifyRest();
    await settled();
    addModel(modelOf('n'));
    await answer();
    // The model that came in the meantime.
    expect(engine().last('classify').input.modelIds).toEqual(['n']);
    await answer();
    await first;
    expect(new Set(classified())).toEqual(new Set(['m,n']));
    await classifyRest();
    expect(engine().of('classify')).toHaveLength(2);
  });

  it('that cannot be decoded keep the reason and are not tried again', async () => {
    addModel(modelOf('m'));
    takeImages(files(3));
    const done = classifyRest();
    await settled();
    const { input, resolve } = engine().last('classify');
    resolve(result(input).map((found, index) => (index === 1 ? { reason: 'Cut off.' } : found)));
    await done;
    expect(state().images.map(({ reason }) => reason)).toEqual([null, 'Cut off.', null]);
    expect(engine().of('classify')).toHaveLength(1);
  });

  it('keep what was found when the person cancels, and go on from there', async () => {
    addModel(modelOf('m'));
    takeImages(files(10));
    const cancelled = classifyRest();
    await settled();
    await answer();
    cancelClassification();
    await cancelled;
    expect(state()).toMatchObject({ cancelled: true, progress: null, problem: null });
    expect(classified().filter((ids) => ids === 'm')).toHaveLength(8);
    const rest = classifyRest();
    await settled();
    expect(engine().last('classify').input.images).toHaveLength(2);
    await answer();
    await rest;
    expect(state().cancelled).toBe(false);
    expect(classified().filter((ids) => ids === 'm')).toHaveLength(10);
  });

  it('get no answer that was meant for earlier ones', async () => {
    addModel(modelOf('m'));
    takeImages(files(2));
    const earlier = classifyRest();
    await settled();
    const first = engine().last('classify');
    takeImages([named('other.png'), named('another.png')]);
    const later = classifyRest();
    await settled();
    first.resolve(result(first.input));
    await earlier;
    expect(classified()).toEqual(['', '']);
    await answer();
    await later;
    expect(classified()).toEqual(['m', 'm']);
    expect(state()).toMatchObject({ progress: null, cancelled: false });
  });

  it('say what went wrong', async () => {
    addModel(modelOf('m'));
    takeImages(files(2));
    const done = classifyRest();
    await settled();
    engine().last('classify').reject(new UserError('Another backbone is loaded.'));
    await done;
    expect(state()).toMatchObject({
      problem: { kind: 'user', message: 'Another backbone is loaded.' },
      progress: null,
      cancelled: false,
    });
  });

  it('are disputed where models predict classes of different names', () => {
    const [m, n] = [
      { ...modelOf('m'), classes: ['cat', 'dog'] },
      { ...modelOf('n'), classes: ['dog', 'cat'] },
    ];
    const image = (...byModel: number[][]) => ({
      ...named('x.png'),
      reason: null,
      predictions: new Map(
        byModel.map((probabilities, index) => ['mn'[index] ?? '', { probabilities, logits: [] }]),
      ),
    });
    expect(isDisputed([m, n], image([0.9, 0.1], [0.2, 0.8]))).toBe(false);
    expect(isDisputed([m, n], image([0.9, 0.1], [0.8, 0.2]))).toBe(true);
    expect(isDisputed([m, n], image([0.9, 0.1]))).toBe(false);
    expect(isDisputed([m], image([0.9, 0.1], [0.8, 0.2]))).toBe(false);
  });
});
