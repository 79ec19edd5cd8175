/**
 * The current configuration in the page's address. One table of parameters is used for reading and writing. Values that cannot
 * be parsed are reported and ignored; values equal to their default are not written.
 */

import { INPUT_SIZES } from '../../src/backbone/input-size';
import type { BackboneChoice } from '../../src/core/backbone';
import type { Preset } from '../../src/core/dataset';
import type { BackendChoice } from '../../src/core/engine';
import { PRESETS } from '../../src/data/presets';
import { SOURCES } from '../../src/hub/sources';
import { z } from '../../src/schema';
import { ATOM_COUNT, DEFAULT_HYPERPARAMETERS, type Hyperparameters } from './defaults';
import { NO_SWEEP, RATE, type SweepChoice } from './sweep';

export interface Configuration {
  backend: BackendChoice;
  /** A built-in sample set; null for the person's own files. */
  sample: string | null;
  splitSeed: number;
  /** Fraction of each class that is held out as test images. */
  testPart: number;
  preset: Preset;
  /** Id of a backbone in the table; null for the person's own file. */
  backbone: string | null;
  /** Number of stages that are used; null for all. */
  stages: number | null;
  /** Input size in pixels; null for the backbone's own. */
  inputSize: number | null;
  atomCount: number;
  /** Ids of the chosen settings; null: those of the first visit. */
  settings: string[] | null;
  hyperparameters: Hyperparameters;
  sweep: SweepChoice;
}

export const DEFAULT_CONFIGURATION: Configuration = {
  backend: 'auto',
  sample: null,
  splitSeed: 0,
  testPart: 0,
  preset: 'whole',
  backbone: 'starter',
  stages: null,
  inputSize: null,
  atomCount: ATOM_COUNT.default,
  settings: null,
  hyperparameters: DEFAULT_HYPERPARAMETERS,
  sweep: NO_SWEEP,
};

const id = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
/** Backbones that the address can name. */
export const BACKBONE_IDS = ['starter', ...SOURCES.map((source) => source.id)] as const;
const backboneId = z.enum(BACKBONE_IDS);

/** What the address says of a backbone. It cannot name the person's own files. */
export function addressed({
  source,
  stages,
  inputSize,
}: BackboneChoice): Pick<Configuration, 'backbone' | 'stages' | 'inputSize'> {
  const named = source.kind === 'starter' ? 'starter' : 'id' in source ? source.id : null;
  const backbone = BACKBONE_IDS.find((id) => id === named) ?? null;
  return backbone === null ? { backbone, stages: null, inputSize: null } : { backbone, stages, inputSize };
}
const number = (low: number, high: number) =>
  z
    .string()
    .regex(/^-?[0-9.]+(e-?[0-9]+)?$/i)
    .transform(Number)
    .pipe(z.number().min(low).max(high));
const whole = (low: number, high: number) => number(low, high).pipe(z.int());
const learningRate = number(1e-7, 10);

/** Bounds for the page's fields and the address. */
export const BOUNDS = {
  epochs: [1, 500],
  batchSize: [1, 256],
  learningRate: [1e-7, 10],
  weightDecay: [0, 1],
  fraction: [0, 0.95],
  views: [0, 100],
  seed: [0, 2 ** 31 - 1],
  memoryCap: [16, 1e6],
  testPart: [0, 0.5],
  patience: [0, 100],
  seeds: [1, 20],
} as const;

interface Parameter {
  key: string;
  read: (text: string, into: Configuration) => boolean;
  /** Null for the default value, which is not written. */
  write: (from: Configuration) => string | null;
}

function parameter<T>(
  key: string,
  schema: z.ZodType<T, string>,
  get: (from: Configuration) => T,
  set: (into: Configuration, value: T) => void,
): Parameter {
  return {
    key,
    read: (text, into) => {
      const parsed = schema.safeParse(text);
      if (parsed.success) set(into, parsed.data);
      return parsed.success;
    },
    write: (from) => {
      const value = get(from);
      return value === get(DEFAULT_CONFIGURATION) ? null : String(value);
    },
  };
}

const idList: z.ZodType<string[], string> = z
  .string()
  .transform((text) => (text === '' ? [] : text.split(',')))
  .pipe(z.array(id).max(20));

/** `on` or `off`. */
function flag(
  key: string,
  get: (from: Configuration) => boolean,
  set: (into: Configuration, value: boolean) => void,
): Parameter {
  return {
    key,
    read: (text, into) => {
      if (text !== 'on' && text !== 'off') return false;
      set(into, text === 'on');
      return true;
    },
    write: (from) => {
      const value = get(from);
      return value === get(DEFAULT_CONFIGURATION) ? null : value ? 'on' : 'off';
    },
  };
}

