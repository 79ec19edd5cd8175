import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_HYPERPARAMETERS } from '../app/store/defaults';
import { type Configuration, DEFAULT_CONFIGURATION } from '../app/store/url';
import type { SettingSummary } from '../src/core/setting';
import { UserError } from '../src/core/user-error';
import { NAME_ENCODINGS } from '../src/data/name-encoding';
import { type Choices, checkSettings, HELP, isZip, OPTIONS, parseChoices, sampleNamed } from './choices';

const NOON = new Date(2025, 0, 31, 14, 23, 5);
type Flag = keyof typeof OPTIONS;

beforeEach(() => {
  vi.stubEnv('INIT_CWD', '/home/someone');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

function choices(...typed: string[]): Choices {
  const parsed = parseChoices(['--sample', 'counting', ...typed], NOON);
  if (!parsed) throw new Error('Help was asked for.');
  return parsed;
}

/** The error message for `typed`. */
function refusal(...typed: string[]): string {
  try {
    parseChoices(typed, NOON);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'accepted';
}

const NUMBERS = { lora: { r: 8 }, atoms: { m: 6, from: 3 } };

/** For every option: what it changes in the choices, and the messages for invalid values. */
const CASES: Record<
  Exclude<Flag, 'help' | 'data' | 'sample' | 'project' | 'rerun'>,
  {
    right: [typed: string[], changed: (from: Choices) => unknown, to: unknown][];
    wrong: [value: string, said: string][];
  }
> = {
  backbone: {
    right: [
      [[], ({ backbone }) => backbone.path, null],
      [['--backbone', 'weights.pth'], ({ backbone }) => backbone.path, '/home/someone/weights.pth'],
      [['--backbone', '/elsewhere/weights'], ({ backbone }) => backbone.path, '/elsewhere/weights'],
    ],
    wrong: [['', '--backbone needs a path; it was empty.']],
  },
  network: {
    right: [
      [[], ({ backbone }) => backbone.trunk, undefined],
      [['--network', 'state_dict.module'], ({ backbone }) => backbone.trunk, 'state_dict.module'],
    ],
    // The engine checks whether the file has it.
    wrong: [],
  },
  stages: {
    right: [
      [[], ({ backbone }) => backbone.stages, null],
      [['--stages', '1'], ({ backbone }) => backbone.stages, 1],
      [['--stages', '4'], ({ backbone }) => backbone.stages, 4],
    ],
    wrong: [
      ['0', '--stages must be from 1 to 4, not 0.'],
      ['5', '--stages must be from 1 to 4, not 5.'],
      ['1.5', '--stages must be a whole number, not “1.5”.'],
      ['two', '--stages must be a number, not “two”.'],
    ],
  },
  size: {
    right: [
      [[], ({ backbone }) => backbone.inputSize, null],
      [['--size', '64'], ({ backbone }) => backbone.inputSize, 64],
      [['--size', '448'], ({ backbone }) => backbone.inputSize, 448],
    ],
    wrong: [
      ['32', '--size must be a multiple of 32 from 64 to 448, not “32”.'],
      ['65', '--size must be a multiple of 32 from 64 to 448, not “65”.'],
      ['480', '--size must be a multiple of 32 from 64 to 448, not “480”.'],
      ['large', '--size must be a multiple of 32 from 64 to 448, not “large”.'],
      ['', '--size must be a multiple of 32 from 64 to 448, not “”.'],
    ],
  },
  'test-part': {
    right: [
      [[], ({ testPart }) => testPart, 0],
      [['--test-part', '0.5'], ({ testPart }) => testPart, 0.5],
    ],
    wrong: [
      ['0.51', '--test-part must be from 0 to 0.5, not 0.51.'],
      ['a fifth', '--test-part must be a number, not “a fifth”.'],
    ],
  },
  'split-folders': {
    right: [
      [[], ({ reading }) => reading, {}],
      [['--split-folders', 'yes'], ({ reading }) => reading, { splitFolders: true }],
      [['--split-folders', 'no'], ({ reading }) => reading, { splitFolders: false }],
    ],
    wrong: [['perhaps', '--split-folders must be one of yes, no, not “perhaps”.']],
  },
  'class-level': {
    right: [[['--class-level', '2'], ({ reading }) => reading, { classLevel: 2 }]],
    wrong: [
      ['0', '--class-level must be from 1 to 20, not 0.'],
      ['1.5', '--class-level must be a whole number, not “1.5”.'],
    ],
  },
  'name-encoding': {
    right: [[['--name-encoding', 'euc-kr'], ({ reading }) => reading, { nameEncoding: 'euc-kr' }]],
    wrong: [['latin', `--name-encoding must be one of ${NAME_ENCODINGS.join(', ')}, not “latin”.`]],
  },
  preset: {
    right: [
      [[], ({ preset }) => preset, 'whole'],
      [['--preset', 'few-shot-4'], ({ preset }) => preset, 'few-shot-4'],
    ],
    wrong: [
      [
        'few-shot-3',
        '--preset must be one of whole, vtab, few-shot-1, few-shot-2, few-shot-4, few-shot-8, few-shot-16, not “few-shot-3”.',
      ],
    ],
  },
  setting: {
    right: [
      [[], ({ settings }) => settings, ['linear-probe', 'atoms', 'core-atoms', 'lora', 'full']],
      [['--setting', 'full', '--setting', 'atoms'], ({ settings }) => settings, ['full', 'atoms']],
      [['--setting', 'atoms', '--setting', 'atoms'], ({ settings }) => settings, ['atoms']],
    ],
    // Which settings exist is checked by `checkSettings`.
    wrong: [],
  },
  epochs: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.epochs, 10],
      [['--epochs', '500'], ({ hyperparameters }) => hyperparameters.epochs, 500],
    ],
    wrong: [
      ['0', '--epochs must be from 1 to 500, not 0.'],
      ['501', '--epochs must be from 1 to 500, not 501.'],
      ['six', '--epochs must be a number, not “six”.'],
      ['', '--epochs must be a number, not “”.'],
      ['Infinity', '--epochs must be a number, not “Infinity”.'],
    ],
  },
  batch: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.batchSize, 16],
      [['--batch', '256'], ({ hyperparameters }) => hyperparameters.batchSize, 256],
    ],
    wrong: [
      ['257', '--batch must be from 1 to 256, not 257.'],
      ['2.5', '--batch must be a whole number, not “2.5”.'],
    ],
  },
  seed: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.seed, 0],
      [['--seed', '2147483647'], ({ hyperparameters }) => hyperparameters.seed, 2147483647],
    ],
    wrong: [
      ['-1', '--seed must be from 0 to 2147483647, not -1.'],
      ['2147483648', '--seed must be from 0 to 2147483647, not 2147483648.'],
      ['0.5', '--seed must be a whole number, not “0.5”.'],
    ],
  },
  lr: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.learningRates, {}],
      [
        ['--lr', 'atoms=3e-3', '--lr', 'lora=0.01'],
        ({ hyperparameters }) => hyperparameters.learningRates,
        { atoms: 0.003, lora: 0.01 },
      ],
      // Every setting starts from the probe's head, so the probe's rate is an option of its own.
      [['--lr', 'linear-probe=0.1'], ({ hyperparameters }) => hyperparameters.probe.learningRate, 0.1],
      [['--lr', 'atoms=0.1'], ({ hyperparameters }) => hyperparameters.probe.learningRate, 0.01],
    ],
    wrong: [
      ['atoms', '--lr “atoms” is not of the form --lr atoms=0.003.'],
      ['=0.1', '--lr “=0.1” is not of the form --lr atoms=0.003.'],
      ['atoms=', '--lr atoms must be a number, not “”.'],
      ['atoms=fast', '--lr atoms must be a number, not “fast”.'],
      ['atoms=0', '--lr atoms must be from 1e-7 to 10, not 0.'],
      ['atoms=11', '--lr atoms must be from 1e-7 to 10, not 11.'],
    ],
  },
  option: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.options, {}],
      [
        ['--option', 'lora.r=8', '--option', 'atoms.m=6', '--option', 'atoms.from=3'],
        ({ hyperparameters }) => hyperparameters.options,
        NUMBERS,
      ],
    ],
    wrong: [
      ['lora', '--option “lora” is not of the form --option lora.r=8.'],
      ['r=8', '--option “r=8” is not of the form --option lora.r=8.'],
      ['.r=8', '--option “.r=8” is not of the form --option lora.r=8.'],
      ['lora.=8', '--option “lora.=8” is not of the form --option lora.r=8.'],
      ['lora.r.s=8', '--option “lora.r.s=8” is not of the form --option lora.r=8.'],
      ['lora.r=eight', '--option lora.r must be a number, not “eight”.'],
    ],
  },
  sweep: {
    right: [
      [[], ({ sweep }) => sweep.values, {}],
      [
        ['--sweep', 'atoms.m=6,9,12', '--sweep', 'atoms.lr=0.001,0.003', '--sweep', 'lora.r=4'],
        ({ sweep }) => sweep.values,
        { atoms: { m: [6, 9, 12], lr: [0.001, 0.003] }, lora: { r: [4] } },
      ],
    ],
    wrong: [
      ['atoms=1,2', '--sweep “atoms=1,2” is not of the form --sweep atoms.m=6,9,12.'],
      ['atoms.m', '--sweep “atoms.m” is not of the form --sweep atoms.m=6,9,12.'],
      ['atoms.m=6,', '--sweep atoms.m must be a number, not “”.'],
      ['atoms.m=6,few', '--sweep atoms.m must be a number, not “few”.'],
      ['atoms.m=6,6', '--sweep atoms.m takes at most 12 different values, not “6,6”.'],
      [
        'atoms.m=1,2,3,4,5,6,7,8,9,10,11,12,13',
        '--sweep atoms.m takes at most 12 different values, not “1,2,3,4,5,6,7,8,9,10,11,12,13”.',
      ],
      ['atoms.lr=0.001,20', '--sweep atoms.lr must be from 1e-7 to 10, not 20.'],
    ],
  },
  seeds: {
    right: [
      [[], ({ sweep }) => sweep.seeds, 1],
      [['--seeds', '20'], ({ sweep }) => sweep.seeds, 20],
    ],
    wrong: [
      ['0', '--seeds must be from 1 to 20, not 0.'],
      ['21', '--seeds must be from 1 to 20, not 21.'],
    ],
  },
  'find-rates': {
    right: [
      [[], ({ sweep }) => sweep.findRates, null],
      [['--find-rates'], ({ sweep }) => sweep.findRates, true],
    ],
    wrong: [
      ['yes', "Option '--find-rates' does not take an argument. `npm run tune -- --help` lists the options."],
    ],
  },
  'no-find-rates': {
    right: [[['--no-find-rates'], ({ sweep }) => sweep.findRates, false]],
    wrong: [
      [
        'yes',
        "Option '--no-find-rates' does not take an argument. `npm run tune -- --help` lists the options.",
      ],
    ],
  },
  inspect: {
    right: [
      [[], ({ inspect }) => inspect, false],
      [['--inspect'], ({ inspect }) => inspect, true],
    ],
    wrong: [
      ['yes', "Option '--inspect' does not take an argument. `npm run tune -- --help` lists the options."],
    ],
  },
  halving: {
    right: [
      [[], ({ sweep }) => sweep.halving, false],
      [['--halving'], ({ sweep }) => sweep.halving, true],
    ],
    wrong: [
      ['yes', "Option '--halving' does not take an argument. `npm run tune -- --help` lists the options."],
    ],
  },
  patience: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.patience, 0],
      [['--patience', '100'], ({ hyperparameters }) => hyperparameters.patience, 100],
    ],
    wrong: [['101', '--patience must be from 0 to 100, not 101.']],
  },
  dropout: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.dropout, 0],
      [['--dropout', '0.95'], ({ hyperparameters }) => hyperparameters.dropout, 0.95],
    ],
    wrong: [
      ['1', '--dropout must be from 0 to 0.95, not 1.'],
      ['half', '--dropout must be a number, not “half”.'],
    ],
  },
  augmentation: {
    right: [
      // The default of the data set.
      [[], ({ hyperparameters }) => hyperparameters.augmentation, null],
      [['--augmentation', 'flips'], ({ hyperparameters }) => hyperparameters.augmentation, 'flips'],
    ],
    wrong: [['mixup', '--augmentation must be one of crops-flips, flips, none, not “mixup”.']],
  },
  views: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.views, 0],
      [['--views', '100'], ({ hyperparameters }) => hyperparameters.views, 100],
    ],
    wrong: [['101', '--views must be from 0 to 100, not 101.']],
  },
  memory: {
    right: [
      [[], ({ hyperparameters }) => hyperparameters.memoryCap, null],
      [['--memory', '16'], ({ hyperparameters }) => hyperparameters.memoryCap, 16],
    ],
    wrong: [
      ['15', '--memory must be from 16 to 1000000, not 15.'],
      ['2GB', '--memory must be a number, not “2GB”.'],
    ],
  },
  backend: {
    right: [
      [[], ({ backend }) => backend, 'auto'],
      [['--backend', 'webgpu-half'], ({ backend }) => backend, 'webgpu-half'],
    ],
    wrong: [['cuda', '--backend must be one of auto, webgpu, webgpu-half, wasm, not “cuda”.']],
  },
  out: {
    right: [
      [[], ({ out }) => out, '/home/someone/out/2025-01-31-142305'],
      [['--out', 'results'], ({ out }) => out, '/home/someone/results'],
    ],
    wrong: [['', '--out needs a path; it was empty.']],
  },
  charts: {
    right: [
      [[], ({ charts }) => charts, 'svg'],
      [['--charts', 'png'], ({ charts }) => charts, 'png'],
    ],
    wrong: [['jpeg', '--charts must be one of svg, png, not “jpeg”.']],
  },
};

