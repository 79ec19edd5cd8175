import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataDifference, parseResults } from '../app/report/rerun';
import { backboneFacts, RESULTS_FORMAT, type Results, resultsText, runResults } from '../app/report/results';
import { DEFAULT_HYPERPARAMETERS, runConfig } from '../app/store/defaults';
import type { RunConfig } from '../src/core/run';
import { UserError } from '../src/core/user-error';
import { type Choices, parseChoices } from './choices';
import type { AskedRun } from './messages';
import { BACKBONE, DATA, DEVICE_LOST, ENGINE, ended, finished, SETTINGS } from './page-fixture';
import { readResults, refuse, repeatedChoices, repeatedRuns, verdicts } from './rerun';

function asked(id: string, config: Partial<RunConfig> = {}, given: Partial<AskedRun> = {}): AskedRun {
  const setting = SETTINGS.find((each) => each.id === id);
  if (!setting) throw new Error(`There is no setting ${id}.`);
  return {
    ...{ setting, role: 'final', name: setting.label, armName: setting.label, memoryCap: null },
    ...{ sweep: null, before: null },
    config: { ...runConfig(setting, DEFAULT_HYPERPARAMETERS, 'flips'), ...config },
    ...given,
  };
}

const PROBE = asked('linear-probe');
const ATOMS = asked('atoms', { seed: 7, learningRate: 0.02 }, { name: 'Atoms, seed 7', memoryCap: 24e6 });

const earlier = (given: Partial<Results> = {}): Results => ({
  format: RESULTS_FORMAT,
  createdBy: { name: 'atomtune', version: '0.1.0' },
  ...{ madeAt: '2025-01-31T14:23:05.000Z', complete: true, engine: ENGINE },
  environment: { browser: 'A browser', tfjs: '4.22.0' },
  backbone: backboneFacts(BACKBONE),
  dataset: { ...DATA, sample: 'counting', seed: 5, testPart: 0.2, preset: 'vtab' },
  runs: [PROBE, ATOMS].map((run) => runResults(finished(run), null)),
  charts: [],
  ...given,
});

function choices(...typed: string[]): Choices {
  const parsed = parseChoices(['--rerun', '/home/results.json', ...typed], new Date(2025, 0, 31));
  if (!parsed) throw new Error('Help was asked for.');
  return parsed;
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a results file', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rerun-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const written = async (text: string) => {
    const path = join(folder, 'results.json');
    await writeFile(path, text);
    return readResults(path);
  };

  it('is read back unchanged', async () => {
    const text = resultsText(earlier());
    expect(await written(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['an empty file', '', 'it is not JSON'],
    ['half a file', resultsText(earlier()).slice(0, 500), 'it is not JSON'],
    ['another JSON', '[1, 2]', 'the whole file: '],
    ['a file without a version', JSON.stringify({ ...earlier(), format: undefined }), 'format: '],
    ['a run without its configuration', JSON.stringify({ ...earlier(), runs: [{}] }), 'runs.0.name: '],
    [
      'an option that is no number',
      resultsText(earlier()).replace('"m": 9', '"m": "nine"'),
      'runs.1.config.options.m: ',
    ],
  ])('is refused where it is %s, with the field', async (_, text, why) => {
    const error = await written(text).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(`“results.json” is not a results file (${why}`);
    expect(String(error)).toMatch(/Choose a results\.json that was saved by the page or the command line\.$/);
  });

  it('is rejected if it is a folder, with advice', async () => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'results.json'), '{}');
    await expect(readResults(join(folder, 'out'))).rejects.toThrow(
      new UserError(`“${join(folder, 'out')}” is a folder. --rerun takes the results.json inside.`),
    );
  });

  it('is rejected if there is none', async () => {
    await expect(readResults(join(folder, 'nowhere.json'))).rejects.toThrow(/it does not exist\.$/);
  });
});