const PARAMETERS: Parameter[] = [
  parameter(
    'backend',
    z.enum(['auto', 'webgpu', 'webgpu-half', 'wasm']),
    (c) => c.backend,
    (c, value) => {
      c.backend = value;
    },
  ),
  {
    key: 'sample',
    read: (text, into) => {
      const parsed = id.safeParse(text);
      if (parsed.success) into.sample = parsed.data;
      return parsed.success;
    },
    write: (from) => from.sample,
  },
  parameter(
    'split',
    whole(...BOUNDS.seed),
    (c) => c.splitSeed,
    (c, value) => {
      c.splitSeed = value;
    },
  ),
  parameter(
    'test',
    number(...BOUNDS.testPart),
    (c) => c.testPart,
    (c, value) => {
      c.testPart = value;
    },
  ),
  parameter(
    'preset',
    z.enum(PRESETS),
    (c) => c.preset,
    (c, value) => {
      c.preset = value;
    },
  ),
  {
    key: 'backbone',
    read: (text, into) => {
      const parsed = backboneId.safeParse(text);
      if (parsed.success) into.backbone = parsed.data;
      return parsed.success;
    },
    write: ({ backbone }) => (backbone === DEFAULT_CONFIGURATION.backbone ? null : backbone),
  },
  {
    key: 'stages',
    read: (text, into) => {
      const parsed = whole(1, 4).safeParse(text);
      if (parsed.success) into.stages = parsed.data;
      return parsed.success;
    },
    write: ({ stages }) => stages?.toString() ?? null,
  },
  {
    key: 'size',
    read: (text, into) => {
      const parsed = number(1, 1024).safeParse(text);
      if (!parsed.success || !INPUT_SIZES.includes(parsed.data)) return false;
      into.inputSize = parsed.data;
      return true;
    },
    write: ({ inputSize }) => inputSize?.toString() ?? null,
  },
  parameter(
    'atoms',
    whole(ATOM_COUNT.min, ATOM_COUNT.max),
    (c) => c.atomCount,
    (c, value) => {
      c.atomCount = value;
    },
  ),
  {
    key: 'settings',
    read: (text, into) => {
      const parsed = idList.safeParse(text);
      if (parsed.success) into.settings = parsed.data;
      return parsed.success;
    },
    write: (from) => from.settings?.join(',') ?? null,
  },
  parameter(
    'epochs',
    whole(...BOUNDS.epochs),
    (c) => c.hyperparameters.epochs,
    (c, value) => {
      c.hyperparameters.epochs = value;
    },
  ),
  parameter(
    'batch',
    whole(...BOUNDS.batchSize),
    (c) => c.hyperparameters.batchSize,
    (c, value) => {
      c.hyperparameters.batchSize = value;
    },
  ),
  {
    key: 'memory',
    read: (text, into) => {
      const parsed = whole(...BOUNDS.memoryCap).safeParse(text);
      if (parsed.success) into.hyperparameters.memoryCap = parsed.data;
      return parsed.success;
    },
    write: ({ hyperparameters }) =>
      hyperparameters.memoryCap === null ? null : String(hyperparameters.memoryCap),
  },
  parameter(
    'seed',
    whole(...BOUNDS.seed),
    (c) => c.hyperparameters.seed,
    (c, value) => {
      c.hyperparameters.seed = value;
    },
  ),
  parameter(
    'headLr',
    learningRate,
    (c) => c.hyperparameters.headLearningRate,
    (c, value) => {
      c.hyperparameters.headLearningRate = value;
    },
  ),
  parameter(
    'decay',
    number(...BOUNDS.weightDecay),
    (c) => c.hyperparameters.weightDecay,
    (c, value) => {
      c.hyperparameters.weightDecay = value;
    },
  ),
  parameter(
    'warmup',
    number(...BOUNDS.fraction),
    (c) => c.hyperparameters.warmup,
    (c, value) => {
      c.hyperparameters.warmup = value;
    },
  ),
  parameter(
    'dropout',
    number(...BOUNDS.fraction),
    (c) => c.hyperparameters.dropout,
    (c, value) => {
      c.hyperparameters.dropout = value;
    },
  ),
  {
    key: 'augmentation',
    read: (text, into) => {
      const parsed = z.enum(['crops-flips', 'flips', 'none']).safeParse(text);
      if (parsed.success) into.hyperparameters.augmentation = parsed.data;
      return parsed.success;
    },
    write: (from) => from.hyperparameters.augmentation,
  },
  parameter(
    'views',
    whole(...BOUNDS.views),
    (c) => c.hyperparameters.views,
    (c, value) => {
      c.hyperparameters.views = value;
    },
  ),
  parameter(
    'patience',
    whole(...BOUNDS.patience),
    (c) => c.hyperparameters.patience,
    (c, value) => {
      c.hyperparameters.patience = value;
    },
  ),
  parameter(
    'seeds',
    whole(...BOUNDS.seeds),
    (c) => c.sweep.seeds,
    (c, value) => {
      c.sweep.seeds = value;
    },
  ),
  {
    key: 'findRates',
    read: (text, { sweep }) => {
      if (text !== 'on' && text !== 'off') return false;
      sweep.findRates = text === 'on';
      return true;
    },
    write: ({ sweep: { findRates } }) => (findRates === null ? null : findRates ? 'on' : 'off'),
  },
  flag(
    'halving',
    (c) => c.sweep.halving,
    (c, value) => {
      c.sweep.halving = value;
    },
  ),
  flag(
    'warmStart',
    (c) => c.hyperparameters.warmStart,
    (c, value) => {
      c.hyperparameters.warmStart = value;
    },
  ),
  parameter(
    'probe.epochs',
    whole(...BOUNDS.epochs),
    (c) => c.hyperparameters.probe.epochs,
    (c, value) => {
      c.hyperparameters.probe.epochs = value;
    },
  ),
  parameter(
    'probe.lr',
    learningRate,
    (c) => c.hyperparameters.probe.learningRate,
    (c, value) => {
      c.hyperparameters.probe.learningRate = value;
    },
  ),
  parameter(
    'probe.decay',
    number(...BOUNDS.weightDecay),
    (c) => c.hyperparameters.probe.weightDecay,
    (c, value) => {
      c.hyperparameters.probe.weightDecay = value;
    },
  ),
  parameter(
    'probe.batch',
    whole(...BOUNDS.batchSize),
    (c) => c.hyperparameters.probe.batchSize,
    (c, value) => {
      c.hyperparameters.probe.batchSize = value;
    },
  ),
];

