import { beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/user-error';
import {
  applyCorrections,
  choosePreset,
  correct,
  importData,
  importFiles,
  importSample,
  splitAgain,
  stopImport,
  undoCorrections,
} from './data-actions';
import { connectFake, dataNamed, type FakeEngine, modelOf, ready, settled } from './fake-engine';
import { read, write } from './session';

let engines: FakeEngine[];
const engine = () => engines.at(-1) as FakeEngine; // a test asks for it only after the first call
const sample = { kind: 'sample', name: 'd2', url: '' } as const;

beforeEach(() => {
  engines = connectFake();
  ready();
});

describe('an import', () => {
  it('replaces the data when it is done, counts the settings anew and says how much came in', async () => {
    write({ configuration: { ...read().configuration, splitSeed: 3, testPart: 0.2 } });
    const imported = importData(sample, { preset: 'vtab' });
    const { input, options, resolve } = engine().last('importData');
    expect(input).toEqual({ source: sample, preset: 'vtab', reading: {}, seed: 3, testPart: 0.2 });
    options.onProgress?.({ label: 'Reading images', done: 1, total: 4 });
    expect(read().importing).toEqual({ label: 'Reading images', done: 1, total: 4 });
    expect(read().dataset?.name).toBe('d1');
    resolve(dataNamed('d2'));
    expect(await imported).toBe(true);
    expect(read()).toMatchObject({ importing: null, dataProblem: null, source: sample });
    expect(read().dataset?.name).toBe('d2');
    expect(read().configuration).toMatchObject({ preset: 'vtab', sample: 'd2' });
    expect(read().announcement).toBe('3 images in 1 classes.');
    expect(engine().of('settings')).toHaveLength(1);
  });

  it('leaves the former data where it fails or is cancelled, and says which of both', async () => {
    const failed = importFiles([]);
    engine().last('importData').reject(new UserError('No image could be read.'));
    expect(await failed).toBe(false);
    expect(read().dataProblem).toEqual({ kind: 'user', message: 'No image could be read.' });
    const cancelled = importSample('counting');
    expect(read().dataProblem).toBeNull();
    stopImport();
    expect(await cancelled).toBe(false);
    expect(read()).toMatchObject({ importing: null, dataProblem: null });
    expect(read().dataset?.name).toBe('d1');
  });

  it('is not begun where something else must end first, and the page says what', async () => {
    write({ training: 'a run' });
    expect(await importData(sample)).toBe(false);
    write({ training: null, loadingBackbone: { label: '', done: 0, total: 0 } });
    await splitAgain({ seed: 4 });
    expect(engine()).toBeUndefined();
    expect(read().dataProblem).toEqual({
      kind: 'user',
      message: 'A backbone is being loaded. Wait until it is ready, or cancel it.',
    });
  });

  it('reads the same images again for another preset, and nothing where there are none', async () => {
    await choosePreset('vtab');
    expect(engine()).toBeUndefined();
    write({ source: sample });
    const chosen = choosePreset('few-shot-4');
    expect(engine().last('importData').input).toMatchObject({ source: sample, preset: 'few-shot-4' });
    stopImport();
    await chosen;
    expect(read().configuration.preset).toBe('whole');
  });
});

describe('corrections of labels', () => {
  const [one, two] = [
    { path: 'a/1.png', className: 'a' },
    { path: 'b/2.png', className: 'b' },
  ];
  const asked = () => engine().last('importData').input.reading?.corrections;
  const succeed = () => engine().last('importData').resolve(dataNamed('d1'));

  it('are marked for several images; the class that an image has is no correction', () => {
    correct([one, two], 'b');
    expect(read().pendingCorrections).toEqual([{ path: 'a/1.png', className: 'b' }]);
    correct([one, two], null);
    expect(read().pendingCorrections).toHaveLength(2);
    correct([one], 'a');
    expect(read().pendingCorrections).toEqual([{ path: 'b/2.png', className: null }]);
  });

  it('are applied together to the same files, stay with them, and are undone one by one', async () => {
    write({ source: sample, reading: { classLevel: 2 } });
    correct([two], null);
    correct([one], 'b');
    const applied = applyCorrections();
    expect(engine().last('importData').input).toMatchObject({
      source: sample,
      reading: {
        classLevel: 2,
        corrections: [
          { path: 'a/1.png', className: 'b' },
          { path: 'b/2.png', className: null },
        ],
      },
    });
    succeed();
    expect(await applied).toBe(true);
    expect(read().pendingCorrections).toEqual([]);
    const again = choosePreset('vtab');
    expect(asked()).toHaveLength(2);
    succeed();
    await again;
    correct([one], 'c');
    const undone = undoCorrections(['b/2.png']);
    expect(asked()).toEqual([{ path: 'a/1.png', className: 'b' }]);
    succeed();
    await undone;
    // What is marked stays marked, and replaces the earlier correction of the same image.
    const replaced = applyCorrections();
    expect(asked()).toEqual([{ path: 'a/1.png', className: 'c' }]);
    succeed();
    await replaced;
    const other = importSample('counting');
    expect(asked()).toBeUndefined();
    stopImport();
    await other;
  });

  it('are applied to the kept images of a project, which stay kept and are to be written again', async () => {
    const kept = { kind: 'kept', project: 'p', data: 'd' } as const;
    write({ source: kept, kept });
    correct([one], null);
    const applied = applyCorrections();
    expect(engine().last('importData').input.source).toEqual(kept);
    succeed();
    await applied;
    expect(read()).toMatchObject({ source: kept, kept, keptIsFormer: true });
    // Not by splitting or reading in the same way; other images are kept anew.
    write({ keptIsFormer: false });
    const again = choosePreset('few-shot-2');
    succeed();
    await again;
    expect(read()).toMatchObject({ kept, keptIsFormer: false });
    const other = importSample('counting');
    engine().last('importData').resolve(dataNamed('d2'));
    await other;
    expect(read()).toMatchObject({ kept: null, keptIsFormer: false });
  });

  it('of files leave what is kept of them, until it is written again', async () => {
    const kept = { kind: 'kept', project: 'p', data: 'd' } as const;
    write({ source: sample, kept });
    correct([one], null);
    const applied = applyCorrections();
    engine()
      .last('importData')
      .resolve({ ...dataNamed('d1'), hash: 'corrected' });
    await applied;
    expect(read()).toMatchObject({ kept, keptIsFormer: true });
  });

  it('stay marked where they cannot be applied, and go with the data', async () => {
    write({ source: sample });
    correct([one], null);
    const failed = applyCorrections();
    engine().last('importData').reject(new UserError('Only one class is left.'));
    expect(await failed).toBe(false);
    expect(read().pendingCorrections).toHaveLength(1);
    const other = importSample('counting');
    succeed();
    await other;
    expect(read().pendingCorrections).toEqual([]);
  });
});

describe('splitting again', () => {
  it('keeps what is not changed, and keeps the former split where it fails', async () => {
    write({ configuration: { ...read().configuration, testPart: 0.2 } });
    const split = splitAgain({ seed: 7 });
    expect(read().splitting).toBe(true);
    expect(engine().last('resplit').input).toEqual({ seed: 7, testPart: 0.2 });
    engine().last('resplit').resolve(dataNamed('d1', 7));
    await split;
    expect(read()).toMatchObject({ splitting: false, configuration: { splitSeed: 7, testPart: 0.2 } });
    expect(read().dataset?.seed).toBe(7);
    const failed = splitAgain({ seed: 8 });
    engine().last('resplit').reject(new UserError('Too few.'));
    await failed;
    await settled();
    expect(read()).toMatchObject({ splitting: false, configuration: { splitSeed: 7 } });
    expect(read().dataProblem).toEqual({ kind: 'user', message: 'Too few.' });
  });

  it('leaves models alone', async () => {
    write({ models: [{ summary: modelOf('m'), chosen: true, gone: null, kept: false }] });
    const split = splitAgain({ seed: 7 });
    engine().last('resplit').resolve(dataNamed('d1', 7));
    await split;
    expect(read().models).toHaveLength(1);
  });
});
