import { describe, expect, it } from 'vitest';
import { classScores, confusionMatrix, isUnbalanced, macroF1 } from './macro-f1';

// Five classes; predictions of class 2 are always correct, class 3 does not occur, class 4 is never predicted.
const labels = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 4, 4];
const predictions = [0, 0, 0, 1, 2, 1, 1, 0, 2, 2, 0, 1];
const matrix = confusionMatrix(labels, predictions, 5);

describe('confusionMatrix', () => {
  it('has a row for every class and a column for every predicted class', () => {
    // sklearn.metrics.confusion_matrix(labels, predictions, labels=range(5))
    expect(matrix).toEqual([
      [3, 1, 1, 0, 0],
      [1, 2, 0, 0, 0],
      [0, 0, 2, 0, 0],
      [0, 0, 0, 0, 0],
      [1, 1, 0, 0, 0],
    ]);
  });

  it('rejects invalid classes, and predictions of another length', () => {
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow(/2 labels have 1/);
    expect(() => confusionMatrix([2], [0], 2)).toThrow(RangeError);
    expect(() => confusionMatrix([0], [2], 2)).toThrow(/Image 0 .* called 2/);
    expect(() => confusionMatrix([0], [-1], 2)).toThrow(RangeError);
    expect(() => confusionMatrix([0], [0.5], 2)).toThrow(RangeError);
  });
});

describe('classScores', () => {
  it('agree with scikit-learn, and are null where the denominator is zero', () => {
    // sklearn.metrics.precision_recall_fscore_support(labels, predictions, labels=range(5), zero_division=nan)
    const expected = [
      [0.6, 0.6, 0.6],
      [0.5, 2 / 3, 4 / 7],
      [2 / 3, 1, 0.8],
      [null, null, null],
      [null, 0, 0],
    ];
    classScores(matrix).forEach(({ precision, recall, f1 }, c) => {
      [precision, recall, f1].forEach((score, i) => {
        const value = expected[c]?.[i] ?? null;
        if (value === null) expect(score).toBeNull();
        else expect(score).toBeCloseTo(value, 12);
      });
    });
  });
});

describe('macroF1', () => {
  it('is the mean over the classes that occur or are predicted', () => {
    // sklearn.metrics.f1_score(labels, predictions, average='macro'): (0.6 + 4/7 + 0.8 + 0) / 4
    expect(macroF1(matrix)).toBeCloseTo(0.4928571428571428, 12);
  });

  it('is low if one class is always predicted, although accuracy is high', () => {
    const all = confusionMatrix(
      [...new Array(90).fill(0), ...new Array(10).fill(1)],
      new Array(100).fill(0),
      2,
    );
    // F1 of the predicted class: precision 0.9, recall 1.
    expect(macroF1(all)).toBeCloseTo((2 * 0.9) / 1.9 / 2, 12);
  });

  it('rejects a matrix without images', () => {
    expect(() => macroF1(confusionMatrix([], [], 3))).toThrow(RangeError);
  });
});

describe('isUnbalanced', () => {
  it.each([
    [[20, 20, 20], false],
    [[30, 20, 25], false],
    [[31, 20, 25], true],
    [[10, 0], true],
    [[7], false],
    [[], false],
  ])('of %j images is %s', (counts, unbalanced) => {
    expect(isUnbalanced(counts)).toBe(unbalanced);
  });
});