const optionId = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/);
const optionValue = number(-1e9, 1e9);
/** The largest number of values that a sweep tries for one option. */
export const MOST_VALUES = 12;
const valuesOf = (one: z.ZodType<number, string>) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(one).min(1).max(MOST_VALUES))
    .refine((values) => new Set(values).size === values.length);

/** Per setting: `lr.<setting>`, `option.<setting>.<option>`, and lists of either as `sweep.<setting>.<option or lr>`. */
function readPerSetting(
  key: string,
  text: string,
  { hyperparameters, sweep }: Configuration,
): boolean | null {
  const [kind, ...names] = key.split('.');
  if (kind !== 'lr' && kind !== 'option' && kind !== 'sweep') return null;
  const [setting = '', option = ''] = names;
  if (!id.safeParse(setting).success || names.length !== (kind === 'lr' ? 1 : 2)) return false;
  if (kind !== 'lr' && !optionId.safeParse(option).success) return false;
  if (kind === 'sweep') {
    const values = valuesOf(option === RATE ? learningRate : optionValue).safeParse(text);
    if (values.success) sweep.values[setting] = { ...sweep.values[setting], [option]: values.data };
    return values.success;
  }
  const value = (kind === 'lr' ? learningRate : optionValue).safeParse(text);
  if (!value.success) return false;
  if (kind === 'lr') hyperparameters.learningRates[setting] = value.data;
  else hyperparameters.options[setting] = { ...hyperparameters.options[setting], [option]: value.data };
  return true;
}

/** Parses `?…`. `ignored` lists the known parameters that are invalid; unknown parameters are skipped. */
export function parseUrl(search: string): { configuration: Configuration; ignored: string[] } {
  const configuration = structuredClone(DEFAULT_CONFIGURATION);
  const ignored: string[] = [];
  for (const [key, text] of new URLSearchParams(search)) {
    const known = PARAMETERS.find((each) => each.key === key);
    const read = known ? known.read(text, configuration) : readPerSetting(key, text, configuration);
    if (read === false) ignored.push(`${key}=${text.slice(0, 40)}`);
  }
  return { configuration, ignored };
}

/** The `?…` of a configuration; empty if every value is the default. */
export function serialiseUrl(configuration: Configuration): string {
  const search = new URLSearchParams();
  for (const { key, write } of PARAMETERS) {
    const text = write(configuration);
    if (text !== null) search.set(key, text);
  }
  for (const [setting, value] of Object.entries(configuration.hyperparameters.learningRates))
    search.set(`lr.${setting}`, String(value));
  for (const [setting, options] of Object.entries(configuration.hyperparameters.options))
    for (const [option, value] of Object.entries(options))
      search.set(`option.${setting}.${option}`, String(value));
  for (const [setting, lists] of Object.entries(configuration.sweep.values))
    for (const [option, values] of Object.entries(lists))
      if (values.length > 0) search.set(`sweep.${setting}.${option}`, values.join());
  const text = search.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `?${text}`;
}
