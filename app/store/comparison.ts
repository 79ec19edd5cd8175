/** What runs say together: accuracies with intervals over images and seeds, and which differences are shown. */

import { accuracyInterval } from '../../src/statistics/bootstrap';
import { holmAdjusted } from '../../src/statistics/holm';
import { confusionMatrix, isUnbalanced, macroF1 } from '../../src/statistics/macro-f1';
import { comparePaired, type PairedComparison } from '../../src/statistics/paired-test';
import { wilson } from '../../src/statistics/wilson';
import type { Answers, ModelSummary, RunResult } from '../../src/worker/protocol';
import { armOf, type RunRecord } from './run-record';

/** What is read of a run to compare it: the page's own, or one from a results file. */
export interface ComparedRun
  extends Pick<
    RunRecord,
    'name' | 'armName' | 'symbol' | 'setting' | 'role' | 'style' | 'config' | 'basis' | 'trainable'
  > {
  /** Null where it has none to compare. */
  readonly result: Pick<RunResult, 'outcome' | 'seconds' | 'validation' | 'test'> | null;
  readonly model: Pick<ModelSummary, 'adapterBytes'> | null;
}

/** The images an accuracy is counted on. */
export type Scored = 'validation' | 'test';

/** Accuracy over runs that differ in their seeds alone. */
export interface Accuracy {
  mean: number;
  /** 95 %: Wilson's interval for one run, else the bootstrap's over images and seeds. */
  low: number;
  high: number;
  images: number;
  /** Mean over the runs; null where the classes are as good as equally large, and accuracy says all. */
  macroF1: number | null;
}

/** A setting with its values, and its runs. */
export interface Arm<Run extends ComparedRun = RunRecord> {
  key: string;
  /** Without a seed. */
  name: string;
  symbol: string;
  setting: string;
  /** Colour and marker, those of its first run. */
  style: number;
  /** Finished ones, by seed. */
  runs: Run[];
  /** Trained numbers, backbone and head. */
  parameters: number;
  trainable: { backbone: number; head: number };
  /** Means over the runs. */
  seconds: number;
  adapterBytes: number;
  validation: Accuracy;
  /** Of the kept epochs; null where no test images were held out. */
  test: Accuracy | null;
}

export interface Pair<Run extends ComparedRun = RunRecord> {
  first: Arm<Run>;
  second: Arm<Run>;
  /** Seeds both have. */
  seeds: number;
  comparison: PairedComparison;
}

export interface Comparison<Run extends ComparedRun = RunRecord> {
  arms: Arm<Run>[];
  /** Every two arms with a seed in common; p-values adjusted for all of them (Holm). */
  pairs: Pair<Run>[];
  /** The pairs' images: test images where every arm has them. */
  pairedOn: Scored;
  /** Runs that only searched. */
  searches: Run[];
}

/** Of runs on the same images. */
export function compare<Run extends ComparedRun>(runs: readonly Run[]): Comparison<Run> {
  const over = runs.filter(({ result, role }) => result?.outcome === 'finished' && role === 'final');
  const keys = [...new Set(over.map(armOf))];
  const arms = keys.map((key) =>
    arm(
      key,
      over.filter((run) => armOf(run) === key),
    ),
  );
  const pairedOn: Scored = arms.length > 0 && arms.every(({ test }) => test) ? 'test' : 'validation';
  return {
    arms,
    pairs: pairs(arms, pairedOn),
    pairedOn,
    searches: runs.filter(({ role }) => role === 'search'),
  };
}