const READ = Object.values(CASES).flatMap(({ right }) => right);
const REFUSED = Object.entries(CASES).flatMap(([flag, { wrong }]) =>
  wrong.map(([value, said]) => [flag, value, said] as const),
);

it.each(READ)('reads %j', (typed, changed, to) => {
  expect(changed(choices(...typed))).toEqual(to);
});

it.each(REFUSED)('rejects --%s=%s and lists the valid values', (flag, value, said) => {
  expect(refusal('--sample', 'counting', `--${flag}=${value}`)).toBe(said);
});

describe('which images', () => {
  const data = (...typed: string[]) => parseChoices(typed, NOON)?.data;

  it('are a path, relative to the current folder, or a sample', () => {
    expect(data('--data', 'flowers')).toEqual({ kind: 'path', path: '/home/someone/flowers' });
    expect(data('--data', '/tmp/flowers.zip')).toEqual({ kind: 'path', path: '/tmp/flowers.zip' });
    expect(data('--sample', 'textures')).toEqual({ kind: 'sample', name: 'textures' });
  });

  it('are relative to the folder of the process if npm gives none', () => {
    vi.stubEnv('INIT_CWD', undefined);
    expect(data('--data', 'flowers')).toEqual({ kind: 'path', path: `${process.cwd()}/flowers` });
  });

  it('are required', () => {
    const question =
      'No images were given. Use --data with a folder that has one sub-folder per class, or --sample surface-faults.';
    expect(refusal()).toBe(question);
    expect(refusal('--data', '')).toBe(question);
    expect(refusal('--inspect')).toBe(question);
  });

  it('are not needed to inspect weights', () => {
    expect(parseChoices(['--inspect', '--backbone', 'weights.pth'], NOON)?.data).toBeNull();
  });

  it('are either a path or a sample', () => {
    expect(refusal('--data', 'flowers', '--sample', 'counting')).toBe(
      'Give either --data or --sample, not both.',
    );
  });

  it('are an existing sample', () => {
    expect(refusal('--sample', 'flowers')).toBe(
      '--sample must be one of surface-faults, counting, textures, not “flowers”.',
    );
    expect(() => sampleNamed('flowers')).toThrow(UserError);
    expect(sampleNamed('counting')).toEqual({ kind: 'sample', name: 'counting' });
  });
});

