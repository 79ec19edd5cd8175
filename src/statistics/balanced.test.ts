import { describe, expect, it } from 'vitest';
import { classWeights, meanOfProportionsInterval } from './balanced';
import { wilson } from './wilson';

describe('classWeights', () => {
  it('make the weighted mean the mean recall of the classes', () => {
    // 40 tulips and 3 roses, all called tulips: recalls 1 and 0.
    const targets = Array.from({ length: 43 }, (_, image) => (image < 40 ? 0 : 1));
    const weighted = classWeights(targets);
    const right = targets.map((target) => (target === 0 ? 1 : 0));
    const mean =
      right.reduce<number>((sum, value, image) => sum + value * (weighted?.weights[image] ?? 0), 0) / 43;
    expect(mean).toBeCloseTo(0.5, 12);
    expect(weighted?.classes.map(({ length }) => length)).toEqual([40, 3]);
  });

  it('are not needed for nearly balanced classes, and ignore classes without images', () => {
    expect(classWeights([0, 1, 0, 1, 1])).toBeNull();
    expect(classWeights([0, 3, 0, 3])).toBeNull();
    expect(classWeights([])).toBeNull();
  });
});

describe('meanOfProportionsInterval', () => {
  it('is Wilson’s for one proportion', () => {
    const { low, high } = meanOfProportionsInterval([{ correct: 18, total: 30 }]);
    expect(low).toBeCloseTo(wilson(18, 30).low, 12);
    expect(high).toBeCloseTo(wilson(18, 30).high, 12);
  });

  it('adds the squares of the distances of the limits', () => {
    const [a, b] = [wilson(9, 10), wilson(1, 4)];
    const { low, high } = meanOfProportionsInterval([
      { correct: 9, total: 10 },
      { correct: 1, total: 4 },
    ]);
    expect(low).toBeCloseTo((0.9 + 0.25) / 2 - Math.hypot(0.9 - a.low, 0.25 - b.low) / 2, 12);
    expect(high).toBeCloseTo((0.9 + 0.25) / 2 + Math.hypot(a.high - 0.9, b.high - 0.25) / 2, 12);
  });
});
