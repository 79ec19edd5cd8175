/**
 * The test of core atoms that docs/core-atoms.md describes: `npm run core-atoms`, or `npm run core-atoms -- SET…` for some of the sets.
 * Searches a learning rate for every setting, tests it with other seeds, and prints the tables. Every finished call of the command line is
 * kept in bench/core-atoms/, so an interrupted test goes on where it was. `--print` prints the tables of what is there.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseResults } from '../app/report/rerun';
import { comparedRun, type Results } from '../app/report/results';
import { type ComparedRun, compare } from '../app/store/comparison';
import { accuracyWords, differenceWords, pWords } from '../app/store/comparison-words';
import { count } from '../app/ui/format';
import { tune } from '../e2e/command';
import type { SettingOptions } from '../src/worker/protocol';
import { samplePng } from './sample-png';
import { drawSample, SAMPLE_SETS, samplePath } from './samples';

const SHARED = fileURLToPath(new URL('../../shared/', import.meta.url));
const OUT = fileURLToPath(new URL('../out/core-atoms/', import.meta.url));
const KEPT = fileURLToPath(new URL('../bench/core-atoms/', import.meta.url));

// ---------------------------------------------------------------- the plan

interface Plan {
  /** The name of its files. */
  id: string;
  setting: string;
  options: SettingOptions;
  /** Empty: its learning rate is not searched. */
  rates: readonly number[];
}