describe('--project', () => {
  const CONFIGURATION: Configuration = {
    ...DEFAULT_CONFIGURATION,
    ...{ backend: 'wasm', sample: 'counting', splitSeed: 7, testPart: 0.2, preset: 'few-shot-4' },
    settings: ['lora', 'atoms', 'removed-since'],
    hyperparameters: {
      ...DEFAULT_HYPERPARAMETERS,
      ...{ epochs: 4, batchSize: 8, seed: 3, dropout: 0.5, augmentation: 'flips', views: 2, patience: 5 },
      ...{ headLearningRate: 0.02, weightDecay: 0.03, warmup: 0, warmStart: false, memoryCap: 64 },
      probe: { ...DEFAULT_HYPERPARAMETERS.probe, epochs: 7 },
      learningRates: { atoms: 0.5, full: 0.25 },
      options: { atoms: { m: 3, from: 2 }, svf: { from: 1 } },
    },
    sweep: {
      ...{ seeds: 3, findRates: true, halving: true },
      values: { atoms: { m: [3, 6], lr: [0.1, 0.2] }, lora: { r: [2, 4] }, full: { from: [0, 1] } },
    },
  };
  const completed = (...typed: string[]): Choices => {
    const parsed = parseChoices(['--project', 'p.zip', ...typed], NOON, CONFIGURATION);
    if (!parsed) throw new Error('Help was asked for.');
    return parsed;
  };

  it('takes a file, which decides the data', () => {
    expect(parseChoices(['--project', 'p.zip'], NOON)).toMatchObject({
      data: { kind: 'project', path: '/home/someone/p.zip' },
    });
    expect(refusal('--project', '')).toBe('--project needs a path; it was empty.');
  });

  it('decides what was not typed, without the values of settings that are not run', () => {
    const { backend, splitSeed, testPart, preset, settings, hyperparameters, sweep } = completed();
    expect({ backend, splitSeed, testPart, preset, settings, hyperparameters, sweep }).toEqual({
      ...{ backend: 'wasm', splitSeed: 7, testPart: 0.2, preset: 'few-shot-4' },
      // In the page's order, and only those that there are.
      settings: ['atoms', 'lora'],
      hyperparameters: {
        ...CONFIGURATION.hyperparameters,
        learningRates: { atoms: 0.5 },
        options: { atoms: { m: 3, from: 2 } },
      },
      sweep: {
        ...CONFIGURATION.sweep,
        values: { atoms: { m: [3, 6], lr: [0.1, 0.2] }, lora: { r: [2, 4] } },
      },
    });
  });

  it.each<[typed: string[], changed: (from: Choices) => unknown, to: unknown]>([
    [['--backend', 'auto'], ({ backend }) => backend, 'auto'],
    [['--setting', 'full'], ({ settings }) => settings, ['full']],
    [['--epochs', '1'], ({ hyperparameters }) => hyperparameters.epochs, 1],
    [['--batch', '2'], ({ hyperparameters }) => hyperparameters.batchSize, 2],
    [['--dropout', '0'], ({ hyperparameters }) => hyperparameters.dropout, 0],
    [['--augmentation', 'none'], ({ hyperparameters }) => hyperparameters.augmentation, 'none'],
    [['--views', '0'], ({ hyperparameters }) => hyperparameters.views, 0],
    [['--patience', '0'], ({ hyperparameters }) => hyperparameters.patience, 0],
    [['--memory', '32'], ({ hyperparameters }) => hyperparameters.memoryCap, 32],
    [['--lr', 'lora=1'], ({ hyperparameters }) => hyperparameters.learningRates, { atoms: 0.5, lora: 1 }],
    [['--lr', 'linear-probe=1'], ({ hyperparameters }) => hyperparameters.probe.learningRate, 1],
    [
      ['--option', 'atoms.m=9'],
      ({ hyperparameters }) => hyperparameters.options,
      { atoms: { m: 9, from: 2 } },
    ],
    [['--seeds', '1'], ({ sweep }) => sweep.seeds, 1],
    [['--no-find-rates'], ({ sweep }) => sweep.findRates, false],
    [['--sweep', 'atoms.m=9,12'], ({ sweep }) => sweep.values.atoms, { m: [9, 12], lr: [0.1, 0.2] }],
    // One value takes the place of the project's several.
    [['--option', 'atoms.m=9'], ({ sweep }) => sweep.values.atoms, { lr: [0.1, 0.2] }],
    [['--lr', 'atoms=1'], ({ sweep }) => sweep.values.atoms, { m: [3, 6] }],
  ])('gives way to %j', (typed, changed, to) => {
    expect(changed(completed(...typed))).toEqual(to);
  });

  it('keeps its split whatever the seed of the runs', () => {
    expect(completed('--seed', '11')).toMatchObject({ splitSeed: 7, hyperparameters: { seed: 11 } });
    expect(choices('--seed', '11')).toMatchObject({ splitSeed: 11, hyperparameters: { seed: 11 } });
  });

  it('needs a setting', () => {
    const none = { ...CONFIGURATION, settings: [] };
    const parse = (...typed: string[]) => parseChoices(['--project=p.zip', ...typed], NOON, none)?.settings;
    expect(() => parse()).toThrow(
      new UserError('The project has no setting selected. Give at least one with --setting.'),
    );
    expect(parse('--setting=lora')).toEqual(['lora']);
  });

  it.each([
    ...['data', 'sample', 'test-part', 'preset', 'split-folders', 'class-level', 'name-encoding'],
    ...['network', 'stages', 'size'],
  ])('rejects --%s, which the project decides', (name) => {
    expect(refusal('--project=p.zip', `--${name}=1`)).toBe(
      `--${name} cannot be used with --project: the project sets it. Remove it.`,
    );
  });

  it('is another thing than --rerun', () => {
    expect(refusal('--project=p.zip', '--rerun=r')).toBe(
      '--project cannot be used with --rerun: the results file sets it. Remove it.',
    );
  });

  it('can be written by --out, which then draws no charts', () => {
    expect(['p.zip', 'p.ZIP', 'p.zip.d', 'zip'].map(isZip)).toEqual([true, true, false, false]);
    expect(choices('--out', 'p.zip').out).toBe('/home/someone/p.zip');
    expect(refusal('--sample=counting', '--out=p.zip', '--charts=png')).toBe(
      '--charts cannot be used with --out p.zip: the page draws a project’s charts. Remove it.',
    );
  });
});

