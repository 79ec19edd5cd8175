/** The tables and pictures of the test: docs/core-atoms-tables.md and docs/core-atoms-<set>.svg, made from bench/core-atoms/. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { AGAINST, pointsOf } from '../../app/charts/against';
import { comparedRun } from '../../app/report/results';
import { type ComparedRun, type Comparison, compare, type Pair, withFirst } from '../../app/store/comparison';
import { accuracyWords, differenceWords, pWords, testSentence } from '../../app/store/comparison-words';
import { bytes, count } from '../../app/ui/format';
import { table } from '../markdown';
import { fileOf, readEnsemble, readKept, readPyTorch } from './kept';
import { picture } from './picture';
import { ENSEMBLE, FIRST_TEST_SEED, PLANS, plansOf, QUESTIONS, SETS, type TestSet } from './plan';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

export async function writeTables(): Promise<void> {
  const parts = [
    '# Core atoms: tables',
    'Made by `npm run core-atoms` from `bench/core-atoms/`. [Core atoms](core-atoms.md) states settings, sets and protocol, and says what the tables show.',
  ];
  for (const [name, set] of Object.entries(SETS)) parts.push(...(await testTables(name, set)));
  await writeFile(`${DOCS}core-atoms-tables.md`, `${parts.join('\n\n')}\n`);
}

/** The accuracies on test images, the ensemble and the pairs of a set; empty if nothing was tested. */
async function testTables(name: string, set: TestSet): Promise<string[]> {
  const runs: ComparedRun[] = [];
  for (const plan of plansOf(set)) {
    const results = await readKept(fileOf(name, plan, 'test'));
    if (!results) continue;
    for (const run of results.runs) runs.push({ ...comparedRun(run, results.dataset), armName: plan.name });
  }
  if (runs.length === 0) return [];
  const comparison = compare(runs);
  await writeFile(`${DOCS}core-atoms-${name}.svg`, picture(name, pointsOf(comparison, AGAINST.parameters)));
  const settings = comparison.arms.map(({ name: setting, trainable, runs: own, test, adapterBytes }) => [
    setting,
    count(trainable.backbone),
    own[0]?.setting === 'linear-probe' ? '' : `${own[0]?.config.learningRate}`,
    accuracyWords(test),
    bytes(Math.round(adapterBytes)),
    `${own.length}`,
  ]);
  const titles = ['setting', 'trainable in the backbone', 'rate', 'test accuracy (95 %)', 'adapter', 'seeds'];
  return [
    `## ${name}`,
    table(titles, settings),
    `![Test accuracy against trainable parameters on ${name}](core-atoms-${name}.svg)`,
    ...(await ensembleTable(name, runs)),
    ...(await pyTorchTable(name, runs)),
    ...(comparison.pairs.length > 0 ? pairTables(comparison, set) : []),
  ];
}

/** A set that was chosen because tuning helps on it answers no question. */
function pairTables(comparison: Comparison<ComparedRun>, { isFirstSample }: TestSet): string[] {
  const asked = isFirstSample ? [] : askedPairs(comparison);
  return [
    testSentence(comparison),
    ...(asked.length > 0 ? ['Asked:', pairTable(asked)] : []),
    `<details><summary>All pairs</summary>\n\n${pairTable(comparison.pairs)}\n\n</details>`,
  ];
}

/** The pairs that the questions are about, the first plan's setting first. */
function askedPairs({ pairs }: Comparison<ComparedRun>): Pair<ComparedRun>[] {
  const nameOf = (id: string) => PLANS.find((plan) => plan.id === id)?.name;
  return QUESTIONS.flatMap(([first, second]) => {
    const own = withFirst(pairs, ({ name }) => name === nameOf(first));
    return own.find((pair) => pair.second.name === nameOf(second)) ?? [];
  });
}

function pairTable(pairs: readonly Pair<ComparedRun>[]): string {
  const cells = ({ first, second, difference, test }: Pair<ComparedRun>) => [
    `${first.name} − ${second.name}`,
    differenceWords(difference),
    pWords({ test }),
    test?.verdict ?? '',
  ];
  return table(['pair', 'points (95 %)', 'p', 'verdict'], pairs.map(cells));
}

/** The runs of a plan. */
function runsOf(id: string, runs: readonly ComparedRun[]): ComparedRun[] {
  const plan = PLANS.find((each) => each.id === id);
  return runs.filter(
    ({ setting, config }) => setting === plan?.setting && config.options.r === plan.options.r,
  );
}

/** The ensemble beside one run of its rival, with the same seed as the ensemble's first member. */
async function ensembleTable(set: string, runs: readonly ComparedRun[]): Promise<string[]> {
  const ensemble = await readEnsemble(set);
  const members = runsOf(ENSEMBLE.id, runs).slice(0, ENSEMBLE.members);
  const [first] = members;
  const rival = runsOf(ENSEMBLE.rival, runs).find(({ config }) => config.seed === FIRST_TEST_SEED);
  if (!ensemble || !first?.result?.test || !rival) return [];
  if (first.result.test.targets.join() !== ensemble.targets.join())
    throw new Error(`The ensemble on ${set} classified other images than the runs.`);
  const adapterBytes = members.reduce((sum, { model }) => sum + (model?.adapterBytes ?? 0), 0);
  const { targets, predicted } = ensemble;
  const together: ComparedRun = {
    ...first,
    name: `mean of ${members.length} × ${first.armName}`,
    armName: `ensemble of ${first.armName}`,
    trainable: {
      backbone: members.length * first.trainable.backbone,
      head: members.length * first.trainable.head,
    },
    result: { ...first.result, test: { targets, predicted } },
    model: { adapterBytes },
  };
  const comparison = compare([together, rival]);
  const rows = comparison.arms.map(({ name, trainable, test, adapterBytes: size }) => [
    name,
    count(trainable.backbone),
    accuracyWords(test),
    bytes(size),
  ]);
  return [
    `The mean of the logits of ${members.length} adapters, in PyTorch, beside one run of ${rival.armName}:`,
    table(['model', 'trainable in the backbone', 'test accuracy (95 %)', 'adapters'], rows),
    pairTable(comparison.pairs),
  ];
}

/** The runs in PyTorch, compared as ours are. */
async function pyTorchTable(set: string, runs: readonly ComparedRun[]): Promise<string[]> {
  const found = await readPyTorch(set);
  if (!found) return [];
  const trained = { probe: 'linear-probe', 'core-8': 'core-atoms' } as const;
  const theirs = Object.entries(trained).flatMap(([plan, setting]) => {
    const [ours] = runsOf(plan, runs);
    if (!ours?.result) return [];
    const { result } = ours;
    return found.map(({ seed, targets, [setting]: predicted }): ComparedRun => {
      return {
        ...ours,
        config: { ...ours.config, seed },
        result: { ...result, test: { targets, predicted } },
      };
    });
  });
  const comparison = compare(theirs);
  const rows = comparison.arms.map(({ name, test, runs: own }) => [
    name,
    accuracyWords(test),
    `${own.length}`,
  ]);
  return [
    'In PyTorch, last epoch:',
    table(['setting', 'test accuracy (95 %)', 'seeds'], rows),
    pairTable(comparison.pairs),
  ];
}
