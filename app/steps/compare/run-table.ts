/** The rows and columns of the table of runs, for the page, its CSV files and the command line. */

import type { Predictions } from '../../../src/core/run';
import { wilson } from '../../../src/statistics/wilson';
import {
  type Accuracy,
  type Arm,
  accuracyOf,
  type Comparison,
  type Pair,
  type Scored,
  withFirst,
} from '../../store/comparison';
import { accuracyName, accuracyWords, differenceWords } from '../../store/comparison-words';
import { computedByKey, computedByWords } from '../../store/computed-by';
import { PROBE_SETTING } from '../../store/defaults';
import { accuracy, armOf, keptResult, lastEpoch, type RunRecord } from '../../store/run-record';
import { immediately, rightOf } from '../../store/statistics';
import { type Column, fileRows } from '../../ui/columns';
import type { Cell } from '../../ui/csv';
import { bytes, count, counted, duration, percent, rate } from '../../ui/format';

/** One run, or the runs of one setting that differ only in their seeds. */
export interface RunRow {
  key: string;
  name: string;
  runs: readonly RunRecord[];
  /** At the best epochs; null as long as there are no predictions. */
  scores: { validation: Accuracy | null; test: Accuracy | null };
  /** The comparison with the linear probe; null for the probe itself, and for a run of several. */
  againstProbe: Pair | null;
}

export interface RunColumn extends Column<RunRow> {
  id: string;
  /** What rows are sorted by; null sorts last. */
  sort: (row: RunRow) => number | string | null;
  /** Whether it is shown unless the person chose otherwise. */
  isUsual: boolean;
}

const NONE = '–';

/** A row for each setting with its values, in the order of the runs. Search runs have no row. */
export function rowsOf(runs: readonly RunRecord[], comparison: Comparison): RunRow[] {
  const groups = new Map<string, RunRecord[]>();
  for (const run of runs.filter(({ role }) => role === 'final')) {
    // Runs that were computed in different ways are compared as different settings.
    const key = `${armOf(run)} ${comparison.isMixed && run.result ? computedByKey(run.result) : ''}`;
    const group = groups.get(key) ?? [];
    // A repeated seed, such as a rerun, has a row of its own.
    if (group.some(({ config }) => config.seed === run.config.seed)) groups.set(run.id, [run]);
    else groups.set(key, [...group, run]);
  }
  return [...groups].map(([key, own]): RunRow => {
    const arm = comparison.arms.find((each) => each.runs.some((run) => own.includes(run)));
    const [first] = own;
    const name = (own.length === 1 ? first?.name : first?.armName) ?? '';
    if (arm) return { key, name, runs: own, ...armScores(arm, comparison) };
    if (first && own.length === 1) return { ...rowOf(first), key };
    return { key, name, runs: own, scores: { validation: null, test: null }, againstProbe: null };
  });
}

/** The row of a single run. A failed run has no accuracy: its best epoch is not what the setting can reach. */
export function rowOf(run: RunRecord): RunRow {
  const scoreOf = (on: Scored) => {
    const predictions = run.status === 'failed' ? null : run.result?.[on];
    return predictions ? accuracyOf([predictions], immediately) : null;
  };
  return {
    ...{ key: run.id, name: run.name, runs: [run] },
    scores: { validation: scoreOf('validation'), test: scoreOf('test') },
    againstProbe: null,
  };
}

function armScores(arm: Arm, { pairs }: Comparison): Pick<RunRow, 'scores' | 'againstProbe'> {
  const { validation, test } = arm;
  const own = withFirst(pairs, (each) => each === arm);
  return {
    scores: { validation, test },
    againstProbe: own.find(({ second }) => second.setting === PROBE_SETTING) ?? null,
  };
}