describe('--rerun', () => {
  it('takes a file, which decides the data', () => {
    expect(parseChoices(['--rerun', 'results.json'], NOON)).toMatchObject({
      rerun: '/home/someone/results.json',
      data: null,
    });
    expect(choices().rerun).toBeNull();
  });

  it('can be combined only with data, weights and output', () => {
    const allowed = ['--data=d', '--backbone=b', '--out=o', '--charts=png'];
    expect(parseChoices(['--rerun=r', ...allowed], NOON)).toMatchObject({
      data: { path: '/home/someone/d' },
      backbone: { path: '/home/someone/b' },
      out: '/home/someone/o',
      charts: 'png',
    });
    expect(parseChoices(['--rerun=r', '--sample=textures'], NOON)?.data).toEqual({
      kind: 'sample',
      name: 'textures',
    });
  });

  it('rejects each option that the file decides, by name', () => {
    const read = ['split-folders', 'class-level', 'name-encoding'];
    const free = ['help', 'rerun', 'data', 'sample', 'backbone', 'out', 'charts', ...read];
    const decided = Object.entries(OPTIONS).filter(([name]) => !free.includes(name));
    for (const [name, { type }] of decided)
      expect(refusal('--rerun=r', type === 'boolean' ? `--${name}` : `--${name}=1`)).toBe(
        `--${name} cannot be used with --rerun: the results file sets it. Remove it.`,
      );
    expect(decided.length).toBeGreaterThan(15);
  });

  it('needs a path', () => {
    expect(refusal('--rerun', '')).toBe('--rerun needs a path; it was empty.');
  });
});

