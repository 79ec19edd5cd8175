import { beforeEach, describe, expect, it } from 'vitest';
import type { Correction, DatasetSummary } from '../../src/core/dataset';
import { UserError } from '../../src/core/user-error';
import { resultsFixture } from '../report/result-fixtures';
import { type Results, resultsText } from '../report/results';
import { connectFake, type FakeEngine, INFO, ready } from './fake-engine';
import { runAgain } from './rerun-actions';
import { read, type Session, write } from './session';

const results = resultsFixture();
const file = (content: Results | string) =>
  new File([typeof content === 'string' ? content : resultsText(content)], 'results.json');

/** The page with the engine, backbone and data of the results file. */
function here(change: Partial<Session> = {}, importData = readAs): FakeEngine[] {
  const engines = connectFake({ importData: ({ reading }) => importData(reading ?? {}) });
  ready();
  const { backbone, dataset } = results;
  write({
    engine: { status: 'ready', info: { ...INFO, ...results.engine } },
    backbone: { ...backbone, key: 'here' } as Session['backbone'],
    dataset: dataset as unknown as Session['dataset'], // its thumbnails are not used
    queueHeld: true,
    ...change,
  });
  return engines;
}

const MOVED: Correction = { path: 'a/wrong.png', className: 'b' };
const REMOVED: Correction = { path: 'a/worse.png', className: null };

/** The images, which only `MOVED` and `REMOVED` together make those of the results file `corrected`. */
function readAs(reading: DatasetSummary['reading']): DatasetSummary {
  const hash = `after ${(reading.corrections ?? []).map(({ path }) => path).join(' and ')}`;
  return { ...results.dataset, reading, hash } as unknown as DatasetSummary; // its thumbnails are not used
}

const corrected: Results = {
  ...results,
  dataset: {
    ...results.dataset,
    reading: { corrections: [REMOVED, MOVED] },
    hash: 'after a/worse.png and a/wrong.png',
  },
};

/** The page with these images, and these corrections of the person. */
const withImages = (corrections?: Correction[], importData = readAs) =>
  here(
    { dataset: readAs({ corrections }), reading: { corrections }, source: { kind: 'files', files: [] } },
    importData,
  );

beforeEach(() => here());

describe('running a results file again', () => {
  it('queues its finished runs in their order, for the present backbone and data, with what they came to', async () => {
    expect(await runAgain(file(results))).toBeNull();
    const finished = results.runs.filter(({ outcome }) => outcome === 'finished');
    expect(read().runs.map(({ name }) => name)).toEqual(finished.map(({ name }) => `${name}, rerun`));
    expect(read().runs.map(({ before }) => before?.name)).toEqual(finished.map(({ name }) => name));
    for (const { config, expected, status } of read().runs) {
      expect(status).toBe('queued');
      expect(expected.backbone.key).toBe('here');
      expect(finished.some((run) => run.config.setting === config.setting)).toBe(true);
    }
    // A second rerun gets different names.
    await runAgain(file(results));
    expect(new Set(read().runs.map(({ name }) => name)).size).toBe(2 * finished.length);
  });

  it('applies the corrections of labels that the file records, and queues the runs for these labels', async () => {
    const engines = withImages([MOVED]);
    expect(await runAgain(file(corrected))).toBeNull();
    const imports = engines
      .at(-1)
      ?.of('importData')
      .map(({ input }) => input.reading);
    expect(imports).toEqual([{ corrections: [REMOVED, MOVED] }]);
    expect(read().dataset?.hash).toBe(corrected.dataset.hash);
    expect(read().runs).toHaveLength(2);
    for (const { expected } of read().runs) expect(expected.data.key).toContain(corrected.dataset.hash);
  });

  it('reads the images as before if they are others with the corrections, too', async () => {
    const engines = withImages();
    const others = { ...corrected, dataset: { ...corrected.dataset, hash: 'f00d' } };
    expect(await runAgain(file(others))).toMatchObject({
      kind: 'user',
      message: expect.stringMatching(/^The images differ: .* Nothing was queued\.$/),
    });
    expect(engines.at(-1)?.of('importData')).toHaveLength(2);
    expect(read()).toMatchObject({ runs: [], dataset: { hash: 'after ', reading: {} } });
  });

  it('undoes no correction of the person, and names one that the file lacks', async () => {
    const engines = withImages([MOVED, { path: 'b/mine.png', className: 'a' }]);
    expect(await runAgain(file(corrected))).toMatchObject({
      kind: 'user',
      message: expect.stringMatching(
        /the runs used 1 corrected label and 1 removed image, these images have 2 corrected labels\. The correction of “b\/mine\.png”.* Undo such corrections on Data/,
      ),
    });
    expect(engines.at(-1)?.asked ?? []).toEqual([]);
    expect(read().runs).toEqual([]);
  });

  it('says why the images could not be read, and nothing if that was cancelled', async () => {
    withImages([], () => {
      throw new UserError('A file has changed.');
    });
    expect(await runAgain(file(corrected))).toEqual({ kind: 'user', message: 'A file has changed.' });
    expect(read()).toMatchObject({ runs: [], dataProblem: null });
    withImages([], () => {
      throw new DOMException('Cancelled.', 'AbortError');
    });
    expect(await runAgain(file(corrected))).toBeNull();
    expect(read()).toMatchObject({ runs: [], dataProblem: null });
    write({ training: 'a run' });
    expect(await runAgain(file(corrected))).toMatchObject({
      message: expect.stringMatching(/A run is in progress/),
    });
    expect(read()).toMatchObject({ runs: [], dataProblem: null });
  });

  it.each<[string, () => File, RegExp]>([
    ['a file that is no JSON', () => file('{'), /“results.json” is not a results file .* not JSON/],
    ['a file of something else', () => file('{"format": 4}'), /“results.json” is not a results file/],
    [
      'runs of another backend',
      () => file({ ...results, engine: { ...results.engine, backend: 'webgpu' } }),
      /computed on WebGPU, here it is WebAssembly/,
    ],
    [
      'runs on another backbone',
      () => file({ ...results, backbone: { ...results.backbone, hash: 'f00d' } }),
      /The backbone differs/,
    ],
    [
      'runs on other images',
      () => file({ ...results, dataset: { ...results.dataset, hash: 'f00d' } }),
      /The images differ/,
    ],
    [
      'another split',
      () => file({ ...results, dataset: { ...results.dataset, seed: 8 } }),
      /The split differs/,
    ],
    ['no finished run', () => file({ ...results, runs: [] }), /no finished run/],
  ])('queues nothing for %s, and says why', async (_, made, why) => {
    const problem = await runAgain(made());
    expect(problem).toMatchObject({ kind: 'user', message: expect.stringMatching(why) });
    expect(read().runs).toEqual([]);
  });
});
