/**
 * The statistics of a comparison that take long (bootstraps), each a row of one table, so that they can be computed at once or asked
 * of a worker.
 */
import { accuracyInterval, type MeanInterval } from './bootstrap';
import { comparePaired, type PairedComparison } from './paired-test';

/** One row per run, 1 where the image was classified rightly, else 0. */
export type Rows = readonly Uint8Array[];

/** All runs were evaluated on the same images, in the same order. */
export const STATISTICS = {
  /** Accuracy of the runs of one setting. */
  accuracy: (runs: Rows): MeanInterval => accuracyInterval(runs, 'crossed'),
  /** Two settings, run by run with the same seeds. */
  difference: (first: Rows, second: Rows): PairedComparison => comparePaired(first, second, 'crossed'),
};

export type Statistic = keyof typeof STATISTICS;

/** What the page sends to the worker. */
export interface Question<S extends Statistic = Statistic> {
  id: string;
  statistic: S;
  input: Parameters<(typeof STATISTICS)[S]>;
}

/** What the worker sends back. */
export interface Answer<S extends Statistic = Statistic> {
  id: string;
  value: ReturnType<(typeof STATISTICS)[S]>;
}

export function answerTo({ statistic, input }: Omit<Question, 'id'>): Answer['value'] {
  // The input belongs to the statistic, which the union of both cannot express.
  const compute = STATISTICS[statistic] as (...input: Question['input']) => Answer['value'];
  return compute(...input);
}
