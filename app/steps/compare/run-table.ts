/** The columns of the table of runs, for the page, the CSV and the command line. */
import { wilson } from '../../../src/statistics/wilson';
import { computedByWords, isMixed } from '../../store/computed-by';
import { accuracy, keptResult, lastEpoch, type RunRecord } from '../../store/run-record';
import { type Column, fileRows } from '../../ui/columns';
import type { Cell } from '../../ui/csv';
import { bytes, count, duration, percent, rate, withRange } from '../../ui/format';

const NONE = '–';
const seconds = (run: RunRecord) => run.result?.seconds ?? lastEpoch(run)?.seconds ?? 0;

function interval(run: RunRecord) {
  const end = lastEpoch(run);
  return end ? wilson(end.correct, end.total) : null;
}

const COLUMNS: readonly Column<RunRecord>[] = [
  {
    title: 'Setting',
    show: ({ symbol }) => symbol,
    file: { setting: ({ setting }) => setting },
  },
  {
    title: 'Backbone',
    right: true,
    show: ({ trainable }) => count(trainable.backbone),
    file: { trainable_backbone: ({ trainable }) => trainable.backbone },
  },
  {
    title: 'Head',
    right: true,
    show: ({ trainable }) => count(trainable.head),
    file: { trainable_head: ({ trainable }) => trainable.head },
  },
  {
    title: 'Last epoch (95 %)',
    right: true,
    show: (run) => {
      const end = lastEpoch(run);
      return end ? withRange(accuracy(end), interval(run)) : NONE;
    },
    file: {
      last_epoch: (run) => lastEpoch(run)?.epoch ?? '',
      last_correct: (run) => lastEpoch(run)?.correct ?? '',
      validation_images: (run) => lastEpoch(run)?.total ?? '',
      last_accuracy: (run) => {
        const end = lastEpoch(run);
        return end ? accuracy(end) : '';
      },
      wilson_low: (run) => interval(run)?.low ?? '',
      wilson_high: (run) => interval(run)?.high ?? '',
    },
  },
  {
    title: 'Best (epoch)',
    right: true,
    show: (run) => {
      const best = keptResult(run);
      return best ? `${percent(accuracy(best))} (${best.epoch})` : NONE;
    },
    file: {
      best_accuracy: (run) => {
        const best = keptResult(run);
        return best ? accuracy(best) : '';
      },
      best_epoch: (run) => run.keptEpoch ?? '',
    },
  },
  {
    title: 'Time',
    right: true,
    show: (run) => (run.epochs.length > 0 ? duration(seconds(run)) : NONE),
    file: { seconds },
  },
  {
    title: 'Images/s',
    right: true,
    show: ({ imagesPerSecond }) => (imagesPerSecond > 0 ? rate(imagesPerSecond) : NONE),
    file: { images_per_second: ({ imagesPerSecond }) => imagesPerSecond },
  },
  {
    title: 'Adapter',
    right: true,
    show: ({ model }) => (model ? bytes(model.adapterBytes) : NONE),
    file: { adapter_bytes: ({ model }) => model?.adapterBytes ?? '' },
  },
];

const COMPUTED_BY: Column<RunRecord> = {
  title: 'Computed by',
  show: ({ result }) => (result ? computedByWords(result) : NONE),
  file: {},
};

/**
 * The columns for these runs. Times are comparable only for the same backend, precision and threads, so a column shows these if
 * they differ.
 */
export const columnsOf = (runs: readonly RunRecord[]): readonly Column<RunRecord>[] =>
  isMixed(runs.flatMap(({ result }) => result ?? [])) ? [...COLUMNS, COMPUTED_BY] : COLUMNS;

const FIRST: Column<RunRecord>['file'] = {
  name: ({ name }) => name,
  status: ({ status }) => status,
  data: ({ data }) => data,
};
const LAST: Column<RunRecord>['file'] = {
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
export const csvRows = (runs: readonly RunRecord[]): Cell[][] =>
  fileRows([{ file: FIRST }, ...COLUMNS, { file: LAST }], runs);
