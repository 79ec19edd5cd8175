import { describe, expect, it } from 'vitest';
import { decimate, memoryFor, smooth } from './series';

const upTo = (length: number) => Array.from({ length }, (_, index) => index);

describe('decimate', () => {
  it.each([2, 3, 7, 499, 500])('keeps both ends and the order at a limit of %i', (limit) => {
    for (const length of [2, 3, 500, 501, 7919]) {
      const kept = decimate(upTo(length), limit);
      expect(kept.length).toBe(Math.min(length, limit));
      expect(kept[0]).toBe(0);
      expect(kept.at(-1)).toBe(length - 1);
      expect(kept.every((value, index) => index === 0 || value > (kept[index - 1] ?? 0))).toBe(true);
    }
  });

  it('leaves short series and empty ones alone', () => {
    expect(decimate([], 10)).toEqual([]);
    expect(decimate([4], 10)).toEqual([4]);
  });

  it('refuses a limit that cannot hold both ends', () => {
    expect(() => decimate([1, 2, 3], 1)).toThrow(RangeError);
  });
});

describe('smooth', () => {
  it('leaves a constant as it is from the first point on', () => {
    for (const value of smooth([3, 3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
  });

  it('is the weighted mean of the past, newest heaviest', () => {
    // Weights 1, 1/2, 1/4 for memory 1/2: (4·4 + 2·2 + 1·1)/7.
    expect(smooth([1, 2, 4], 0.5).at(-1)).toBeCloseTo(21 / 7, 12);
  });

  it('does nothing to a series too short to be noisy', () => {
    expect(smooth([5, 1], memoryFor(2))).toEqual([5, 1]);
  });
});