function arm<Run extends ComparedRun>(key: string, unordered: Run[]): Arm<Run> {
  // A seed that was run again says nothing new: it counts once.
  const bySeed = new Map(unordered.map((run) => [run.config.seed, run]));
  const runs = [...bySeed.values()].sort((a, b) => a.config.seed - b.config.seed);
  const [first] = runs;
  if (!first) throw new Error('An arm has runs.');
  const mean = (of: (run: Run) => number) => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const { name, armName, symbol, setting, style, trainable } = first;
  return {
    key,
    name: runs.length > 1 ? armName : name,
    symbol,
    setting,
    style,
    runs,
    parameters: trainable.backbone + trainable.head,
    trainable,
    seconds: mean(({ result }) => result?.seconds ?? 0),
    adapterBytes: mean(({ model }) => model?.adapterBytes ?? 0),
    validation: accuracyOf(runs.flatMap((run) => answersOf(run, 'validation') ?? [])),
    test: runs.every((run) => answersOf(run, 'test'))
      ? accuracyOf(runs.flatMap((run) => answersOf(run, 'test') ?? []))
      : null,
  };
}

const answersOf = ({ result }: ComparedRun, on: Scored): Answers | null => result?.[on] ?? null;

function accuracyOf(answers: readonly Answers[]): Accuracy {
  const [first] = answers;
  const images = first?.labels.length ?? 0;
  if (!first || images === 0) return { mean: 0, low: 0, high: 1, images: 0, macroF1: null };
  const most = (values: readonly number[]) => values.reduce((high, value) => Math.max(high, value), 0);
  const classes = 1 + Math.max(most(first.labels), ...answers.map(({ predicted }) => most(predicted)));
  const counts = confusionMatrix(first.labels, first.labels, classes).map((row, label) => row[label] ?? 0);
  const scores = answers.map(({ labels, predicted }) => macroF1(confusionMatrix(labels, predicted, classes)));
  const unbalanced = isUnbalanced(counts.filter((count) => count > 0));
  return {
    ...interval(answers),
    images,
    macroF1: unbalanced ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null,
  };
}

function interval(answers: readonly Answers[]): { mean: number; low: number; high: number } {
  const [only, ...others] = answers.map(right);
  if (!only) throw new Error('An accuracy has runs.');
  if (others.length > 0) return accuracyInterval([only, ...others], 'crossed');
  const correct = only.reduce((sum, value) => sum + value, 0);
  const { low, high } = wilson(correct, only.length);
  return { mean: correct / only.length, low, high };
}

/** 1 where an image was classified rightly, else 0. */
const right = ({ labels, predicted }: Answers) =>
  Uint8Array.from(labels, (label, image) => Number(label === predicted[image]));

function pairs<Run extends ComparedRun>(arms: readonly Arm<Run>[], on: Scored): Pair<Run>[] {
  const all = arms.flatMap((first, index) =>
    arms.slice(index + 1).flatMap((second) => pair(first, second, on) ?? []),
  );
  const adjusted = holmAdjusted(all.map(({ comparison }) => comparison));
  return all.map((each, index) => ({ ...each, comparison: adjusted[index] ?? each.comparison }));
}

function pair<Run extends ComparedRun>(first: Arm<Run>, second: Arm<Run>, on: Scored): Pair<Run> | null {
  const rows = first.runs.flatMap((run) => {
    const other = second.runs.find(({ config }) => config.seed === run.config.seed);
    const [ours, theirs] = [answersOf(run, on), other && answersOf(other, on)];
    return ours && theirs && ours.labels.length > 0 ? [[ours, theirs] as const] : [];
  });
  if (rows.length === 0) return null;
  return { first, second, seeds: rows.length, comparison: paired(rows) };
}

type Rows = readonly (readonly [ours: Answers, theirs: Answers])[];

const known = new Map<string, PairedComparison>();
const numbers = new WeakMap<Answers, number>();
let answered = 0;

/** A bootstrap takes a tenth of a second: answers that were compared before, which do not change, are remembered. */
function paired(rows: Rows): PairedComparison {
  const key = rows.flat().map(numberOf).join();
  const before = known.get(key);
  if (before) return before;
  const comparison = comparePaired(
    rows.map(([ours]) => right(ours)),
    rows.map(([, theirs]) => right(theirs)),
    'crossed',
  );
  known.set(key, comparison);
  return comparison;
}

function numberOf(answers: Answers): number {
  const number = numbers.get(answers) ?? answered++;
  numbers.set(answers, number);
  return number;
}
