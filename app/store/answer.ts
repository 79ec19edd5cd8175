/** What a comparison shows, in a few sentences: the first thing on Compare and in a report. */
import { imagesToShow } from '../../src/statistics/power';
import { count, counted, pValue } from '../ui/format';
import { type Arm, type ComparedRun, type Comparison, exchanged, type Pair, withFirst } from './comparison';
import { accuracyWords, baselineSentence } from './comparison-words';
import { PROBE_SETTING } from './defaults';

/** The difference whose number of images is stated where none is shown, 0–1. */
const WORTH_SEEING = 0.05;
/** The level of a verdict over all pairs (src/statistics/paired-test.ts). */
const LEVEL = 0.05;
/** The most settings that are named with their differences. */
const NAMED = 3;

/** Null without a finished run. */
export function answer<Run extends ComparedRun>(comparison: Comparison<Run>): string | null {
  const outcome = outcomeOf(comparison);
  const baseline = baselineSentence(comparison);
  return outcome !== null && baseline !== null ? `${outcome} ${baseline}` : outcome;
}

function outcomeOf<Run extends ComparedRun>(comparison: Comparison<Run>): string | null {
  const { arms, pairs } = comparison;
  const [first] = arms;
  if (!first) return null;
  if (arms.length === 1) return aloneSentence(first, comparison);
  if (pairs.length === 0) return 'No two settings have a common seed, so they cannot be compared.';
  if (pairs.some(({ test }) => test === null)) return 'The differences are being computed.';
  const againstIt = withFirst(pairs, ({ setting }) => setting !== PROBE_SETTING);
  return againstIt.length > 0 ? againstProbe(againstIt, comparison) : amongThemselves(comparison);
}

function aloneSentence<Run extends ComparedRun>(arm: Arm<Run>, { scoredOn }: Comparison<Run>): string {
  const accuracy = arm[scoredOn] ?? arm.validation;
  const kind = accuracy.unbalanced ? 'balanced accuracy ' : '';
  const measured = `${arm.name}: ${kind}${accuracyWords(accuracy)} on ${counted(accuracy.images, `${scoredOn} image`)}.`;
  return arm.setting === PROBE_SETTING
    ? `${measured} Run another setting to see whether tuning the backbone helps.`
    : `${measured} Run the linear probe as well: it shows what tuning the backbone adds.`;
}

/** `pairs`: those with the linear probe, which is second. */
function againstProbe<Run extends ComparedRun>(
  pairs: readonly Pair<Run>[],
  comparison: Comparison<Run>,
): string {
  const better = shown(pairs, 'better');
  const worse = shown(pairs, 'worse');
  const sentences =
    better.length > 0
      ? [
          `Better than the linear probe on these ${imagesOf(comparison)}: ${listOf(better)}.`,
          ...amongBetter(better, comparison),
        ]
      : [unshown(`${subjectOf(pairs)} shown to be better than the linear probe`, pairs, comparison)];
  if (worse.length > 0) sentences.push(`Worse than the linear probe: ${listOf(worse)}.`);
  return sentences.join(' ');
}

const subjectOf = <Run extends ComparedRun>([only, ...others]: readonly Pair<Run>[]) =>
  only && others.length === 0 ? `${only.first.name} is not` : 'No setting is';

/** Whether the settings that are better than the probe differ. */
function amongBetter<Run extends ComparedRun>(
  better: readonly Pair<Run>[],
  { pairs }: Comparison<Run>,
): string[] {
  if (better.length < 2) return [];
  const arms = better.map(({ first }) => first);
  const among = pairs.filter(({ first, second }) => arms.includes(first) && arms.includes(second));
  return among.some(isShown) ? [] : ['No difference between these settings is shown.'];
}

function amongThemselves<Run extends ComparedRun>(comparison: Comparison<Run>): string {
  const { arms, pairs, scoredOn } = comparison;
  const mean = (arm: Arm<Run>) => (arm[scoredOn] ?? arm.validation).mean;
  const best = arms.reduce((high, arm) => (mean(arm) > mean(high) ? arm : high));
  const beaten = shown(
    withFirst(pairs, (arm) => arm !== best),
    'worse',
  );
  if (beaten.length > 0)
    return `${best.name} has the highest accuracy on these ${imagesOf(comparison)}. Shown to be worse: ${listOf(beaten)}.`;
  // The best setting may scatter too much for a difference, while others differ.
  const differing = shown(
    pairs.map((pair) => (pair.test?.verdict === 'worse' ? exchanged(pair) : pair)),
    'better',
  );
  if (differing.length > 0)
    return `On these ${imagesOf(comparison)}, ${listOf(differing, ({ first, second }) => `${first.name} is better than ${second.name}`)}. No difference from ${best.name}, which has the highest accuracy, is shown.`;
  return unshown('No setting is shown to differ', pairs, comparison);
}

/** That nothing is shown, and how many images would show a difference that matters. */
function unshown<Run extends ComparedRun>(
  claim: string,
  pairs: readonly Pair<Run>[],
  comparison: Comparison<Run>,
): string {
  const { arms, scoredOn } = comparison;
  const images = arms[0]?.[scoredOn]?.images ?? 0;
  // The pair whose images scatter most needs most images; Holm compares the smallest p-value with this level.
  const meanSquare = Math.max(...pairs.flatMap(({ test }) => test?.meanSquare ?? []));
  const needed = imagesToShow(WORTH_SEEING, meanSquare, LEVEL / comparison.pairs.length);
  const enough = `They would show a difference of ${100 * WORTH_SEEING} points in four of five cases.`;
  const few = `About ${count(Number(needed.toPrecision(2)))} would be needed to see a difference of ${100 * WORTH_SEEING} points.`;
  return `${claim} on these ${imagesOf(comparison)}. ${needed <= images ? enough : few}`;
}

const isShown = <Run extends ComparedRun>({ test }: Pair<Run>) =>
  test !== null && test.verdict !== 'no difference shown';

/** The pairs with this verdict, the largest difference first. */
function shown<Run extends ComparedRun>(
  pairs: readonly Pair<Run>[],
  verdict: 'better' | 'worse',
): Pair<Run>[] {
  const size = ({ difference }: Pair<Run>) => Math.abs(difference?.mean ?? 0);
  return pairs.filter(({ test }) => test?.verdict === verdict).sort((a, b) => size(b) - size(a));
}

function imagesOf<Run extends ComparedRun>({ arms, scoredOn }: Comparison<Run>): string {
  return counted(arms[0]?.[scoredOn]?.images ?? 0, `${scoredOn} image`);
}

/** `Core atoms by 7.1 points (95 % interval 2.0 to 12.2, p = 0.002), LoRA by 5.0 points (…) and 2 more` */
function listOf<Run extends ComparedRun>(
  pairs: readonly Pair<Run>[],
  nameOf = ({ first }: Pair<Run>) => first.name,
): string {
  const named = pairs.slice(0, NAMED).map((pair) => {
    const { difference, test } = pair;
    const { mean, low, high } = difference ?? { mean: 0, low: 0, high: 0 };
    const [from, to] = mean < 0 ? [-high, -low] : [low, high];
    const p = test ? pValue(test.p) : '';
    return `${nameOf(pair)} by ${amount(Math.abs(mean))} points (95\u00a0% interval ${amount(from)} to ${amount(to)}, p\u00a0${p.startsWith('<') ? p : `= ${p}`})`;
  });
  const rest = pairs.length - named.length;
  return new Intl.ListFormat('en').format([...named, ...(rest > 0 ? [`${count(rest)} more`] : [])]);
}

const amount = (difference: number) => (100 * difference).toFixed(1);
