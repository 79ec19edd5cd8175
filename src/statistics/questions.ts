/**
 * The slow statistics of a comparison (bootstraps) as rows of a table, so that they can be computed directly or requested from a
 * worker.
 */
import type { ClassWeights } from './balanced';
import { accuracyInterval, type MeanInterval } from './bootstrap';
import { comparePaired, type PairedComparison } from './paired-test';

/** One row per run, 1 if the image was classified correctly, else 0. */
export type Rows = readonly Uint8Array[];

/** All runs were evaluated on the same images, in the same order. */
export const STATISTICS = {
  /** Accuracy of the runs of one setting. */
  accuracy: (weighted: ClassWeights | null, runs: Rows): MeanInterval => accuracyInterval(runs, weighted),
  /** Two settings, run by run with the same seeds. */
  difference: (weighted: ClassWeights | null, first: Rows, second: Rows): PairedComparison =>
    comparePaired(first, second, weighted),
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
  // The input has the type that the statistic needs, which TypeScript cannot express for the union.
  const compute = STATISTICS[statistic] as (...input: Question['input']) => Answer['value'];
  return compute(...input);
}