describe('the options', () => {
  const sample = ['--sample', 'counting'];
  const list = '`npm run tune -- --help` lists the options.';

  it('have the page’s defaults', () => {
    expect(choices().hyperparameters).toEqual(DEFAULT_HYPERPARAMETERS);
  });

  it('are rejected if one does not exist', () => {
    expect(refusal(...sample, '--colour', 'red')).toMatch(
      /^There is no option --colour\. The options are --data, --sample, .*, --help\.$/,
    );
    for (const name of Object.keys(OPTIONS)) expect(refusal(...sample, '-x')).toContain(`--${name}`);
  });

  it('are rejected if a value is missing', () => {
    expect(refusal(...sample, '--epochs')).toBe(`Option '--epochs <value>' argument missing. ${list}`);
    const dash = '--epochs needs a value. Write a value that begins with a dash as --epochs=-1.';
    expect(refusal(...sample, '--epochs', '--batch', '4')).toBe(dash);
    expect(refusal(...sample, '--epochs', '-3')).toBe(dash);
  });

  it('are rejected if a value has no option', () => {
    expect(refusal('flowers')).toBe('Unexpected argument “flowers”. Did you mean --data flowers?');
  });

  it('cannot give one value twice', () => {
    const twice = (...typed: string[]) => refusal(...sample, ...typed);
    expect(twice('--lr', 'atoms=0.1', '--lr', 'atoms=0.2')).toBe(
      '--lr atoms is given twice. Remove one of them.',
    );
    expect(twice('--option', 'atoms.m=6', '--option', 'atoms.m=9')).toBe(
      '--option atoms.m is given twice. Remove one of them.',
    );
    expect(twice('--sweep', 'atoms.m=6,9', '--sweep', 'atoms.m=12')).toBe(
      '--sweep atoms.m is given twice. Remove one of them.',
    );
  });

  it('cannot give both one value and several', () => {
    const both = (...typed: string[]) => refusal(...sample, ...typed);
    expect(both('--option', 'atoms.m=6', '--sweep', 'atoms.m=9,12')).toBe(
      '--option atoms.m and --sweep atoms.m cannot be used together. Remove one of them.',
    );
    expect(both('--sweep', 'atoms.lr=0.1,0.2', '--lr', 'atoms=0.1')).toBe(
      '--lr atoms and --sweep atoms.lr cannot be used together. Remove one of them.',
    );
    // Other options of the same setting are allowed.
    expect(both('--sweep', 'atoms.m=6,9', '--option', 'atoms.from=3', '--lr', 'lora=1')).toBe('accepted');
  });

  it('treat names that every JavaScript object has as names', () => {
    expect(choices('--option', 'constructor.name=3').hyperparameters.options).toEqual({
      constructor: { name: 3 },
    });
    expect(choices('--lr', 'constructor=3').hyperparameters.learningRates).toEqual({ constructor: 3 });
  });
});