const SMALL = [1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
const LORA = [3e-4, 1e-3, 3e-3, 1e-2, 3e-2];

const PLANS: readonly Plan[] = [
  { id: 'probe', setting: 'linear-probe', options: {}, rates: [] },
  { id: 'atoms', setting: 'atoms', options: { m: 9 }, rates: SMALL },
  { id: 'core-3', setting: 'core-atoms', options: { r: 3 }, rates: SMALL },
  { id: 'core-8', setting: 'core-atoms', options: { r: 8 }, rates: SMALL },
  { id: 'xs-6', setting: 'lora-xs', options: { r: 6 }, rates: SMALL },
  { id: 'xs-15', setting: 'lora-xs', options: { r: 15 }, rates: SMALL },
  { id: 'svf', setting: 'svf', options: {}, rates: SMALL },
  { id: 'lora-1', setting: 'lora', options: { r: 1, alpha: 1 }, rates: LORA },
  { id: 'lora-4', setting: 'lora', options: { r: 4, alpha: 4 }, rates: LORA },
  {
    id: 'coefficient-atoms',
    setting: 'coefficient-atoms',
    options: { m: 9, kc: 4 },
    rates: [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
  },
  { id: 'full', setting: 'full', options: {}, rates: [3e-5, 1e-4, 3e-4, 1e-3, 3e-3] },
];

interface TestSet {
  args: string[];
  /** Makes the folder with `train/` and `test/`; false if its images are not there. */
  folder: (to: string) => Promise<boolean>;
  seeds: number;
  /** The plans that take part; all if absent. */
  plans?: readonly string[];
}

const IMAGENET = `${SHARED}weights/resnet50-imagenet-stages1-4.safetensors`;

const SETS: Record<string, TestSet> = {
  'sign-digits': {
    args: ['--epochs', '8', '--augmentation', 'none'],
    folder: photos('sign-digits'),
    seeds: 5,
  },
  counting: { args: ['--epochs', '10', '--augmentation', 'flips'], folder: drawn('counting', 200), seeds: 5 },
  flowers5: {
    args: ['--epochs', '10', '--augmentation', 'crops-flips'],
    folder: photos('flowers5'),
    seeds: 3,
  },
  textures: {
    args: ['--epochs', '10', '--augmentation', 'crops-flips'],
    folder: drawn('textures', 100),
    seeds: 3,
  },
  'sign-digits-imagenet': {
    args: ['--epochs', '6', '--augmentation', 'crops-flips', '--backbone', IMAGENET, '--size', '64'],
    folder: photos('sign-digits'),
    seeds: 3,
    plans: ['probe', 'atoms', 'core-3', 'core-8', 'lora-4'],
  },
};

/** The photos in ../shared: `val/` becomes the test images, so that a part of `train/` validates. */
function photos(name: string): TestSet['folder'] {
  return async (to) => {
    const from = `${SHARED}data/${name}`;
    if (!existsSync(from)) return false;
    await mkdir(to, { recursive: true });
    await cp(`${from}/train`, `${to}/train`, { recursive: true });
    await cp(`${from}/val`, `${to}/test`, { recursive: true });
    return true;
  };
}

/** The images of a sample set, and `perClass` further images of each class as test images. */
function drawn(id: string, perClass: number): TestSet['folder'] {
  return async (to) => {
    const set = SAMPLE_SETS.find((known) => known.id === id);
    if (!set) throw new Error(`There is no sample set ${id}.`);
    for (const { name } of set.classes) {
      for (let number = 0; number < set.imagesPerClass + perClass; number++) {
        const part = number < set.imagesPerClass ? 'train' : 'test';
        await mkdir(`${to}/${part}/${name}`, { recursive: true });
        await writeFile(
          `${to}/${part}/${samplePath(name, number)}`,
          samplePng(drawSample(set, name, number)),
        );
      }
    }
    return true;
  };
}

/** The adapters of this plan's first test runs are kept: an ensemble takes the mean of their logits. */
const ENSEMBLE = { id: 'core-3', members: 3 };

// ---------------------------------------------------------------- running

/** The greatest number of rates tried beyond either end of a range. */
const BEYOND = 2;
const SEARCH_SEED = 0;
const FIRST_TEST_SEED = 1;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { print: { type: 'boolean', default: false } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(SETS);
  const stray = names.find((name) => !(name in SETS));
  if (stray !== undefined) {
    console.error(`There is no set “${stray}”. Choose from: ${Object.keys(SETS).join(', ')}.`);
    return 2;
  }
  for (const name of names) {
    const set = SETS[name];
    if (!set) continue;
    if (!values.print && !(await runSet(name, set))) return 1;
    await print(name, set);
  }
  return 0;
}

/** Runs what is missing. False if the command line failed. */
async function runSet(name: string, set: TestSet): Promise<boolean> {
  const data = `${OUT}data/${name}`;
  if (!existsSync(data)) {
    const making = `${data}.part`;
    await rm(making, { recursive: true, force: true });
    if (!(await set.folder(making))) {
      console.log(`${name} is skipped: its images in ../shared were not found.`);
      return true;
    }
    await rename(making, data);
  }
  for (const plan of plansOf(set)) {
    const call = (part: string, args: string[]) =>
      once(fileOf(name, plan, part), [...set.args, '--data', data, ...chosen(plan), ...args]);
    const search = (part: string, rates: readonly number[]) =>
      call(part, ['--sweep', `${plan.setting}.lr=${rates.join()}`, '--seed', `${SEARCH_SEED}`]);
    const args = ['--seed', `${FIRST_TEST_SEED}`, '--seeds', `${set.seeds}`];
    if (plan.rates.length > 0) {
      if (!(await search('search', plan.rates))) return false;
      for (let beyond = 1; beyond <= BEYOND; beyond++) {
        const next = rateBeyond(await searched(name, plan));
        if (next !== null && !(await search(`search-${beyond + 1}`, [next]))) return false;
      }
      args.push('--lr', `${plan.setting}=${best(await searched(name, plan)).rate}`);
    }
    if (!(await call('test', args))) return false;
  }
  return true;
}

const plansOf = ({ plans }: TestSet) => PLANS.filter(({ id }) => plans?.includes(id) ?? true);

const chosen = ({ setting, options }: Plan) => [
  ...['--setting', setting],
  ...Object.entries(options).flatMap(([id, value]) => ['--option', `${setting}.${id}=${value}`]),
];

const fileOf = (set: string, { id }: Plan, part: string) => `${KEPT}${set}/${id}.${part}.json`;

/** Calls the command line and keeps its results in `file`, unless they are there. False if it failed. */
async function once(file: string, args: string[]): Promise<boolean> {
  if (existsSync(file)) return true;
  const out = `${OUT}run-${process.pid}`;
  await rm(out, { recursive: true, force: true });
  console.log(`${new Date().toISOString()} ${file.slice(KEPT.length)}`);
  const { code, stdout, stderr } = await tune([...args, '--backend', 'wasm', '--out', out]);
  if (code !== 0) {
    console.error(`${stdout}\n${stderr}`);
    return false;
  }
  const results = parseResults(await readFile(`${out}/results.json`, 'utf8'), 'results.json');
  await mkdir(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  if (file.endsWith(`/${ENSEMBLE.id}.test.json`)) {
    const adapters = results.runs.flatMap(({ adapter }) => adapter?.file ?? []).slice(0, ENSEMBLE.members);
    for (const [index, adapter] of adapters.entries())
      await cp(`${out}/${adapter}`, file.replace(/json$/, `${index + 1}.safetensors`));
  }
  // The losses of every step are most of a file, and no table reads them.
  const runs = results.runs.map((run) => ({ ...run, losses: [] }));
  await writeFile(file, `${JSON.stringify({ ...results, runs })}\n`);
  await rm(out, { recursive: true, force: true });
  return true;
}

const read = async (file: string): Promise<Results | null> =>
  existsSync(file) ? parseResults(await readFile(file, 'utf8'), file) : null;

interface Searched {
  rate: number;
  /** On the validation images after the last epoch. */
  accuracy: number;
  loss: number;
}

/** The outcomes of all searched rates, by rate. */
async function searched(set: string, plan: Plan): Promise<Searched[]> {
  const parts = Array.from({ length: BEYOND + 1 }, (_, index) =>
    index === 0 ? 'search' : `search-${index + 1}`,
  );
  const found = await Promise.all(parts.map((part) => read(fileOf(set, plan, part))));
  return found
    .flatMap((results) => results?.runs ?? [])
    .flatMap(({ config, epochs }) => {
      const last = epochs.at(-1);
      // A run that diverged has no last epoch, or one without a loss.
      return last
        ? [{ rate: config.learningRate, accuracy: last.correct / last.total, loss: last.valLoss }]
        : [];
    })
    .sort((a, b) => a.rate - b.rate);
}

function best(outcomes: readonly Searched[]): Searched {
  const [first] = [...outcomes].sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss);
  if (!first) throw new Error('No rate was searched.');
  return first;
}

/** The next rate outside of the searched ones if the best is the lowest or the highest of them; null otherwise. */
function rateBeyond(outcomes: readonly Searched[]): number | null {
  const { rate } = best(outcomes);
  const [digit = 1, power = 0] = rate.toExponential().split('e').map(Number);
  const isOne = digit < 2; // rates are 1 or 3 times a power of ten
  if (rate === outcomes.at(-1)?.rate) return Number(isOne ? `3e${power}` : `1e${power + 1}`);
  if (rate === outcomes[0]?.rate) return Number(isOne ? `3e${power - 1}` : `1e${power}`);
  return null;
}

// ---------------------------------------------------------------- tables

async function print(name: string, set: TestSet): Promise<void> {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rateRows: string[] = [];
  const runs: ComparedRun[] = [];
  for (const plan of plansOf(set)) {
    const outcomes = await searched(name, plan);
    if (outcomes.length > 0) {
      const { rate } = best(outcomes);
      const cells = outcomes.map(
        (each) => `${each.rate}: ${(100 * each.accuracy).toFixed(1)}${each.rate === rate ? ' (chosen)' : ''}`,
      );
      rateRows.push(line([plan.id, cells.join(' · ')]));
    }
    const test = await read(fileOf(name, plan, 'test'));
    if (test) runs.push(...test.runs.map((run) => comparedRun(run, test.dataset)));
  }
  console.log(`\n**${name}**, validation accuracy by learning rate, %\n`);
  console.log([line(['setting', 'rate: accuracy']), line(['---', '---']), ...rateRows].join('\n'));
  if (runs.length === 0) return;
  const { arms, pairs } = compare(runs);
  const rows = arms.map((arm) =>
    line([
      arm.name,
      count(arm.trainable.backbone),
      `${arm.runs[0]?.config.learningRate ?? ''}`,
      arm.test ? accuracyWords(arm.test) : '–',
      arm.seconds.toFixed(0),
      `${arm.runs.length}`,
    ]),
  );
  const titles = ['setting', 'trainable in the backbone', 'rate', 'test accuracy (95 %)', 'seconds', 'seeds'];
  console.log(`\n${[line(titles), line(titles.map(() => '---')), ...rows].join('\n')}\n`);
  const pairRows = pairs.map(({ first, second, difference, test }) =>
    line([
      `${first.name} − ${second.name}`,
      difference ? differenceWords(difference) : '–',
      pWords({ test }),
      test?.verdict ?? '–',
    ]),
  );
  const pairTitles = ['pair', 'points (95 %)', 'p', 'verdict'];
  console.log([line(pairTitles), line(pairTitles.map(() => '---')), ...pairRows].join('\n'));
}

process.exitCode = await main();
