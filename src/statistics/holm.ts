/** Adjustment for multiple comparisons: keeps the probability of any false verdict among them at 5 %. */
import { type PairedComparison, verdict } from './paired-test';

/**
 * Holm–Bonferroni adjusted p-values, in the given order (Holm 1979, Scandinavian Journal of Statistics 6): the k-th smallest of m
 * p-values times m − k + 1, at least the adjusted value of every smaller one and at most 1.
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

/** The comparisons with adjusted p-values and the verdicts that follow. The intervals are not adjusted: each has 95 %. */
export function holmAdjusted<Compared extends Pick<PairedComparison, 'low' | 'high' | 'p' | 'verdict'>>(
  comparisons: readonly Compared[],
): Compared[] {
  const adjusted = holm(comparisons.map(({ p }) => p));
  return comparisons.map((comparison, i) => {
    const p = adjusted[i] ?? 1;
    return { ...comparison, p, verdict: verdict({ ...comparison, p }) };
  });
}
