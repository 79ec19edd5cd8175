import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import { holm, holmAdjusted } from './holm';

describe('holm', () => {
  // statsmodels.stats.multitest.multipletests(p, method='holm').
  it.each([
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.03, 0.06, 0.06, 0.02],
    ],
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.08, 0.09, 0.09, 0.09],
    ],
    [
      [0.5, 0.0001, 0.02, 0.02, 0.9, 0.013],
      [1, 0.0006, 0.08, 0.08, 1, 0.065],
    ],
    [[0.03], [0.03]],
    [[], []],
  ])('of %j gives %j', (pValues, adjusted) => {
    const result = holm(pValues);
    expect(result).toHaveLength(adjusted.length);
    result.forEach((p, i) => {
      expect(p).toBeCloseTo(adjusted[i] ?? Number.NaN, 12);
    });
  });

  it('keeps the family-wise error rate at 5 %', () => {
    const random = seededRandom(1);
    const trials = 4000;
    let wrong = 0;
    for (let trial = 0; trial < trials; trial++) {
      if (holm(Array.from({ length: 6 }, random.uniform)).some((p) => p <= 0.05)) wrong++;
    }
    // For six independent uniform p-values: 1 − (1 − 0.05/6)⁶ = 4.9 %; unadjusted, it is 26 %.
    expect(wrong / trials).toBeLessThan(0.06);
    expect(wrong / trials).toBeGreaterThan(0.039);
  });
});

describe('holmAdjusted', () => {
  it('withdraws verdicts that hold only without adjustment', () => {
    const comparisons = [
      { difference: 0.04, low: 0.01, high: 0.07, p: 0.03, verdict: 'better' as const },
      { difference: -0.09, low: -0.12, high: -0.05, p: 0.001, verdict: 'worse' as const },
      { difference: 0.01, low: -0.02, high: 0.04, p: 0.4, verdict: 'no difference shown' as const },
    ];
    const adjusted = holmAdjusted(comparisons);
    expect(adjusted.map(({ verdict }) => verdict)).toEqual([
      'no difference shown',
      'worse',
      'no difference shown',
    ]);
    expect(adjusted.map(({ p }) => p)).toEqual([0.06, 0.003, 0.4]);
    expect(adjusted[0]).toMatchObject({ difference: 0.04, low: 0.01, high: 0.07 });
  });
});
