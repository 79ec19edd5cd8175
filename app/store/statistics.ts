/**
 * The statistics of a comparison, computed synchronously or in a worker. A run's predictions never change, so results are
 * cached.
 */

import type { Predictions } from '../../src/core/run';
import { classWeights } from '../../src/statistics/balanced';
import type { MeanInterval } from '../../src/statistics/bootstrap';
import type { PairedComparison } from '../../src/statistics/paired-test';
import {
  type Answer,
  answerTo,
  type Question,
  type Rows,
  type Statistic,
} from '../../src/statistics/questions';

type AnswersOfRuns = readonly Predictions[];

export interface Statistics {
  /** Accuracy over the runs of one setting, balanced if the classes are unbalanced; null while it is being computed. */
  accuracy: (runs: AnswersOfRuns) => MeanInterval | null;
  /** Difference of two settings with the same seeds, paired by run; null while it is being computed. */
  difference: (first: AnswersOfRuns, second: AnswersOfRuns) => PairedComparison | null;
}

/** 1 for a correctly classified image, else 0. */
export const rightOf = ({ targets, predicted }: Predictions) =>
  Uint8Array.from(targets, (label, image) => Number(label === predicted[image]));

/** Results by statistic and predictions; see `keyOf`. */
const known = new Map<string, Answer['value']>();
const numbers = new WeakMap<Predictions, number>();
let numbered = 0;

function numberOf(predictions: Predictions): number {
  const number = numbers.get(predictions) ?? numbered++;
  numbers.set(predictions, number);
  return number;
}

const keyOf = (statistic: Statistic, groups: readonly AnswersOfRuns[]) =>
  [statistic, ...groups.map((runs) => runs.map(numberOf).join())].join(' ');

const rowsOf = (runs: AnswersOfRuns): Rows => runs.map(rightOf);

/** Calls `compute` for results that are not cached. */
function statistics(compute: (key: string, question: Omit<Question, 'id'>) => void): Statistics {
  const find = <S extends Statistic>(statistic: S, ...groups: AnswersOfRuns[]) => {
    const key = keyOf(statistic, groups);
    if (!known.has(key)) {
      // All runs have the same images. Both calls below pass the number of groups that their statistic takes, so input and value have
      // the right types.
      const input = [
        classWeights(groups[0]?.[0]?.targets ?? []),
        ...groups.map(rowsOf),
      ] as Question<S>['input'];
      compute(key, { statistic, input });
    }
    return (known.get(key) ?? null) as Answer<S>['value'] | null;
  };
  return {
    accuracy: (runs) => find('accuracy', runs),
    difference: (first, second) => find('difference', first, second),
  };
}

/** Synchronous, never null. A bootstrap blocks the calling thread for about a tenth of a second. */
export const immediately: Statistics = statistics((key, question) => known.set(key, answerTo(question)));

/** Minimum time between two notifications while results arrive. */
const TELL_EVERY_MS = 200;

/** Requests sent to the worker, oldest first. */
const asked = new Map<string, Omit<Question, 'id'>>();
const listeners = new Set<() => void>();
let worker: Worker | null = null;
let version = 0;
let telling: ReturnType<typeof setTimeout> | null = null;

/** In a worker. Null until the result has arrived; `subscribe` reports that. */
export const inBackground: Statistics = statistics((key, question) => {
  if (asked.has(key)) return;
  asked.set(key, question);
  worker ??= startWorker();
  worker.postMessage({ ...question, id: key });
});

function startWorker(): Worker {
  const started = new Worker(new URL('../../src/statistics/worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data: { id, value } }: MessageEvent<Answer>) => keep(id, value);
  // If the worker cannot start, the page's thread computes the results, which is slower.
  started.onerror = (event) => {
    event.preventDefault();
    started.terminate();
    worker = null;
    for (const [key, question] of [...asked]) keep(key, answerTo(question));
  };
  return started;
}

function keep(key: string, value: Answer['value']): void {
  asked.delete(key);
  known.set(key, value);
  if (asked.size === 0) tell();
  else telling ??= setTimeout(tell, TELL_EVERY_MS);
}

function tell(): void {
  if (telling !== null) clearTimeout(telling);
  telling = null;
  version++;
  for (const listener of listeners) listener();
}

/** Calls `listener` when results have arrived. Returns a function that unsubscribes. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Changes whenever results have arrived. */
export const resultsVersion = () => version;

/** Resolves when no computation is pending. */
export function settled(): Promise<void> {
  if (asked.size === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = subscribe(() => {
      if (asked.size > 0) return;
      end();
      resolve();
    });
  });
}
