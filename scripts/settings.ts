/**
 * Compares all settings on the same images with several seeds: `npm run settings`, or `npm run settings -- SET…` for some of the data
 * sets, with `--seeds 0,3` for other seeds than 0, 1 and 2. Uses real images with ImageNet ResNet-50 through conv4_x at 64 px (skipped
 * without ../shared), and the sample sets with the starter. Prints a Markdown table for each set, with PyTorch's result where
 * bench/RESULTS.md has one; the exit code is 1 if a row is outside its interval. `--results FILE` prints the table of an
 * existing results.json instead. Takes hours on two cores. Every seed's results are kept in out/settings/, and a later call makes only
 * those that are missing; so seeds can be divided between two processes. `--again` makes all of them anew.
 */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseResults } from '../app/report/rerun';
import { comparedRun, type Results } from '../app/report/results';
import { type Arm, type ComparedRun, compare, exchanged } from '../app/store/comparison';
import { accuracyWords, differenceWords, pWords } from '../app/store/comparison-words';
import { bytes, count } from '../app/ui/format';
import { tune } from '../e2e/command';
import { table } from './markdown';
import { statedRange } from './stated-range';

const SHARED = fileURLToPath(new URL('../../shared/', import.meta.url));
const OUT = fileURLToPath(new URL('../out/settings/', import.meta.url));

const SETTINGS = [
  'linear-probe',
  'atoms',
  'overcomplete-atoms',
  'coefficient-atoms',
  'all-atoms',
  'lora',
  'bitfit',
  'full',
] as const;
type Setting = (typeof SETTINGS)[number];

/** The setting with which the others are compared. */
const RIVAL: Setting = 'lora';

interface Experiment {
  args: string[];
  /** PyTorch's accuracy on the validation images after the last epoch in percent, by setting, and the tolerated difference. */
  reference: Partial<Record<Setting, number>>;
  halfWidth: number;
}

/** The learning rates of the reference, and those at which the settings without a reference were measured beside it. */
const REFERENCE_RATES: Partial<Record<Setting, number>> = {
  atoms: 3e-3,
  'overcomplete-atoms': 1e-3,
  'coefficient-atoms': 1e-3,
  'all-atoms': 1e-3,
  lora: 1e-3,
  bitfit: 1e-3,
  full: 1e-4,
};

const REAL_IMAGES = [
  ...['--backbone', `${SHARED}weights/resnet50-imagenet-stages1-4.safetensors`, '--size', '64'],
  ...['--augmentation', 'crops-flips'],
  ...Object.entries(REFERENCE_RATES).flatMap(([setting, rate]) => ['--lr', `${setting}=${rate}`]),
];

const EXPERIMENTS: Record<string, Experiment> = {
  flowers5: {
    args: ['--data', `${SHARED}data/flowers5`, '--epochs', '8', ...REAL_IMAGES],
    reference: {
      'linear-probe': 78.5,
      atoms: 79.5,
      lora: 79.5,
      'coefficient-atoms': 81.5,
      full: 82.5,
    },
    halfWidth: 5.6,
  },
  'sign-digits': {
    args: ['--data', `${SHARED}data/sign-digits`, '--epochs', '6', ...REAL_IMAGES],
    reference: {
      'linear-probe': 92.8,
      atoms: 93.5,
      lora: 94.3,
      'coefficient-atoms': 96.5,
      full: 98.5,
    },
    halfWidth: 2.5,
  },
  counting: { args: ['--sample', 'counting'], reference: {}, halfWidth: 0 },
  textures: { args: ['--sample', 'textures'], reference: {}, halfWidth: 0 },
};

