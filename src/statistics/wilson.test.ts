import { describe, expect, it } from 'vitest';
import { wilson } from './wilson';

describe('Wilson interval, 95 %', () => {
  // Newcombe (1998), Statistics in Medicine 17, table I, method 3 (score, no continuity correction).
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i gives Newcombe’s %f to %f', (correct, total, low, high) => {
    const interval = wilson(correct, total);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('solves (p − p̂)² = z² p(1 − p)/n at both ends', () => {
    // From the definition: the two roots of the score equation, by the quadratic formula.
    const zz = 1.959963984540054 ** 2;
    for (const [correct, total] of [
      [0, 10],
      [5, 10],
      [10, 10],
      [50, 100],
      [997, 1000],
    ] as const) {
      const p = correct / total;
      const a = 1 + zz / total;
      const b = -(2 * p + zz / total);
      const root = Math.sqrt(Math.max(0, b * b - 4 * a * p * p));
      const { low, high } = wilson(correct, total);
      expect(low).toBeCloseTo((-b - root) / (2 * a), 12);
      expect(high).toBeCloseTo((-b + root) / (2 * a), 12);
    }
  });

  it('is [0, 1] for a total of zero', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });
});