describe('the help', () => {
  it('is shown for --help and -h, even with invalid options', () => {
    expect(parseChoices(['--help', '--epochs', 'six'], NOON)).toBeNull();
    expect(parseChoices(['-h'], NOON)).toBeNull();
  });

  it('has an entry for every option and no other', () => {
    const entries = [...HELP.matchAll(/^ {2}--([\w-]+)/gm)].map(([, name]) => name);
    expect(entries.toSorted()).toEqual(Object.keys(OPTIONS).toSorted());
  });

  it('writes a value after the options that take one', () => {
    for (const [name, { type }] of Object.entries(OPTIONS))
      expect(HELP, name).toMatch(
        type === 'string'
          ? new RegExp(`^ {2}--${name} [A-Z]`, 'm')
          : new RegExp(`^ {2}--${name} {2,}[a-z]`, 'm'),
      );
  });

  it('names the exit codes', () => {
    expect(HELP).toMatch(/Exit code: 0 .* 1 .* 2 .* 130 /);
  });
});

it('a search for learning rates is wanted or declined, not both', () => {
  expect(refusal('--sample', 'counting', '--find-rates', '--no-find-rates')).toBe(
    '--find-rates and --no-find-rates exclude each other. Remove one.',
  );
});

describe('against what the engine knows', () => {
  const number = (id: string, low: number, high: number, choices?: number[]) => ({
    ...{ id, label: id, help: '', default: low, min: low, max: high },
    ...(choices && { choices: choices.map((value) => ({ value, label: String(value) })) }),
  });
  const setting = (id: string, options: SettingSummary['options']): SettingSummary => ({
    ...{
      id,
      label: id,
      symbol: id,
      description: '',
      advice: '',
      options,
      learningRate: 0.001,
      rateExponents: {},
      paper: '',
    },
    ...{ trainable: { backbone: 0, head: 0 }, tunedLayers: 0, adapterBytes: 0, fault: null },
    memory: {
      ...{
        batch: 1,
        microBatch: 1,
        gradientCheckpointing: false,
        evaluationBatch: 1,
        frozenFeatures: null,
        bytes: 0,
        budget: 0,
      },
      items: {
        weights: 0,
        coefficients: 0,
        kernels: 0,
        frozenFeatures: 0,
        activations: 0,
        optimizer: 0,
        working: 0,
      },
      heap: { pixels: 0, kernels: 0, coefficients: 0, features: 0, models: 0 },
      ...{ fits: true, sentence: '', heapSentence: '' },
    },
  });
  const known = [
    setting('linear-probe', []),
    setting('atoms', [number('m', 3, 12), number('from', 1, 4, [1, 3])]),
    setting('core-atoms', []),
    setting('lora', [number('r', 1, 64)]),
    setting('full', []),
  ];
  const checked = (...typed: string[]) => {
    try {
      checkSettings(choices(...typed), known);
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
    return 'accepted';
  };

  it('accepts what exists', () => {
    expect(checked()).toBe('accepted');
    expect(
      checked(
        '--option',
        'atoms.from=3',
        '--sweep',
        'atoms.m=3,12',
        '--sweep',
        'atoms.lr=0.1,1',
        '--lr',
        'lora=1',
      ),
    ).toBe('accepted');
  });

  it.each([
    [
      ['--setting', 'magic'],
      '--setting: there is no setting “magic”. Choose from: linear-probe, atoms, core-atoms, lora, full.',
    ],
    [
      ['--lr', 'magic=1'],
      '--lr: there is no setting “magic”. Choose from: linear-probe, atoms, core-atoms, lora, full.',
    ],
    [
      ['--option', 'magic.m=1'],
      '--option: there is no setting “magic”. Choose from: linear-probe, atoms, core-atoms, lora, full.',
    ],
    [
      ['--sweep', 'magic.m=1,2'],
      '--sweep: there is no setting “magic”. Choose from: linear-probe, atoms, core-atoms, lora, full.',
    ],
    [
      ['--sweep', 'magic.lr=1,2'],
      '--sweep: there is no setting “magic”. Choose from: linear-probe, atoms, core-atoms, lora, full.',
    ],
  ])('knows no setting of another name: %j', (typed, said) => {
    expect(checked(...typed)).toBe(said);
  });

  it.each([
    [['--option', 'atoms.r=1'], '--option atoms.r: “atoms” has only atoms.m, atoms.from.'],
    [['--sweep', 'lora.m=1,2'], '--sweep lora.m: “lora” has only lora.r.'],
    [['--option', 'linear-probe.m=1'], '--option linear-probe.m: “linear-probe” has no options.'],
  ])('knows no option of another name: %j', (typed, said) => {
    expect(checked(...typed)).toBe(said);
  });

  it.each([
    [['--option', 'atoms.m=13'], '--option atoms.m must be from 3 to 12, not 13.'],
    [['--option', 'atoms.m=3.5'], '--option atoms.m must be a whole number, not “3.5”.'],
    [['--option', 'atoms.from=2'], '--option atoms.from must be one of 1, 3, not 2.'],
    // Each of the swept values is checked, not only the first.
    [['--sweep', 'atoms.m=6,13'], '--sweep atoms.m must be from 3 to 12, not 13.'],
  ])('keeps a number within its bounds: %j', (typed, said) => {
    expect(checked(...typed)).toBe(said);
  });

  it.each([
    ['--option', 'lora.r=8'],
    ['--sweep', 'lora.r=8,16'],
    ['--lr', 'lora=0.1'],
  ])('refuses numbers of a setting that is not run: %s %s', (...typed) => {
    expect(checked('--setting', 'atoms', ...typed)).toBe(
      '“lora” has options but is not run. Add --setting lora, or remove the options.',
    );
  });

  it('accepts a learning rate for a probe that is not run: every setting starts from it', () => {
    expect(checked('--setting', 'atoms', '--lr', 'linear-probe=0.1')).toBe('accepted');
  });
});