const NO_REFERENCE: Experiment = { args: [], reference: {}, halfWidth: 0 };

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '0,1,2' },
      results: { type: 'string' },
      again: { type: 'boolean', default: false },
    },
  });
  if (values.results !== undefined) {
    const results = parseResults(await readFile(values.results, 'utf8'), values.results);
    return print(results, EXPERIMENTS[results.dataset.name] ?? NO_REFERENCE) ? 0 : 1;
  }
  const sets = positionals.length > 0 ? positionals : Object.keys(EXPERIMENTS);
  const stray = sets.find((name) => !(name in EXPERIMENTS));
  if (stray !== undefined) {
    console.error(`There is no set “${stray}”. Choose from: ${Object.keys(EXPERIMENTS).join(', ')}.`);
    return 2;
  }
  let inside = true;
  for (const name of sets) {
    const experiment = EXPERIMENTS[name];
    if (!experiment) continue;
    if (experiment.args.includes('--data') && !existsSync(SHARED)) {
      console.log(`${name} is skipped: the images and weights in ../shared were not found.`);
      continue;
    }
    const all: Results[] = [];
    for (const seed of values.seeds.split(',')) {
      const results = await resultsOf(name, experiment, seed, values.again);
      if (!results) return 1;
      all.push(results);
    }
    const [first] = all;
    if (first && !print({ ...first, runs: all.flatMap(({ runs }) => runs) }, experiment)) inside = false;
  }
  return inside ? 0 : 1;
}

/** A seed's results, made if they are not there yet; null if not all of its runs finished. */
async function resultsOf(name: string, { args }: Experiment, seed: string, again: boolean) {
  const out = `${OUT}${name}/seed-${seed}`;
  const file = `${out}/results.json`;
  const kept = async () => {
    if (!existsSync(file)) return null;
    const results = parseResults(await readFile(file, 'utf8'), file);
    const finished = results.runs.filter(({ outcome }) => outcome === 'finished');
    return finished.length === SETTINGS.length ? results : null;
  };
  const before = again ? null : await kept();
  if (before) return before;
  await rm(out, { recursive: true, force: true });
  await tune(
    [
      ...args,
      ...SETTINGS.flatMap((setting) => ['--setting', setting]),
      ...['--seed', seed, '--no-find-rates', '--backend', 'wasm', '--out', out],
    ],
    { echo: true },
  );
  return kept();
}

/** Prints the table; false if a row is outside the reference's interval. */
function print(results: Results, { reference, halfWidth }: Experiment): boolean {
  const { arms, pairs } = compare(results.runs.map((run) => comparedRun(run, results.dataset)));
  const against = (arm: Arm<ComparedRun>) => {
    const pair = pairs.find(({ first, second }) =>
      [first, second].every((each) => each === arm || each.setting === RIVAL),
    );
    if (!pair || arm.setting === RIVAL) return '–';
    const { difference, test } = pair.first === arm ? pair : exchanged(pair);
    return `${differenceWords(difference)}, p ${pWords({ test })}: ${test?.verdict}`;
  };
  let inside = true;
  const rows = arms.map((arm) => {
    const theirs = reference[arm.setting as Setting]; // undefined for other settings
    const last = arm.runs.map((run) => 100 * (run.last?.accuracy ?? Number.NaN));
    const mean = last.reduce((sum, each) => sum + each, 0) / last.length;
    // Both have one or two decimals; the 1e-6 is for floating-point rounding.
    const isInside = theirs === undefined || Math.abs(mean - theirs) <= halfWidth + 1e-6;
    inside &&= isInside;
    return [
      arm.name,
      count(arm.trainable.backbone),
      accuracyWords(arm.validation),
      `${mean.toFixed(1)}: ${last.map((each) => each.toFixed(1)).join(', ')}`,
      theirs === undefined ? '–' : `${statedRange(theirs, halfWidth)}${isInside ? '' : ', **outside**'}`,
      against(arm),
      arm.seconds.toFixed(0),
      bytes(Math.round(arm.adapterBytes)),
    ];
  });
  const titles = [
    'setting',
    'trainable parameters',
    'best epoch (95 %)',
    'last epoch, %: by seed',
    'PyTorch, last epoch, %',
    'against LoRA, points',
    'seconds',
    'adapter',
  ];
  console.log(`\n${results.dataset.label}; ${results.backbone.name}, ${results.backbone.inputSize} px\n`);
  console.log(table(titles, rows));
  return inside;
}
