/**
 * Compares runs: accuracies with intervals over images and seeds, and which differences are shown. The slow part, the
 * bootstrap, is provided by `Statistics`. Values that are not computed yet are null; outdated values are never used.
 */

import { canonical } from '../../src/canonical';
import type { ModelSummary } from '../../src/core/model';
import type { Predictions, RunResult } from '../../src/core/run';
import { classWeights } from '../../src/statistics/balanced';
import { accuracyInterval, type MeanInterval, meanOf } from '../../src/statistics/bootstrap';
import { holmAdjusted } from '../../src/statistics/holm';
import { confusionMatrix, macroF1 } from '../../src/statistics/macro-f1';
import type { PairedComparison } from '../../src/statistics/paired-test';
import { type ComputedBy, computedByKey, computedByWords, isMixed } from './computed-by';
import { PROBE_SETTING } from './defaults';
import { armOf, type RunRecord } from './run-record';
import { immediately, rightOf, type Statistics } from './statistics';

/** The fields of a run that the comparison reads. The run comes from the page or from a results file. */
export interface ComparedRun
  extends Pick<
    RunRecord,
    'name' | 'armName' | 'symbol' | 'setting' | 'role' | 'style' | 'config' | 'basis' | 'trainable'
  > {
  /** Null if the run has no result. */
  readonly result: (Pick<RunResult, 'outcome' | 'seconds' | 'validation' | 'test'> & ComputedBy) | null;
  readonly model: Pick<ModelSummary, 'adapterBytes'> | null;
}

/** The images on which an accuracy is measured. */
export type Scored = 'validation' | 'test';

/** Accuracy at the best epochs of runs that differ only in their seeds; balanced accuracy if the classes are unbalanced. */
export interface Accuracy {
  mean: number;
  /** 95 % interval: Wilson for one run, otherwise the bootstrap over images and seeds. Null while it is being computed. */
  interval: Pick<MeanInterval, 'low' | 'high'> | null;
  images: number;
  /** Null if the classes are nearly balanced. */
  unbalanced: Unbalanced | null;
}

/** What balanced accuracy leaves out. Means over the runs, 0–1. */
export interface Unbalanced {
  accuracy: number;
  /** The accuracy of a model that always predicts the class with the most images. */
  majority: number;
  /** Number of classes that have images: always predicting one class has a balanced accuracy of 1 / classes. */
  classes: number;
  macroF1: number;
}

/** A setting with its values, and its runs, all computed with the same backend, precision and number of threads. */
export interface Arm<Run extends ComparedRun = RunRecord> {
  key: string;
  /** Without the seed. Includes the backend, precision and threads if they differ between arms. */
  name: string;
  symbol: string;
  setting: string;
  /** Index of colour and marker, taken from the first run. */
  style: number;
  /** Finished runs, sorted by seed. */
  runs: Run[];
  /** Trainable parameters of backbone and head. */
  parameters: number;
  trainable: { backbone: number; head: number };
  /** Means over the runs. */
  seconds: number;
  adapterBytes: number;
  validation: Accuracy;
  /** Null if there are no test images. */
  test: Accuracy | null;
}

export interface Pair<Run extends ComparedRun = RunRecord> {
  first: Arm<Run>;
  second: Arm<Run>;
  /** Number of seeds that both arms have. */
  seeds: number;
  /** First minus second, with its 95 % interval. Null while it is being computed. */
  difference: MeanInterval | null;
  /** Adjusted for all pairs, so null until all pairs are computed. */
  test: Pick<PairedComparison, 'p' | 'verdict' | 'meanSquare'> | null;
}

export interface Comparison<Run extends ComparedRun = RunRecord> {
  arms: Arm<Run>[];
  /** All pairs of arms with a common seed. p-values are adjusted for all pairs (Holm). */
  pairs: Pair<Run>[];
  /** True while some intervals or tests are null. */
  isComputing: boolean;
  /** True if the arms differ in backend, precision or number of threads. */
  isMixed: boolean;
  /** The images of the headline accuracies and of the pairs: the test images if every arm has predictions for them. */
  scoredOn: Scored;
  /** The search runs. */
  searches: Run[];
}

/** Compares runs that use the same images. */
export function compare<Run extends ComparedRun>(
  runs: readonly Run[],
  statistics: Statistics = immediately,
): Comparison<Run> {
  const over = runs.filter(({ result, role }) => result?.outcome === 'finished' && role === 'final');
  const mixed = isMixed(over.flatMap(({ result }) => result ?? []));
  const keys = [...new Set(over.map(keyOf))];
  const arms = keys.map((key) =>
    arm(
      key,
      over.filter((run) => keyOf(run) === key),
      mixed,
      statistics,
    ),
  );
  const scoredOn: Scored = arms.length > 0 && arms.every(({ test }) => test) ? 'test' : 'validation';
  const all = pairs(arms, scoredOn, statistics);
  const accuracies = arms.flatMap(({ validation, test }) => (test ? [validation, test] : [validation]));
  return {
    arms,
    pairs: all,
    isComputing: accuracies.some(({ interval }) => !interval) || all.some(({ test }) => !test),
    isMixed: mixed,
    scoredOn,
    searches: runs.filter(({ role }) => role === 'search'),
  };
}

/**
 * The arms whose learning rate was compared with no other one: there is neither a search run nor another arm of the same setting and
 * options at another rate. The linear probe, which the others start from, is not counted.
 */
