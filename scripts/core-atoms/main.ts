/**
 * The test of core atoms that docs/core-atoms.md describes: `npm run core-atoms`, or `npm run core-atoms -- SET…` for some of the sets.
 * Searches a learning rate for every setting, tests it with other seeds, and writes tables and pictures of all sets to docs/, what the
 * page recommends settings by, and what it shows on the first visit. Every finished call of the command line is kept in bench/core-atoms/, so an interrupted test goes on where it was. `--print` runs nothing
 * and writes the tables of what is there.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { parseResults } from '../../app/report/rerun';
import { tune } from '../../e2e/command';
import { writeEvidence } from './evidence';
import { writeFirstResult } from './first-result';
import {
  adapterFile,
  best,
  ensembleFile,
  fileOf,
  KEPT,
  pyTorchFile,
  rateBeyond,
  searched,
  searchPart,
} from './kept';
import { writeLearningRates } from './learning-rates';
import {
  BEYOND,
  ENSEMBLE,
  FIRST_TEST_SEED,
  type Plan,
  plansOf,
  SEARCH_SEED,
  SETS,
  type TestSet,
} from './plan';
import { writeTables } from './tables';

const PYTORCH = fileURLToPath(new URL('../../interop/pytorch/', import.meta.url));
const OUT = fileURLToPath(new URL('../../out/core-atoms/', import.meta.url));

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
  for (const name of values.print ? [] : names) {
    const set = SETS[name];
    if (set && !(await runSet(name, set))) return 1;
  }
  await writeTables();
  await writeLearningRates();
  await writeEvidence();
  await writeFirstResult();
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
  const call = (plan: Plan, part: string, args: string[]) =>
    once(name, plan, part, [...set.args, '--data', data, ...chosen(plan), ...args]);
  /** The rate for the test, or null if the command line failed. */
  const searchRate = async (plan: Plan): Promise<number | null> => {
    const search = (round: number, rates: readonly number[]) =>
      call(plan, searchPart(round), [
        ...['--sweep', `${plan.setting}.lr=${rates.join()}`, '--seed', `${SEARCH_SEED}`],
      ]);
    if (!(await search(0, plan.rates))) return null;
    for (let round = 1; round <= BEYOND; round++) {
      const known = await searched(name, plan);
      // Beyond either end, or one that was added to the plan later.
      const untried = plan.rates.find((rate) => known.every((each) => each.rate !== rate));
      const next = rateBeyond(known) ?? untried ?? null;
      if (next !== null && !(await search(round, [next]))) return null;
    }
    return best(await searched(name, plan)).rate;
  };
  for (const plan of plansOf(set)) {
    const args = ['--seed', `${FIRST_TEST_SEED}`, '--seeds', `${set.seeds}`];
    if (plan.rates.length > 0) {
      const rate = await searchRate(plan);
      if (rate === null) return false;
      args.push('--lr', `${plan.setting}=${rate}`);
    }
    if (!(await call(plan, 'test', args))) return false;
  }
  if (plansOf(set).some(({ id }) => id === ENSEMBLE.rival)) await classifyWithEnsemble(name, `${data}/test`);
  if (set.isFirstSample) await tuneInPyTorch(name, data, set.seeds);
  for (const plan of set.onlySearched) if ((await searchRate(plan)) === null) return false;
  return true;
}

const chosen = ({ setting, options }: Plan) => [
  ...['--setting', setting],
  ...Object.entries(options).flatMap(([id, value]) => ['--option', `${setting}.${id}=${value}`]),
];

/** Calls the command line and keeps its results, unless they are there. False if it failed. */
async function once(set: string, plan: Plan, part: string, args: string[]): Promise<boolean> {
  const file = fileOf(set, plan, part);
  if (existsSync(file)) return true;
  const out = `${OUT}run-${process.pid}`;
  await rm(out, { recursive: true, force: true });
  console.log(`${new Date().toISOString()} ${set} ${plan.id} ${part}`);
  const { code, stdout, stderr } = await tune([...args, '--backend', 'wasm', '--out', out]);
  if (code !== 0) {
    console.error(`${stdout}\n${stderr}`);
    return false;
  }
  const results = parseResults(await readFile(`${out}/results.json`, 'utf8'), 'results.json');
  await mkdir(`${KEPT}${set}`, { recursive: true });
  if (plan.id === ENSEMBLE.id && part === 'test') {
    const adapters = results.runs.flatMap(({ adapter }) => adapter?.file ?? []).slice(0, ENSEMBLE.members);
    for (const [index, adapter] of adapters.entries()) await cp(`${out}/${adapter}`, adapterFile(set, index));
  }
  // The losses of every step are most of a file, and no table reads them.
  const runs = results.runs.map((run) => ({ ...run, losses: [] }));
  await writeFile(file, `${JSON.stringify({ ...results, runs })}\n`);
  await rm(out, { recursive: true, force: true });
  return true;
}

async function classifyWithEnsemble(set: string, images: string): Promise<void> {
  const adapters = Array.from({ length: ENSEMBLE.members }, (_, index) => adapterFile(set, index));
  await keepOutput(ensembleFile(set), () => python('ensemble.py', [images, ...adapters]));
}

async function tuneInPyTorch(set: string, data: string, seeds: number): Promise<void> {
  await keepOutput(pyTorchFile(set), async () => {
    const runs: string[] = [];
    for (let index = 0; index < seeds; index++) {
      const seed = `${FIRST_TEST_SEED + index}`;
      console.log(`${new Date().toISOString()} ${set} in PyTorch, seed ${seed}`);
      runs.push(await python('tune_sample.py', [`${data}/train`, `${data}/test`, seed]));
    }
    return `[${runs.map((run) => run.trim()).join(',\n')}]\n`;
  });
}

/** Writes what `work` returns to a file, unless it is there. */
async function keepOutput(file: string, work: () => Promise<string>): Promise<void> {
  if (existsSync(file)) return;
  try {
    await writeFile(file, await work());
  } catch (error) {
    console.log(`Left out; it needs Debian's python3-torch and python3-torchvision. ${error}`);
  }
}

/** The output of a script in interop/pytorch/. */
async function python(script: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [`${PYTORCH}${script}`, ...args]);
  return stdout;
}

process.exitCode = await main();