/** The mean over the runs that have a value; null if none has. */
function meanOver(
  runs: readonly RunRecord[],
  of: (run: RunRecord) => number | null | undefined,
): number | null {
  const values = runs.flatMap((run) => of(run) ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const shown = (value: number | null, show: (value: number) => string) =>
  value === null ? NONE : show(value);

/** A column of a number. */
const numeric = (
  id: string,
  title: string,
  of: (row: RunRow) => number | null,
  show: (value: number) => string,
  isUsual = true,
): RunColumn => ({
  ...{ id, title, right: true, isUsual },
  show: (row) => shown(of(row), show),
  sort: of,
  file: { [id]: (row) => of(row) ?? '' },
});

const scored = (id: string, title: string, of: (row: RunRow) => Accuracy | null): RunColumn => ({
  ...{ id, title, right: true, isUsual: true },
  show: (row) => accuracyWords(of(row)),
  sort: (row) => of(row)?.mean ?? null,
  file: {
    [id]: (row) => of(row)?.mean ?? '',
    [`${id}_low`]: (row) => of(row)?.interval?.low ?? '',
    [`${id}_high`]: (row) => of(row)?.interval?.high ?? '',
    [`${id}_images`]: (row) => of(row)?.images ?? '',
  },
});

/** The columns that have content for this comparison. The headline accuracy is the first. */
export function columnsOf(comparison: Comparison): RunColumn[] {
  const { arms, scoredOn, isMixed } = comparison;
  const headline = (row: RunRow) => row.scores[scoredOn];
  const named = (on: Scored) => `${accuracyName(comparison, on)} (95\u00a0%)`;
  const isUnbalanced = arms.some((arm) => arm[scoredOn]?.unbalanced);
  return [
    scored(scoredOn, named(scoredOn), headline),
    ...(arms.some(({ setting }) => setting === PROBE_SETTING) && arms.length > 1 ? [AGAINST_PROBE] : []),
    ...(isUnbalanced
      ? [
          numeric('accuracy', 'Accuracy', (row) => headline(row)?.unbalanced?.accuracy ?? null, percent),
          numeric(
            'macro_f1',
            'Macro-F1',
            (row) => headline(row)?.unbalanced?.macroF1 ?? null,
            percent,
            false,
          ),
        ]
      : []),
    ...(scoredOn === 'test'
      ? [{ ...scored('validation', named('validation'), (row) => row.scores.validation), isUsual: false }]
      : []),
    TRAINABLE,
    numeric(
      'seconds',
      'Time',
      ({ runs }) => meanOver(runs, (run) => run.result?.seconds ?? lastEpoch(run)?.seconds),
      duration,
    ),
    numeric(
      'adapter_bytes',
      'Adapter',
      ({ runs }) => meanOver(runs, ({ model }) => model?.adapterBytes),
      (value) => bytes(Math.round(value)),
    ),
    numeric(
      'best_epoch',
      'Best epoch',
      ({ runs }) => meanOver(runs, ({ keptEpoch }) => keptEpoch),
      rate0,
      false,
    ),
    numeric(
      'learning_rate',
      'Learning rate',
      ({ runs: [run] }) => run?.config.learningRate ?? null,
      String,
      false,
    ),
    numeric('epochs', 'Epochs', ({ runs: [run] }) => run?.config.epochs ?? null, count, false),
    numeric(
      'images_per_second',
      'Images/s',
      ({ runs }) => meanOver(runs, ({ imagesPerSecond }) => imagesPerSecond || null),
      rate,
      false,
    ),
    {
      ...{ id: 'computed_by', title: 'Computed by', isUsual: isMixed },
      show: computedBy,
      sort: computedBy,
      file: { computed_by: computedBy },
    },
  ];
}

const rate0 = (value: number) => (Number.isInteger(value) ? count(value) : value.toFixed(1));

const computedBy = ({ runs }: RunRow) => {
  const result = runs.find((run) => run.result)?.result;
  return result ? computedByWords(result) : NONE;
};

const AGAINST_PROBE: RunColumn = {
  ...{ id: 'against_probe', title: 'Against the linear probe, points', right: true, isUsual: true },
  show: ({ againstProbe: pair }) => (pair ? `${differenceWords(pair.difference)}${verdictMark(pair)}` : NONE),
  sort: ({ againstProbe }) => againstProbe?.difference?.mean ?? null,
  file: {
    against_probe: ({ againstProbe }) => againstProbe?.difference?.mean ?? '',
    against_probe_low: ({ againstProbe }) => againstProbe?.difference?.low ?? '',
    against_probe_high: ({ againstProbe }) => againstProbe?.difference?.high ?? '',
    against_probe_p: ({ againstProbe }) => againstProbe?.test?.p ?? '',
    against_probe_verdict: ({ againstProbe }) => againstProbe?.test?.verdict ?? '',
  },
};

const verdictMark = ({ test }: Pair) =>
  test && test.verdict !== 'no difference shown' ? ` ${test.verdict}` : '';

const TRAINABLE: RunColumn = {
  ...{ id: 'trainable', title: 'Trainable, backbone + head', right: true, isUsual: true },
  show: ({ runs: [run] }) => (run ? `${count(run.trainable.backbone)} + ${count(run.trainable.head)}` : NONE),
  sort: ({ runs: [run] }) => (run ? run.trainable.backbone + run.trainable.head : null),
  file: {
    trainable_backbone: ({ runs: [run] }) => run?.trainable.backbone ?? '',
    trainable_head: ({ runs: [run] }) => run?.trainable.head ?? '',
  },
};

/** The rows in this order; rows without a value come last. */
export function sorted(rows: readonly RunRow[], { sort }: RunColumn, descending: boolean): RunRow[] {
  const compareValues = (a: number | string, b: number | string) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return [...rows].sort((one, other) => {
    const [a, b] = [sort(one), sort(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return descending ? compareValues(b, a) : compareValues(a, b);
  });
}

/** A header row, and one row for each setting with its means and intervals. */
export const settingFile = (rows: readonly RunRow[], columns: readonly RunColumn[]): Cell[][] =>
  fileRows(
    [{ file: { setting: ({ name }: RunRow) => name, runs: ({ runs }: RunRow) => runs.length } }, ...columns],
    rows,
  );

/** Wilson's interval of the best epoch's validation accuracy. */
function interval(run: RunRecord) {
  const kept = keptResult(run);
  return kept ? wilson(kept.correct, kept.total) : null;
}

const correctOf = (predictions: Predictions | null | undefined): Cell =>
  predictions ? rightOf(predictions).reduce((sum, right) => sum + right, 0) : '';

/** Fields of the CSV of runs. */
const RUN_FIELDS: Column<RunRecord>['file'] = {
  name: ({ name }) => name,
  status: ({ status }) => status,
  note: ({ note }) => note,
  tags: ({ tags }) => tags.join(' '),
  data: ({ data }) => data,
  setting: ({ setting }) => setting,
  trainable_backbone: ({ trainable }) => trainable.backbone,
  trainable_head: ({ trainable }) => trainable.head,
  best_epoch: (run) => run.keptEpoch ?? '',
  test_correct: ({ result }) => correctOf(result?.test),
  test_images: ({ result }) => result?.test?.targets.length ?? '',
  validation_accuracy: (run) => {
    const kept = keptResult(run);
    return kept ? accuracy(kept) : '';
  },
  validation_correct: (run) => keptResult(run)?.correct ?? '',
  validation_images: (run) => keptResult(run)?.total ?? '',
  wilson_low: (run) => interval(run)?.low ?? '',
  wilson_high: (run) => interval(run)?.high ?? '',
  last_epoch: (run) => lastEpoch(run)?.epoch ?? '',
  last_correct: (run) => lastEpoch(run)?.correct ?? '',
  seconds: (run) => run.result?.seconds ?? lastEpoch(run)?.seconds ?? 0,
  images_per_second: ({ imagesPerSecond }) => imagesPerSecond,
  adapter_bytes: ({ model }) => model?.adapterBytes ?? '',
  backend: ({ result }) => result?.backend ?? '',
  precision: ({ result }) => result?.precision ?? '',
  threads: ({ result }) => result?.threads ?? '',
  options: ({ config }) =>
    Object.entries(config.options)
      .map(([id, value]) => `${id}=${value}`)
      .join(' '),
  epochs: ({ config }) => config.epochs,
  batch_size: ({ config }) => config.batchSize,
  learning_rate: ({ config }) => config.learningRate,
  seed: ({ config }) => config.seed,
  warm_start: ({ config }) => String(config.warmStart),
};

/** A header row, and one row per run. */
export const runFile = (runs: readonly RunRecord[]): Cell[][] => fileRows([{ file: RUN_FIELDS }], runs);

/** `5 runs` beside a setting's name; empty for one. */
export const runsWords = ({ runs }: RunRow) => (runs.length > 1 ? counted(runs.length, 'run') : '');
