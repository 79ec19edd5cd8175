/** docs/learning-rates.md: the default learning rates, and the searches in bench/core-atoms/ that they follow from. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SettingOption } from '../../src/core/setting';
import { METHODS } from '../../src/methods';
import type { TuningMethod } from '../../src/methods/method';
import { table } from '../markdown';
import { best, type Searched, searched } from './kept';
import { ONLY_SEARCHED, PLANS, type Plan, SETS } from './plan';

const FILE = fileURLToPath(new URL('../../docs/learning-rates.md', import.meta.url));

/** Among rates whose means differ by no more than this, 0–1, the lowest is the default. */
const AS_GOOD = 0.01;
/** Means within this of the highest, 0–1, show how flat a setting is. */
const NEAR = 0.03;

/** A setting that was searched on fewer sets keeps the rate it had. */
const LEAST_SETS = 2;

/** What a plan's search found on each set, without the set that was chosen because tuning helps on it. */
interface PlanSearch {
  plan: Plan;
  bySet: { set: string; outcomes: Searched[] }[];
  /** The mean accuracy over the sets, 0–1, at each rate that was tried on all of them; rates ascending. */
  means: { rate: number; mean: number }[];
}

/** What the searches say about a setting's default learning rate. */
interface DefaultRate {
  method: TuningMethod;
  search: PlanSearch;
  /** At the default options. */
  learningRate: number;
  /** As `TuningMethod.rateExponents`. */
  rateExponents: Record<string, number>;
}

/** Of the settings whose default options were searched on enough sets. */
export const defaultRates = async (): Promise<DefaultRate[]> => defaultsFrom(await allSearches());

function defaultsFrom(searches: readonly PlanSearch[]): DefaultRate[] {
  return METHODS.flatMap((method) => {
    const own = searches.filter(({ plan }) => plan.setting === method.id);
    const search = own.find(({ plan }) => differing(method, plan) === null);
    if (!search) return [];
    const rateExponents = Object.assign({}, ...own.map((other) => exponentOf(method, search, other)));
    return { method, search, learningRate: chosen(search), rateExponents };
  });
}

/** The first option that is not at its default, and its value; null if there is none. LoRA's α was searched with its rank, α/r = 1. */
function differing({ options }: TuningMethod, plan: Plan): { option: SettingOption; value: number } | null {
  for (const option of options) {
    const value = plan.options[option.id] ?? option.default;
    if (value !== option.default) return { option, value };
  }
  return null;
}

/** The power that the rate follows of the option by which `other` differs, by its id; empty if the rate does not follow it. */
function exponentOf(method: TuningMethod, search: PlanSearch, other: PlanSearch): Record<string, number> {
  const difference = differing(method, other.plan);
  if (!difference) return {};
  const { option, value } = difference;
  const rate = bestRate(onSetsOf(other, search));
  const sized = onSetsOf(search, other);
  if (within(sized, AS_GOOD).includes(rate)) return {};
  const exponent = Math.log(bestRate(sized) / rate) / Math.log(value / option.default);
  const rounded = Math.round(2 * exponent) / 2;
  return rounded === 0 ? {} : { [option.id]: rounded };
}

/** The search without the sets on which `other` was not searched. */
function onSetsOf(other: PlanSearch, { plan, bySet }: PlanSearch): PlanSearch {
  const common = bySet.filter(({ set }) => other.bySet.some((each) => each.set === set));
  return { plan, bySet: common, means: meansOf(common) };
}

async function allSearches(): Promise<PlanSearch[]> {
  const sets = Object.entries(SETS).flatMap(([name, { isFirstSample }]) => (isFirstSample ? [] : name));
  const searches = await Promise.all(
    [...PLANS, ...ONLY_SEARCHED].map(async (plan) => {
      const found = await Promise.all(
        sets.map(async (set) => ({ set, outcomes: await searched(set, plan) })),
      );
      const bySet = found.filter(({ outcomes }) => outcomes.length > 0);
      return { plan, bySet, means: meansOf(bySet) };
    }),
  );
  return searches.filter(({ bySet }) => bySet.length >= LEAST_SETS);
}