describe('the choices that results decide', () => {
  it('are data, split, backend and the backbone’s form', () => {
    expect(repeatedChoices(choices('--out', '/out', '--charts', 'png'), earlier())).toMatchObject({
      data: { kind: 'sample', name: 'counting' },
      backbone: { path: null, stages: null, inputSize: 64 },
      ...{ testPart: 0.2, preset: 'vtab', backend: 'wasm', settings: [] },
      splitSeed: 5,
      // The person still decides these.
      ...{ out: '/out', charts: 'png', rerun: '/home/results.json' },
    });
  });

  it('are the number of stages used, if the file has more', () => {
    const backbone = { ...backboneFacts(BACKBONE), stages: { used: 3, inFile: 4 }, inputSize: 96 };
    expect(repeatedChoices(choices(), earlier({ backbone })).backbone).toEqual({
      ...{ path: null, stages: 3, inputSize: 96 },
    });
  });

  it('are the requested backend, or the one that `auto` chose', () => {
    const backendOf = (engine: Partial<Results['engine']>) =>
      repeatedChoices(choices(), earlier({ engine: { ...ENGINE, ...engine } })).backend;
    expect(backendOf({ choice: 'auto', backend: 'webgpu' })).toBe('webgpu');
    expect(backendOf({ choice: 'webgpu-half', backend: 'webgpu', precision: 'half' })).toBe('webgpu-half');
  });

  it('take over corrected labels from the file, which states them', () => {
    const corrections = [
      { path: 'rose/1.jpg', className: 'tulip' },
      { path: 'rose/2.jpg', className: null },
    ];
    const corrected = earlier({ dataset: { ...DATA, sample: 'counting', reading: { corrections } } });
    const read = parseResults(resultsText(corrected), 'results.json');
    expect(repeatedChoices(choices('--class-level', '2'), read).reading).toEqual({
      classLevel: 2,
      corrections,
    });
    expect(dataDifference(read, { ...DATA, hash: 'other' })).toBe(
      'The labels differ: the runs used 1 corrected label and 1 removed image, these images have no corrected labels. The results file lists the corrections under dataset.reading.',
    );
    expect(dataDifference(read, { ...DATA, reading: { corrections }, hash: 'other' })).toMatch(
      /^The images differ/,
    );
  });

  it('use the images at the person’s path, if given', () => {
    expect(repeatedChoices(choices('--data', '/flowers'), earlier()).data).toEqual({
      ...{ kind: 'path', path: '/flowers' },
    });
  });

  it('require the paths of the person’s own images and weights', () => {
    const own = earlier({ dataset: { ...DATA, sample: null } });
    expect(refusal(() => repeatedChoices(choices(), own))).toBe(
      'The runs used the data set “flowers”. Give its path with --data.',
    );
    const weights = earlier({ backbone: { ...backboneFacts(BACKBONE), id: 'own', name: 'resnet.pth' } });
    expect(refusal(() => repeatedChoices(choices(), weights))).toBe(
      'The runs used the backbone “resnet.pth”. Give its weights with --backbone.',
    );
    expect(repeatedChoices(choices('--backbone', '/resnet.pth'), weights).backbone.path).toBe('/resnet.pth');
  });

  it('reject a sample that does not exist here', () => {
    const gone = earlier({ dataset: { ...DATA, sample: 'gone' } });
    expect(refusal(() => repeatedChoices(choices(), gone))).toBe(
      '--sample must be one of surface-faults, counting, textures, not “gone”.',
    );
  });
});

describe('the repeated runs', () => {
  it('are the finished ones, with their configurations', () => {
    const failed = runResults(ended(asked('lora'), DEVICE_LOST), null);
    const stopped = runResults(finished(asked('lora'), 9, 'stopped'), null);
    const results = earlier();
    const [probe, atoms] = results.runs;
    expect(repeatedRuns({ ...results, runs: [failed, ...results.runs, stopped] }, SETTINGS)).toEqual([
      { ...PROBE, before: probe },
      { ...ATOMS, before: atoms },
    ]);
  });

  it('exclude those of another engine: their numbers would differ', () => {
    const runs = earlier().runs.map((run, place) =>
      place === 0 ? { ...run, backend: 'webgpu' as const } : run,
    );
    const other = earlier({ runs });
    expect(repeatedRuns(other, SETTINGS)).toEqual([{ ...ATOMS, before: runs[1] }]);
  });

  it('include searches', () => {
    const search = asked('atoms', {}, { role: 'search' });
    const before = runResults(finished(search), null);
    expect(repeatedRuns(earlier({ runs: [before] }), SETTINGS)).toEqual([{ ...search, before }]);
  });

  it('are rejected if there are none, or a setting is unknown', () => {
    expect(refusal(() => repeatedRuns(earlier({ runs: [] }), SETTINGS))).toBe(
      'The file has no finished run. Nothing was run.',
    );
    expect(refusal(() => repeatedRuns(earlier(), SETTINGS.slice(0, 1)))).toBe(
      'There is no setting “atoms” here. Nothing was run.',
    );
  });
});

describe('a difference', () => {
  it('is described with its consequence; without one, nothing is printed', () => {
    expect(refusal(() => refuse('The images are others.'))).toBe('The images are others. Nothing was run.');
    expect(refusal(() => refuse(null))).toBe('accepted');
  });
});

describe('the verdicts', () => {
  const results = earlier();

  it('are that all numbers are the same', () => {
    expect(verdicts(results, results.runs)).toEqual({
      same: true,
      lines: [
        'Linear probe: the same numbers, bit for bit.',
        'Atoms, seed 7: the same numbers, bit for bit.',
      ],
    });
  });

  it('are which numbers of which run differ', () => {
    const after = [runResults(finished(PROBE), null), runResults(finished(ATOMS, 14), null)];
    expect(verdicts(results, after)).toEqual({
      same: false,
      lines: [
        'Linear probe: the same numbers, bit for bit.',
        'Atoms, seed 7: the numbers differ: correctly classified images, predictions on the validation images.',
      ],
    });
  });

  it('are that a run was not repeated', () => {
    expect(verdicts(results, results.runs.slice(0, 1))).toEqual({
      same: false,
      lines: ['Linear probe: the same numbers, bit for bit.', 'Atoms, seed 7: not rerun.'],
    });
  });

  it('ignore runs that had not finished', () => {
    const failed = runResults(ended(asked('lora'), DEVICE_LOST), null);
    expect(verdicts({ ...results, runs: [failed, ...results.runs] }, results.runs).same).toBe(true);
  });
});
