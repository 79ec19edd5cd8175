import { expect, test } from 'vitest';
import { seededRandom } from '../core/random';
import { largestEigenvalue } from './largest-eigenvalue';

test('a 2×2 matrix agrees with the quadratic formula', () => {
  expect(largestEigenvalue(Float64Array.of(2, 1, 1, 3), 2)).toBeCloseTo((5 + Math.sqrt(5)) / 2, 13);
});

test('the second-difference matrix of a path has 2 + 2 cos(π / (n + 1))', () => {
  for (const n of [1, 2, 3, 10, 60]) {
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = -1;
      if (i < n - 1) matrix[i * n + i + 1] = -1;
    }
    expect(largestEigenvalue(matrix, n)).toBeCloseTo(2 + 2 * Math.cos(Math.PI / (n + 1)), 12);
  }
});

test('identity, all-ones, zero and diagonal matrices have their known values', () => {
  const n = 144;
  const diagonal = (value: (i: number) => number) =>
    Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? value(at / (n + 1)) : 0));
  expect(
    largestEigenvalue(
      diagonal(() => 1),
      n,
    ),
  ).toBeCloseTo(1, 12);
  expect(
    largestEigenvalue(
      diagonal((i) => i),
      n,
    ),
  ).toBeCloseTo(143, 10);
  expect(largestEigenvalue(new Float64Array(n * n).fill(1), n)).toBeCloseTo(n, 10);
  expect(largestEigenvalue(new Float64Array(n * n), n)).toBe(0);
});

test('the Gram matrix of a sign vector has their number, even if the start is orthogonal to the vector', () => {
  for (let n = 1; n <= 9; n++) {
    for (let pattern = 0; pattern < 2 ** n; pattern++) {
      const signs = Float64Array.from({ length: n }, (_, i) => ((pattern >> i) & 1 ? 1 : -1));
      const gram = Float64Array.from({ length: n * n }, (_, at) => {
        return (signs[Math.floor(at / n)] ?? 0) * (signs[at % n] ?? 0);
      });
      expect(Math.abs(largestEigenvalue(gram, n) - n), signs.join()).toBeLessThan(1e-12 * n);
    }
  }
});

test('a matrix of two blocks has the larger eigenvalue of the two, for any start', () => {
  // The first block’s eigenvector of 8 is orthogonal to the start; the second block is the identity.
  const signs = [1, -1, -1, 1];
  const matrix = Float64Array.from({ length: 64 }, (_, at) => {
    const [i, j] = [Math.floor(at / 8), at % 8];
    if (i < 4 && j < 4) return 2 * (signs[i] ?? 0) * (signs[j] ?? 0);
    return i === j ? 1 : 0;
  });
  expect(largestEigenvalue(matrix, 8)).toBeCloseTo(8, 12);
});

test('a random Gram matrix agrees with a long power iteration', () => {
  const n = 40;
  const random = seededRandom(1);
  const rows = Array.from({ length: n }, () => Float64Array.from({ length: n }, () => random.normal()));
  const inner = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const gram = Float64Array.from(rows.flatMap((a) => rows.map((b) => inner(a, b))));
  const times = (v: Float64Array) => v.map((_, i) => inner(gram.subarray(i * n, (i + 1) * n), v));
  let vector = new Float64Array(n).fill(1);
  for (let pass = 0; pass < 5000; pass++) {
    const image = times(vector);
    const length = Math.sqrt(inner(image, image));
    vector = image.map((value) => value / length);
  }
  const reference = inner(vector, times(vector));
  expect(Math.abs(largestEigenvalue(gram, n) / reference - 1)).toBeLessThan(1e-12);
});

test('a matrix with NaN or Infinity ends the iteration without a finite result', () => {
  expect(largestEigenvalue(Float64Array.of(1, Number.NaN, Number.NaN, 1), 2)).toBeNaN();
  expect(Number.isFinite(largestEigenvalue(Float64Array.of(1, Infinity, Infinity, 1), 2))).toBe(false);
});
