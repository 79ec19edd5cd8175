/** Parses and checks the command line's arguments. Defaults are the page's. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FIRST_SAMPLE, SAMPLES } from '../app/steps/data/samples';
import {
  DEFAULT_HYPERPARAMETERS,
  FIRST_SETTINGS,
  type Hyperparameters,
  PROBE_SETTING,
} from '../app/store/defaults';
import { RATE, type SweepChoice, sweepTooLarge } from '../app/store/sweep';
import { BOUNDS, type Configuration, DEFAULT_CONFIGURATION, MOST_VALUES } from '../app/store/url';
import { INPUT_SIZE_HELP, INPUT_SIZES } from '../src/backbone/input-size';
import type { BackboneChoice } from '../src/core/backbone';
import type { Augmentation, Preset, Reading } from '../src/core/dataset';
import type { BackendChoice } from '../src/core/engine';
import { UserError } from '../src/core/user-error';
import { NAME_ENCODINGS } from '../src/data/name-encoding';
import { PRESETS } from '../src/data/presets';
import { optionFault } from '../src/methods/option-fault';
import { SETTING_IDS } from '../src/methods/setting-ids';
import type { KnownSetting } from './known-settings';
import type { ChartKind } from './messages';

const AUGMENTATIONS: readonly Augmentation[] = ['crops-flips', 'flips', 'none'];
const BACKENDS: readonly BackendChoice[] = ['auto', 'webgpu', 'webgpu-half', 'wasm'];
const CHART_KINDS: readonly ChartKind[] = ['svg', 'png'];
const SAMPLE_NAMES = SAMPLES.map(({ name }) => name);
/** Options that can be combined with --rerun. */
const WITH_RERUN: readonly string[] = [
  ...['rerun', 'data', 'sample', 'backbone', 'out', 'charts'],
  ...['split-folders', 'class-level', 'name-encoding'],
];
/** Options that cannot be combined with --project. */
const NOT_WITH_PROJECT: readonly string[] = [
  ...['data', 'sample', 'test-part', 'preset', 'split-folders', 'class-level', 'name-encoding'],
  ...['network', 'stages', 'size'],
];
/** Stages of a ResNet (He et al. 2016): conv2_x to conv5_x. */
const STAGES = [1, 4] as const;
/** Range of the folder level of the classes. */
const CLASS_LEVELS = [1, 20] as const;

