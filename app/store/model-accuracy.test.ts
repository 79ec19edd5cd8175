import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random';
import { correctByClass } from '../../src/statistics/balanced';
import { accuracyOf } from './comparison';
import { modelAccuracy } from './model-accuracy';
import { immediately } from './statistics';

describe('the accuracy of a model', () => {
  it.each([
    ['nearly balanced classes', [20, 21, 25]],
    ['unbalanced classes', [40, 8, 3]],
    ['a class without images', [12, 0, 40]],
  ])('is that of its predictions: %s', (_, sizes) => {
    const random = seededRandom(5);
    const targets = sizes.flatMap((size, label) => Array<number>(size).fill(label));
    const predicted = targets.map((target) => (random.integer(3) > 0 ? target : random.integer(3)));
    const byClass = correctByClass({ targets, predicted }, 3);
    const correct = targets.filter((target, image) => predicted[image] === target).length;
    const found = modelAccuracy({ on: 'test', correct, images: targets.length, byClass });
    const expected = accuracyOf([{ targets, predicted }], immediately);
    expect(found?.mean).toBeCloseTo(expected.mean, 12);
    expect(found?.interval?.low).toBeCloseTo(expected.interval?.low ?? Number.NaN, 12);
    expect(found?.interval?.high).toBeCloseTo(expected.interval?.high ?? Number.NaN, 12);
    expect(found?.images).toBe(expected.images);
    expect(found?.unbalanced === null).toBe(expected.unbalanced === null);
    for (const field of ['accuracy', 'majority', 'classes'] as const)
      expect(found?.unbalanced?.[field] ?? 0).toBeCloseTo(expected.unbalanced?.[field] ?? 0, 12);
  });

  it('is the plain one where a file does not state the images by class', () => {
    const found = modelAccuracy({ on: 'validation', correct: 18, images: 30, byClass: null });
    expect(found).toMatchObject({ mean: 0.6, images: 30, unbalanced: null });
  });

  it('does not exist without images', () => {
    expect(modelAccuracy({ on: 'validation', correct: 0, images: 0, byClass: null })).toBeNull();
  });
});
