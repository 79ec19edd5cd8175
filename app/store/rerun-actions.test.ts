import { beforeEach, describe, expect, it } from 'vitest';
import { resultsFixture } from '../report/result-fixtures';
import { type Results, resultsText } from '../report/results';
import { connectFake, INFO, ready } from './fake-engine';
import { runAgain } from './rerun-actions';
import { read, type Session, write } from './session';

const results = resultsFixture();
const file = (content: Results | string) =>
  new File([typeof content === 'string' ? content : resultsText(content)], 'results.json');

/** The page with the engine, backbone and data of the results file. */
function here(change: Partial<Session> = {}): void {
  connectFake();
  ready();
  const { backbone, dataset } = results;
  write({
    engine: { status: 'ready', info: { ...INFO, ...results.engine } },
    backbone: { ...backbone, key: 'here' } as Session['backbone'],
    dataset: dataset as unknown as Session['dataset'], // its thumbnails are not used
    queueHeld: true,
    ...change,
  });
}

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

  it.each<[string, () => File, RegExp]>([
    ['a file that is no JSON', () => file('{'), /“results.json” is not a results file .* not JSON/],
    ['a file of something else', () => file('{"format": 4}'), /“results.json” is not a results file/],
    [
      'runs of another backend',
      () => file({ ...results, engine: { ...results.engine, backend: 'webgpu' } }),
      /computed by WebGPU, this engine is WebAssembly/,
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