function meansOf(bySet: PlanSearch['bySet']): PlanSearch['means'] {
  const rates = bySet[0]?.outcomes.map(({ rate }) => rate) ?? [];
  return rates.flatMap((rate) => {
    const accuracies = bySet.flatMap(
      ({ outcomes }) => outcomes.find((each) => each.rate === rate)?.accuracy ?? [],
    );
    if (accuracies.length < bySet.length) return [];
    return { rate, mean: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length };
  });
}

const highest = ({ means }: PlanSearch) => Math.max(...means.map(({ mean }) => mean));

/** The rates whose mean is at most `less` below the highest, ascending. */
const within = (search: PlanSearch, less: number): number[] =>
  search.means.flatMap(({ rate, mean }) => (mean >= highest(search) - less ? rate : []));

const bestRate = (search: PlanSearch): number => within(search, 0)[0] ?? Number.NaN;

const chosen = (search: PlanSearch): number => within(search, AS_GOOD)[0] ?? Number.NaN;

const percent = (value: number) => (100 * value).toFixed(1);

export async function writeLearningRates(): Promise<void> {
  const searches = await allSearches();
  const titles = [
    'setting',
    'default',
    'mean accuracy there',
    'sets',
    `rates within ${100 * NEAR} points of the highest mean`,
    'follows',
  ];
  const rows = defaultsFrom(searches).map(({ method, search, learningRate, rateExponents }) => [
    method.symbol.startsWith('Δ') ? `${method.label}, ${method.symbol}` : method.label,
    learningRate.toExponential(),
    percent(search.means.find(({ rate }) => rate === learningRate)?.mean ?? Number.NaN),
    `${search.bySet.length}`,
    within(search, NEAR)
      .map((rate) => rate.toExponential())
      .join(', '),
    Object.entries(rateExponents)
      .map(([option, exponent]) => `${option}^${exponent}`)
      .join(', '),
  ]);
  const parts = [
    '# Default learning rates',
    'Made by `npm run core-atoms` from `bench/core-atoms/`. [Core atoms](core-atoms.md) describes sets, settings and the search. All settings had the same search with the starter; with ImageNet weights those that are not tested there began with three rates.',
    `**Rule.** The default is the rate with the highest mean accuracy over the sets; of rates whose means differ by at most ${100 * AS_GOOD} point from the highest, the lowest. Every accuracy is of one run, with 48 to 160 validation images, so smaller differences say nothing. Where a second size of a setting (rank, m, kc) was searched and loses more than a point at the best rate of the first, the default is proportional to a power of the size: the one through the best rates of both sizes, on the sets that both have, rounded to halves. A setting that was searched on one set only keeps the rate it had and is not listed. Means over different sets cannot be compared with each other. The sample set \`surface-faults\` was chosen because tuning helps on it and is left out.`,
    table(titles, rows),
    '## Accuracy at each learning rate',
    'Validation accuracy after the last epoch, in percent, of one run each (seed 0). **Bold**: the rate that the search chose for this set, which [the test](core-atoms.md) took where the setting was tested; on a tie, the one with the lower validation loss.',
    ...searches.flatMap(rateTable),
  ];
  await writeFile(FILE, `${parts.join('\n\n')}\n`);
}

/** The accuracy of a setting at each searched rate, one row for each set. */
function rateTable({ plan, bySet, means }: PlanSearch): string[] {
  const rates = [...new Set(bySet.flatMap(({ outcomes }) => outcomes.map(({ rate }) => rate)))].sort(
    (a, b) => a - b,
  );
  const rows = bySet.map(({ set, outcomes }) => [
    set,
    ...rates.map((rate) => {
      const outcome = outcomes.find((each) => each.rate === rate);
      if (!outcome) return '';
      return outcome === best(outcomes) ? `**${percent(outcome.accuracy)}**` : percent(outcome.accuracy);
    }),
  ]);
  const meanCells = rates.map((rate) => {
    const known = means.find((each) => each.rate === rate);
    return known ? percent(known.mean) : '';
  });
  const titles = ['set', ...rates.map((rate) => rate.toExponential())];
  return [`### ${plan.name}`, table(titles, [...rows, ['mean', ...meanCells]])];
}
