/** Several comparisons at once: the chance of even one false verdict among them is kept at 5 %. */
import { type PairedComparison, verdict } from './paired-test';

/**
 * Holm–Bonferroni adjusted p-values, in the order given (Holm 1979, Scandinavian Journal of Statistics 6): the k-th smallest of m
 * times m − k + 1, never below a smaller one's and at most 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0));
  const adjusted = pValues.slice();
  let largest = 0;
  order.forEach((i, smaller) => {
    largest = Math.max(largest, (pValues.length - smaller) * (pValues[i] ?? 0));
    adjusted[i] = Math.min(1, largest);
  });
  return adjusted;
}

/** The comparisons with adjusted p-values, and verdicts by these. The intervals stay: 95 % each, not together. */
export function holmAdjusted(comparisons: readonly PairedComparison[]): PairedComparison[] {
  const adjusted = holm(comparisons.map(({ p }) => p));
  return comparisons.map((comparison, i) => {
    const p = adjusted[i] ?? 1;
    return { ...comparison, p, verdict: verdict({ ...comparison, p }) };
  });
}
