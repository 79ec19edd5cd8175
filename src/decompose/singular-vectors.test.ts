import { Matrix as SquareMatrix, SVD } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import { type DenseMatrix, leadingLeft } from './singular-vectors';

function randomMatrix(rows: number, cols: number, seed = 1): DenseMatrix {
  const random = seededRandom(seed);
  return { data: Float64Array.from({ length: rows * cols }, () => random.normal()), rows, cols };
}

/** Σ_a values[a]·u_a·v_aᵀ of random orthonormal vectors. */
function withValues(rows: number, cols: number, values: number[]): DenseMatrix {
  const vectors = (side: number, seed: number) =>
    new SVD(
      new SquareMatrix(side, values.length)
        .to2DArray()
        .map((row, i) => row.map((_, j) => Math.sin(seed + i * 7.3 + j * j * 3.1 + i * j))),
    ).leftSingularVectors;
  const [left, right] = [vectors(rows, 1), vectors(cols, 2)];
  const product = left.mmul(SquareMatrix.diag(values)).mmul(right.transpose());
  return { data: Float64Array.from(product.to1DArray()), rows, cols };
}

const column = (left: Float64Array, rank: number, a: number) => left.filter((_, at) => at % rank === a);

describe('the leading left singular vectors', () => {
  it.each([
    ['few rows, whole eigendecomposition', 12, 30, 3],
    ['many rows of few columns', 60, 9, 4],
    ['subspace iteration', 90, 140, 3],
    ['subspace iteration by the columns', 150, 96, 5],
  ])('%s: agree with a singular value decomposition', (_, rows, cols, rank) => {
    const matrix = randomMatrix(rows, cols);
    const { left, values, isAmbiguous } = leadingLeft(matrix, rank);
    const expected = new SVD(SquareMatrix.from1DArray(rows, cols, matrix.data), { autoTranspose: true });
    expect(isAmbiguous).toBe(false);
    for (let a = 0; a < rank; a++) {
      expect((values[a] ?? 0) / (expected.diagonal[a] ?? 0)).toBeCloseTo(1, 10);
      const ours = column(left, rank, a);
      const theirs = expected.leftSingularVectors.getColumn(a);
      const sign = Math.sign(theirs.reduce((sum, value, i) => sum + value * (ours[i] ?? 0), 0));
      for (const [i, value] of theirs.entries()) expect(ours[i]).toBeCloseTo(sign * value, 8);
      expect(Math.max(...ours)).toBe(Math.max(...ours.map(Math.abs)));
    }
  });

  it('are the same bits on every call', () => {
    const matrix = randomMatrix(80, 100, 4);
    expect(leadingLeft(matrix, 3)).toEqual(leadingLeft(matrix, 3));
  });

  it.each([
    ['equal values', [3, 2, 2, 1], 3, true],
    ['the last wanted equals the first left out', [3, 2, 1, 1], 3, true],
    ['nearly equal values', [3, 2, 2 * (1 - 1e-7), 1], 3, true],
    ['well separated values', [3, 2.5, 2, 1], 3, false],
  ])('%s: are ambiguous or not', (_, values, rank, isAmbiguous) => {
    expect(leadingLeft(withValues(20, 25, values), rank).isAmbiguous).toBe(isAmbiguous);
    expect(leadingLeft(withValues(90, 95, values), rank).isAmbiguous).toBe(isAmbiguous);
  });

  it('are 0 beyond the rank of the matrix, and for a matrix of zeros', () => {
    const { left, values, isAmbiguous } = leadingLeft(withValues(20, 25, [3, 1]), 4);
    expect(values[1]).toBeCloseTo(1, 10);
    expect([...values.slice(2)]).toEqual([0, 0]);
    expect(column(left, 4, 2).every((value) => value === 0)).toBe(true);
    expect(isAmbiguous).toBe(false);
    const none = leadingLeft({ data: new Float64Array(12), rows: 3, cols: 4 }, 2);
    expect([...none.left, ...none.values].every((value) => value === 0)).toBe(true);
  });

  it('is ambiguous where the largest entries have different signs and nearly equal magnitudes', () => {
    const vector = [0.5, -0.5 * (1 + 1e-9), 0.1];
    const data = Float64Array.from(vector.flatMap((value) => [value, 2 * value]));
    expect(leadingLeft({ data, rows: 3, cols: 2 }, 1).isAmbiguous).toBe(true);
  });

  it('refuses a rank that the matrix cannot have', () => {
    expect(() => leadingLeft(randomMatrix(3, 5), 4)).toThrow(RangeError);
  });
});