export function untestedRates<Run extends ComparedRun>({
  arms,
  searches,
}: Pick<Comparison<Run>, 'arms' | 'searches'>): Arm<Run>[] {
  const configs = [...searches, ...arms.flatMap(({ runs }) => runs)].map(({ config }) => config);
  return arms.filter(({ setting, runs: [run] }) => {
    if (setting === PROBE_SETTING || !run) return false;
    const options = canonical(run.config.options);
    return configs.every(
      (other) =>
        other.setting !== setting ||
        canonical(other.options) !== options ||
        other.learningRate === run.config.learningRate,
    );
  });
}

const keyOf = (run: ComparedRun) => `${armOf(run)} ${run.result ? computedByKey(run.result) : ''}`;

function arm<Run extends ComparedRun>(
  key: string,
  unordered: Run[],
  mixed: boolean,
  statistics: Statistics,
): Arm<Run> {
  // A repeated seed gives no new information, so it counts once.
  const bySeed = new Map(unordered.map((run) => [run.config.seed, run]));
  const runs = [...bySeed.values()].sort((a, b) => a.config.seed - b.config.seed);
  const [first] = runs;
  if (!first) throw new Error('An arm has runs.');
  const mean = (of: (run: Run) => number) => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const accuracy = (on: Scored) =>
    accuracyOf(
      runs.flatMap((run) => predictionsOf(run, on) ?? []),
      statistics,
    );
  const { armName, symbol, setting, style, trainable, result } = first;
  const name = runs.length > 1 ? armName : first.name;
  return {
    key,
    name: mixed && result ? `${name} (${computedByWords(result)})` : name,
    symbol,
    setting,
    style,
    runs,
    parameters: trainable.backbone + trainable.head,
    trainable,
    seconds: mean(({ result }) => result?.seconds ?? 0),
    adapterBytes: mean(({ model }) => model?.adapterBytes ?? 0),
    validation: accuracy('validation'),
    test: runs.every((run) => predictionsOf(run, 'test')) ? accuracy('test') : null,
  };
}

const predictionsOf = ({ result }: ComparedRun, on: Scored): Predictions | null => result?.[on] ?? null;

const NO_IMAGES: Accuracy = { mean: 0, interval: { low: 0, high: 1 }, images: 0, unbalanced: null };

/** The accuracy of runs on the same images. */
export function accuracyOf(predictions: readonly Predictions[], statistics: Statistics): Accuracy {
  const [first] = predictions;
  const images = first?.targets.length ?? 0;
  if (!first || images === 0) return NO_IMAGES;
  const weighted = classWeights(first.targets);
  const rows = predictions.map(rightOf);
  return {
    mean: meanOf(rows, weighted),
    interval: predictions.length === 1 ? accuracyInterval(rows, weighted) : statistics.accuracy(predictions),
    images,
    unbalanced: weighted && {
      accuracy: meanOf(rows, null),
      majority: Math.max(...weighted.classes.map(({ length }) => length)) / images,
      classes: weighted.classes.length,
      macroF1: meanMacroF1(predictions),
    },
  };
}

function meanMacroF1(predictions: readonly Predictions[]): number {
  const most = (values: readonly number[]) => values.reduce((high, value) => Math.max(high, value), 0);
  const scores = predictions.map(({ targets, predicted }) =>
    macroF1(confusionMatrix(targets, predicted, 1 + Math.max(most(targets), most(predicted)))),
  );
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

function pairs<Run extends ComparedRun>(
  arms: readonly Arm<Run>[],
  on: Scored,
  statistics: Statistics,
): Pair<Run>[] {
  const all = arms.flatMap((first, index) =>
    arms.slice(index + 1).flatMap((second) => pair(first, second, on, statistics) ?? []),
  );
  const found = all.flatMap(({ comparison }) => comparison ?? []);
  const adjusted = found.length === all.length ? holmAdjusted(found) : [];
  return all.map(({ comparison, ...each }, index) => {
    return {
      ...each,
      difference: comparison && { mean: comparison.difference, low: comparison.low, high: comparison.high },
      test: adjusted[index] ?? null,
    };
  });
}

/** Null if the arms have no common seed. */
function pair<Run extends ComparedRun>(
  first: Arm<Run>,
  second: Arm<Run>,
  on: Scored,
  statistics: Statistics,
): (Pick<Pair<Run>, 'first' | 'second' | 'seeds'> & { comparison: PairedComparison | null }) | null {
  const rows = first.runs.flatMap((run) => {
    const other = second.runs.find(({ config }) => config.seed === run.config.seed);
    const [ours, theirs] = [predictionsOf(run, on), other && predictionsOf(other, on)];
    return ours && theirs && ours.targets.length > 0 ? [[ours, theirs] as const] : [];
  });
  if (rows.length === 0) return null;
  const comparison = statistics.difference(
    rows.map(([ours]) => ours),
    rows.map(([, theirs]) => theirs),
  );
  return { first, second, seeds: rows.length, comparison };
}

const EXCHANGED = {
  better: 'worse',
  worse: 'better',
  'no difference shown': 'no difference shown',
} as const;

/** The pairs of which exactly one arm is asked for, with that arm first. */
export function withFirst<Run extends ComparedRun>(
  pairs: readonly Pair<Run>[],
  isAskedFor: (arm: Arm<Run>) => boolean,
): Pair<Run>[] {
  return pairs.flatMap((pair) => {
    const [first, second] = [isAskedFor(pair.first), isAskedFor(pair.second)];
    return first === second ? [] : [first ? pair : exchanged(pair)];
  });
}

/** The same pair with its settings exchanged. */
export function exchanged<Run extends ComparedRun>({
  first,
  second,
  seeds,
  difference,
  test,
}: Pair<Run>): Pair<Run> {
  return {
    first: second,
    second: first,
    seeds,
    difference: difference && { mean: -difference.mean, low: -difference.high, high: -difference.low },
    test: test && { ...test, verdict: EXCHANGED[test.verdict] },
  };
}