/** All options, as `parseArgs` takes them. */
export const OPTIONS = {
  data: { type: 'string' },
  sample: { type: 'string' },
  project: { type: 'string' },
  backbone: { type: 'string' },
  network: { type: 'string' },
  stages: { type: 'string' },
  size: { type: 'string' },
  'test-part': { type: 'string' },
  preset: { type: 'string' },
  'split-folders': { type: 'string' },
  'class-level': { type: 'string' },
  'name-encoding': { type: 'string' },
  setting: { type: 'string', multiple: true },
  epochs: { type: 'string' },
  batch: { type: 'string' },
  seed: { type: 'string' },
  lr: { type: 'string', multiple: true },
  option: { type: 'string', multiple: true },
  sweep: { type: 'string', multiple: true },
  seeds: { type: 'string' },
  'find-rates': { type: 'boolean' },
  'no-find-rates': { type: 'boolean' },
  halving: { type: 'boolean' },
  patience: { type: 'string' },
  dropout: { type: 'string' },
  augmentation: { type: 'string' },
  views: { type: 'string' },
  memory: { type: 'string' },
  backend: { type: 'string' },
  out: { type: 'string' },
  charts: { type: 'string' },
  rerun: { type: 'string' },
  inspect: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Data =
  | { kind: 'path'; path: string }
  | { kind: 'project'; path: string }
  | { kind: 'sample'; name: string };

export interface Choices {
  /** Null if the results file of a rerun names a sample, or if only weights are inspected. */
  data: Data | null;
  /** Prints what was recognised in data and weights, without training. */
  inspect: boolean;
  /** A results file whose runs are rerun. It sets everything except data, weights and output. */
  rerun: string | null;
  backbone: BackboneOptions;
  /** Seed of the split. The runs' seed is a hyperparameter. */
  splitSeed: number;
  /** Fraction of each class held out as test images. */
  testPart: number;
  preset: Preset;
  reading: Reading;
  settings: string[];
  hyperparameters: Hyperparameters;
  sweep: SweepChoice;
  backend: BackendChoice;
  /** A folder for the results, or the zip of a project. */
  out: string;
  charts: ChartKind;
}

/** `path`: the weights, null for the starter. Other fields are null for the values from the weights. */
export interface BackboneOptions extends Omit<BackboneChoice, 'source'> {
  path: string | null;
}

export const HELP = `Fine-tunes a ResNet on your images, on this machine, and compares settings.

  npm run tune -- --data PATH [options]
  npm run tune -- --project FILE.zip [options]

  --data PATH        a folder with one sub-folder of images per class, or a zip, tar or tar.gz of one. Folders named
                     like parts, such as train/ and test/, are used as the split
  --split-folders A  yes: folders named like parts of a split are the split; no: they are classes (default: detected)
  --class-level N    level of the folders that name the class, from 1 (default: detected)
  --name-encoding E  encoding of file names in a zip that does not state it: ${NAME_ENCODINGS.slice(0, 5).join(', ')},
                     ${NAME_ENCODINGS.slice(5).join(', ')} (default: detected)
  --project FILE     a project as a zip, instead of --data: its images and their split, its backbone, and its settings,
                     hyperparameters and sweep, except those given here
  --sample NAME      a built-in sample set, instead of --data: ${SAMPLE_NAMES.join(', ')}
  --backbone PATH    weights of a ResNet-50: a .safetensors, .pth or .bin file; a folder with model.json and its
                     shards; or a folder with config.json and the weights (default: the starter). A project whose
                     backbone is not the starter needs it
  --network NAME     network of a checkpoint that holds several, by its key, e.g. state_dict (default: averaged weights
                     before plain ones, a teacher before its student, else the first)
  --stages N         use only the first N of the backbone's four stages, conv2_x to conv5_x (default: all)
  --size N           input size of the backbone in pixels: ${INPUT_SIZE_HELP}
                     (default: the backbone's own)
  --setting ID       setting to run; may be repeated (default: ${FIRST_SETTINGS.join(', ')})
  --epochs N         passes over the training images (default ${DEFAULT_HYPERPARAMETERS.epochs}); the linear probe always has ${DEFAULT_HYPERPARAMETERS.probe.epochs}
  --batch N          images per step (default ${DEFAULT_HYPERPARAMETERS.batchSize})
  --test-part P      fraction of each class held out as test images, 0 to 0.5 (default 0; a test/ folder in the data
                     is always used)
  --preset NAME      subset of the images: ${PRESETS.join(', ')}
                     (default whole)
  --seed N           seed of the split, the order of images and initial values (default ${DEFAULT_HYPERPARAMETERS.seed}). The split of a project
                     keeps its seed
  --lr ID=VALUE      learning rate of a setting; may be repeated
  --option ID.NAME=VALUE
                     option of a setting, e.g. lora.r=8 or atoms.from=4; may be repeated
  --sweep ID.NAME=V,V
                     values to try for an option of a setting, or for its learning rate (lr); may be repeated.
                     All combinations are run, e.g. --sweep atoms.m=6,9,12 --sweep atoms.lr=0.001,0.003
  --seeds N          runs per setting: with --seed and the seeds after it (default 1)
  --find-rates       first search the learning rate of every setting, with the same number of short runs for each
                     (default: in a comparison without --lr, if the search takes less than a third of all epochs)
  --no-find-rates    no search, also where it is the default
  --halving          if a setting has several values, drop the worse half after short runs, twice
  --patience N       stop a run after N epochs without a higher validation accuracy (default 0: never)
  --dropout P        probability that a feature is set to zero before the head (default ${DEFAULT_HYPERPARAMETERS.dropout})
  --augmentation A   ${AUGMENTATIONS.join(', ')} (default: that of the data set)
  --views N          random views per image, drawn once; 0: new views in every epoch (default ${DEFAULT_HYPERPARAMETERS.views})
  --memory MB        memory cap of a run in megabytes (default: chosen for this machine)
  --backend B        ${BACKENDS.join(', ')} (default auto)
  --out DIR          folder for the results (default out/<date-time>). With a name that ends in .zip: one project, which
                     the page imports. With --project it also has the earlier runs and models, and may be the same file
  --charts KIND      ${CHART_KINDS.join(' or ')} (default svg)
  --rerun FILE       run the finished runs of a results.json again and compare the numbers. The file sets everything
                     except --data and how it is read, --sample, --backbone, --out and --charts
  --inspect          read the data, the weights or both, print what was found, and train nothing
  --help             print this text

Written to a folder: an adapter file for each run but search runs, report.html, report.md, results.json and five charts.
Exit code: 0 done; 1 a run failed or a rerun gave other numbers; 2 invalid input; 130 stopped by Ctrl-C (results so far
are written).
`;

/**
 * @param configuration that of the project, which decides what was not typed
 * @returns null if help was requested
 * @throws UserError for invalid arguments
 */
export function parseChoices(
  typed: string[],
  now: Date,
  configuration: Configuration = DEFAULT_CONFIGURATION,
): Choices | null {
  const { values, positionals } = parsed(typed);
  if (values.help) return null;
  const [stray] = positionals;
  if (stray !== undefined)
    throw new UserError(`Unexpected argument “${stray}”. Did you mean --data ${stray}?`);
  const { rerun, project } = values;
  if (rerun !== undefined) {
    const decided = Object.keys(values).find((name) => !WITH_RERUN.includes(name));
    if (decided !== undefined)
      throw new UserError(`--${decided} cannot be used with --rerun: the results file sets it. Remove it.`);
  }
  if (project !== undefined) {
    const decided = Object.keys(values).find((name) => NOT_WITH_PROJECT.includes(name));
    if (decided !== undefined)
      throw new UserError(`--${decided} cannot be used with --project: the project sets it. Remove it.`);
  }
  const out = fromWhereTyped('--out', values.out ?? `out/${timestamp(now)}`);
  if (values.charts !== undefined && isZip(out))
    throw new UserError(
      `--charts cannot be used with --out ${values.out}: the page draws a project’s charts. Remove it.`,
    );
  const settings = [...new Set(values.setting ?? selectedSettings(configuration) ?? FIRST_SETTINGS)];
  if (settings.length === 0)
    throw new UserError('The project has no setting selected. Give at least one with --setting.');
  const { hyperparameters, sweep } = ofSettings(configuration, settings);
  /** Options of settings that were given, e.g. `--lr atoms`. */
  const given = new Set<string>();
  const learningRates: Hyperparameters['learningRates'] = {};
  for (const text of values.lr ?? []) {
    const [setting, value] = pair('--lr', text, 'atoms=0.003');
    once(given, `--lr ${setting}`);
    learningRates[setting] = number(`--lr ${setting}`, value, BOUNDS.learningRate);
  }
  const options: Hyperparameters['options'] = {};
  for (const text of values.option ?? []) {
    const [name, value] = pair('--option', text, 'lora.r=8');
    const [setting = '', option = '', ...rest] = name.split('.');
    if (setting === '' || option === '' || rest.length > 0) throw notAPair('--option', text, 'lora.r=8');
    once(given, `--option ${name}`);
    options[setting] = { ...options[setting], [option]: number(`--option ${name}`, value) };
  }
  const seed = whole('--seed', values.seed, BOUNDS.seed) ?? hyperparameters.seed;
  const swept = sweptValues(values.sweep ?? [], given);
  return {
    data:
      project === undefined
        ? dataChoice(values.data, values.sample, rerun !== undefined || isOfWeightsAlone(values))
        : { kind: 'project', path: fromWhereTyped('--project', project) },
    inspect: values.inspect ?? false,
    rerun: rerun === undefined ? null : fromWhereTyped('--rerun', rerun),
    backbone: {
      path: values.backbone === undefined ? null : fromWhereTyped('--backbone', values.backbone),
      stages: whole('--stages', values.stages, STAGES) ?? null,
      ...(values.network === undefined ? {} : { trunk: values.network }),
      inputSize: values.size === undefined ? null : inputSize(values.size),
    },
    splitSeed: project === undefined ? seed : configuration.splitSeed,
    testPart:
      values['test-part'] === undefined
        ? configuration.testPart
        : number('--test-part', values['test-part'], BOUNDS.testPart),
    preset: oneOf('--preset', values.preset ?? configuration.preset, PRESETS),
    reading: readingChoice(values['split-folders'], values['class-level'], values['name-encoding']),
    settings,
    sweep: {
      seeds: whole('--seeds', values.seeds, BOUNDS.seeds) ?? sweep.seeds,
      values: merged(notGiven(sweep.values, given), swept),
      findRates: findRates(values['find-rates'], values['no-find-rates']) ?? sweep.findRates,
      halving: values.halving ?? sweep.halving,
    },
    hyperparameters: {
      ...hyperparameters,
      epochs: whole('--epochs', values.epochs, BOUNDS.epochs) ?? hyperparameters.epochs,
      batchSize: whole('--batch', values.batch, BOUNDS.batchSize) ?? hyperparameters.batchSize,
      seed,
      dropout:
        values.dropout === undefined
          ? hyperparameters.dropout
          : number('--dropout', values.dropout, BOUNDS.fraction),
      augmentation:
        values.augmentation === undefined
          ? hyperparameters.augmentation
          : oneOf('--augmentation', values.augmentation, AUGMENTATIONS),
      views: whole('--views', values.views, BOUNDS.views) ?? hyperparameters.views,
      patience: whole('--patience', values.patience, BOUNDS.patience) ?? hyperparameters.patience,
      // The probe's learning rate is a hyperparameter that the warm start of every setting shares.
      probe: {
        ...hyperparameters.probe,
        learningRate: learningRates[PROBE_SETTING] ?? hyperparameters.probe.learningRate,
      },
      memoryCap: whole('--memory', values.memory, BOUNDS.memoryCap) ?? hyperparameters.memoryCap,
      learningRates: { ...hyperparameters.learningRates, ...learningRates },
      options: merged(hyperparameters.options, options),
    },
    backend: oneOf('--backend', values.backend ?? configuration.backend, BACKENDS),
    out,
    charts: oneOf('--charts', values.charts ?? 'svg', CHART_KINDS),
  };
}

/** Whether `--out` names the zip of a project. */
export const isZip = (out: string) => /\.zip$/i.test(out);

/** The selected settings that this version has; null if the configuration leaves them open. */
const selectedSettings = ({ settings }: Configuration) =>
  settings && SETTING_IDS.filter((id) => settings.includes(id));

/** A project remembers values of settings that are not selected. They are not used, as on the page. */
function ofSettings(
  { hyperparameters, sweep }: Configuration,
  settings: readonly string[],
): Pick<Configuration, 'hyperparameters' | 'sweep'> {
  const used = <T>(bySetting: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(bySetting).filter(([id]) => settings.includes(id)));
  return {
    hyperparameters: {
      ...hyperparameters,
      learningRates: used(hyperparameters.learningRates),
      options: used(hyperparameters.options),
    },
    sweep: { ...sweep, values: used(sweep.values) },
  };
}

/** By setting, then by option. */
type BySetting<T> = Record<string, Record<string, T>>;

/** The values of both; where both have one, that of `over`. */
function merged<T>(under: BySetting<T>, over: BySetting<T>): BySetting<T> {
  const all = { ...under };
  for (const [setting, values] of Object.entries(over)) all[setting] = { ...all[setting], ...values };
  return all;
}

/** The swept values without those of which one was given on the command line. */
function notGiven(swept: SweepChoice['values'], given: ReadonlySet<string>): SweepChoice['values'] {
  const isOpen = (setting: string, option: string) => !given.has(singleFlag(setting, option));
  return Object.fromEntries(
    Object.entries(swept).map(([setting, values]) => [
      setting,
      Object.fromEntries(Object.entries(values).filter(([option]) => isOpen(setting, option))),
    ]),
  );
}

/** The flag that gives one value of what may be swept. */
const singleFlag = (setting: string, option: string) =>
  option === RATE ? `--lr ${setting}` : `--option ${setting}.${option}`;

/** Throws `UserError` for a setting or option that does not exist, a value out of bounds, or too large a sweep. */
export function checkSettings(
  { settings, hyperparameters, sweep }: Choices,
  known: readonly KnownSetting[],
): void {
  const find = (id: string, where: string) => {
    const setting = known.find((each) => each.id === id);
    if (setting) return setting;
    throw new UserError(
      `${where}: there is no setting “${id}”. Choose from: ${known.map((each) => each.id).join(', ')}.`,
    );
  };
  for (const id of settings) find(id, '--setting');
  for (const id of Object.keys(hyperparameters.learningRates)) find(id, '--lr');
  const chosen = [
    ...Object.entries(hyperparameters.options).map(([id, values]) => ({ flag: '--option', id, values })),
    ...Object.entries(sweep.values).map(([id, { [RATE]: _, ...values }]) => ({
      flag: '--sweep',
      id,
      values,
    })),
  ];
  for (const { flag, id, values } of chosen) {
    const { options } = find(id, flag);
    for (const [name, value] of Object.entries(values).flatMap(([name, value]) =>
      [value].flat().map((each) => [name, each] as const),
    )) {
      const option = options.find((each) => each.id === name);
      const where = `${flag} ${id}.${name}`;
      if (!option) {
        const names = options.map((each) => `${id}.${each.id}`).join(', ');
        throw new UserError(`${where}: “${id}” has ${names ? `only ${names}` : 'no options'}.`);
      }
      const fault = optionFault(option, value);
      if (fault) throw new UserError(`${where} ${fault}.`);
    }
  }
  const named = [hyperparameters.learningRates, hyperparameters.options, sweep.values].flatMap((each) =>
    Object.keys(each),
  );
  const unused = named.find((id) => !settings.includes(id) && id !== PROBE_SETTING);
  if (unused !== undefined)
    throw new UserError(
      `“${unused}” has options but is not run. Add --setting ${unused}, or remove the options.`,
    );
  const tooLarge = sweepTooLarge({ settings: settings.map((id) => ({ id })), choice: sweep });
  if (tooLarge) throw new UserError(tooLarge);
}

function parsed(typed: string[]) {
  try {
    return parseArgs({ args: typed, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    // Node's message is long; its first sentence states the error.
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/[.\n]/);
    const [, name] = /^Option '(--[\w-]+)' argument is ambiguous$/.exec(sentence) ?? [];
    if (name !== undefined)
      throw new UserError(`${name} needs a value. Write a value that begins with a dash as ${name}=-1.`);
    const [, unknown] = /^Unknown option '(.+)'$/.exec(sentence) ?? [];
    if (unknown !== undefined)
      throw new UserError(
        `There is no option ${unknown}. The options are ${Object.keys(OPTIONS)
          .map((option) => `--${option}`)
          .join(', ')}.`,
      );
    throw new UserError(`${sentence}. \`npm run tune -- --help\` lists the options.`);
  }
}

function isOfWeightsAlone({ inspect, backbone }: { inspect?: boolean; backbone?: string }): boolean {
  return inspect === true && backbone !== undefined;
}

function dataChoice(data: string | undefined, sample: string | undefined, optional: boolean): Data | null {
  if (data !== undefined && sample !== undefined)
    throw new UserError('Give either --data or --sample, not both.');
  if (sample !== undefined) return sampleNamed(sample);
  if (data === undefined && optional) return null;
  if (data === undefined || data === '') {
    throw new UserError(
      `No images were given. Use --data with a folder that has one sub-folder per class, or --sample ${FIRST_SAMPLE}.`,
    );
  }
  return { kind: 'path', path: fromWhereTyped('--data', data) };
}

/** The options for reading the data's folders. */
function readingChoice(
  split: string | undefined,
  level: string | undefined,
  encoding: string | undefined,
): Reading {
  const classLevel = whole('--class-level', level, CLASS_LEVELS);
  return {
    ...(split !== undefined && { splitFolders: oneOf('--split-folders', split, ['yes', 'no']) === 'yes' }),
    ...(classLevel !== undefined && { classLevel }),
    ...(encoding !== undefined && { nameEncoding: oneOf('--name-encoding', encoding, NAME_ENCODINGS) }),
  };
}

/** Null if neither was given. */
function findRates(wanted: boolean | undefined, declined: boolean | undefined): boolean | null {
  if (wanted && declined)
    throw new UserError('--find-rates and --no-find-rates exclude each other. Remove one.');
  return wanted ? true : declined ? false : null;
}

/** The command-line options for a reading. */
export function readingFlags({ splitFolders, classLevel, nameEncoding }: Reading): string {
  return [
    splitFolders !== undefined && `--split-folders ${splitFolders ? 'yes' : 'no'}`,
    classLevel !== undefined && `--class-level ${classLevel}`,
    nameEncoding !== undefined && `--name-encoding ${nameEncoding}`,
  ]
    .filter((flag) => flag !== false)
    .join(' ');
}

/** Throws `UserError` if there is no such sample set. */
export const sampleNamed = (name: string): Data => ({
  kind: 'sample',
  name: oneOf('--sample', name, SAMPLE_NAMES),
});

function inputSize(text: string): number {
  const found = INPUT_SIZES.find((size) => size === Number(text));
  if (found === undefined) throw new UserError(`--size must be ${INPUT_SIZE_HELP}, not “${text}”.`);
  return found;
}

function sweptValues(typed: readonly string[], given: Set<string>): SweepChoice['values'] {
  const values: SweepChoice['values'] = {};
  for (const text of typed) {
    const example = 'atoms.m=6,9,12';
    const [name, list] = pair('--sweep', text, example);
    const [setting = '', option = '', ...rest] = name.split('.');
    if (setting === '' || option === '' || rest.length > 0) throw notAPair('--sweep', text, example);
    const bounds = option === RATE ? BOUNDS.learningRate : undefined;
    const numbers = list.split(',').map((each) => number(`--sweep ${name}`, each, bounds));
    once(given, `--sweep ${name}`);
    const single = singleFlag(setting, option);
    if (given.has(single))
      throw new UserError(`${single} and --sweep ${name} cannot be used together. Remove one of them.`);
    if (new Set(numbers).size < numbers.length || numbers.length > MOST_VALUES)
      throw new UserError(`--sweep ${name} takes at most ${MOST_VALUES} different values, not “${list}”.`);
    values[setting] = { ...values[setting], [option]: numbers };
  }
  return values;
}

/** npm runs scripts in the project's folder; INIT_CWD is the folder in which npm was called. */
function fromWhereTyped(option: string, path: string): string {
  if (path === '') throw new UserError(`${option} needs a path; it was empty.`);
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}

function pair(option: string, text: string, example: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw notAPair(option, text, example);
  return [text.slice(0, at), text.slice(at + 1)];
}

const notAPair = (option: string, text: string, example: string) =>
  new UserError(`${option} “${text}” is not of the form ${option} ${example}.`);

/** Throws `UserError` if the option was already given. */
function once(given: Set<string>, option: string): void {
  if (given.has(option)) throw new UserError(`${option} is given twice. Remove one of them.`);
  given.add(option);
}

const notWhole = (name: string, text: string) =>
  new UserError(`${name} must be a whole number, not “${text}”.`);

function number(name: string, text: string, bounds?: readonly [number, number]): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new UserError(`${name} must be a number, not “${text}”.`);
  if (bounds) bounded(name, value, bounds, text);
  return value;
}

function bounded(name: string, value: number, [low, high]: readonly [number, number], text: string): void {
  if (value < low || value > high)
    throw new UserError(`${name} must be from ${low} to ${high}, not ${text}.`);
}

function whole(
  name: string,
  text: string | undefined,
  bounds: readonly [number, number],
): number | undefined {
  if (text === undefined) return undefined;
  const value = number(name, text, bounds);
  if (!Number.isInteger(value)) throw notWhole(name, text);
  return value;
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found === undefined)
    throw new UserError(`${option} must be one of ${known.join(', ')}, not “${text}”.`);
  return found;
}

/** `2025-01-31-142305`, local time. */
function timestamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
