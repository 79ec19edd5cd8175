/**
 * The largest eigenvalue of a symmetric matrix, by Lanczos iteration with full reorthogonalisation (Golub and Van
 * Loan, "Matrix Computations", §10.1). Power iteration needs a thousand passes where atoms are many and random; this
 * needs a few dozen. Adds, multiplies, divides and takes square roots in a fixed order: the same bits everywhere.
 */
import { dot, orthogonalise } from './vectors';

const TOLERANCE = 1e-14;

/** @param matrix symmetric, `[n, n]` */
export function largestEigenvalue(matrix: Float64Array, n: number): number {
  let vector = Float64Array.from({ length: n }, (_, i) => 1 + ((i * 0.6180339887498949) % 1));
  vector = scaled(vector, 1 / Math.sqrt(dot(vector, vector)));
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let eigenvalue = 0;
  let restarted = false;
  for (;;) {
    basis.push(vector);
    const image = product(matrix, vector);
    diagonal.push(dot(image, vector));
    const next = largestOfTridiagonal(diagonal, offDiagonal);
    orthogonalise(image, basis);
    const length = Math.sqrt(dot(image, image));
    const settled = !restarted && Math.abs(next - eigenvalue) <= TOLERANCE * Math.abs(next);
    eigenvalue = next;
    if (basis.length === n) return eigenvalue;
    // A remainder this short is rounding: the basis spans an invariant subspace. The start may have been orthogonal to the
    // eigenvector in question, as it is to that of atoms of one number with the signs + − − +.
    if (length <= TOLERANCE * n * Math.abs(next)) {
      if (next >= greatestRowSum(matrix, n) * (1 - TOLERANCE * n)) return eigenvalue;
      restarted = true;
      offDiagonal.push(0);
      vector = orthogonalUnitVector(basis, n);
      continue;
    }
    if (settled) return eigenvalue;
    offDiagonal.push(length);
    vector = scaled(image, 1 / length);
  }
}

/** ‖A‖∞, which no eigenvalue exceeds. */
function greatestRowSum(matrix: Float64Array, n: number): number {
  let greatest = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.abs(matrix[i * n + j] ?? 0);
    greatest = Math.max(greatest, sum);
  }
  return greatest;
}

/** A unit vector orthogonal to a basis of fewer than n vectors. */
function orthogonalUnitVector(basis: readonly Float64Array[], n: number): Float64Array<ArrayBuffer> {
  for (let axis = 0; ; axis++) {
    const vector = new Float64Array(n);
    vector[axis] = 1;
    orthogonalise(vector, basis);
    const length = Math.sqrt(dot(vector, vector));
    // The squared lengths of all n axes sum to n − basis.length, so one is at least 1/n.
    if (length * length >= 0.5 / n || axis === n - 1) return scaled(vector, 1 / length);
  }
}

/** By bisection between bounds of Gershgorin's theorem, to the last bit. */
function largestOfTridiagonal(diagonal: number[], offDiagonal: number[]): number {
  const radius = (i: number) => (offDiagonal[i - 1] ?? 0) + (offDiagonal[i] ?? 0);
  let low = Math.min(...diagonal.map((value, i) => value - radius(i)));
  let high = Math.max(...diagonal.map((value, i) => value + radius(i)));
  for (;;) {
    const middle = low + (high - low) / 2;
    // Also ends where a bound is not a number.
    if (!(middle > low && middle < high)) return high;
    if (hasEigenvalueAbove(middle, diagonal, offDiagonal)) low = middle;
    else high = middle;
  }
}

/** Sylvester's law of inertia: whether a pivot of the tridiagonal matrix − x·I is positive. */
function hasEigenvalueAbove(x: number, diagonal: number[], offDiagonal: number[]): boolean {
  let pivot = 1;
  for (const [i, value] of diagonal.entries()) {
    const beside = offDiagonal[i - 1] ?? 0;
    pivot = value - x - (beside * beside) / pivot;
    if (pivot > 0) return true;
    if (pivot === 0) pivot = -Number.MIN_VALUE;
  }
  return false;
}

function product(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  const n = vector.length;
  return Float64Array.from({ length: n }, (_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
}

function scaled(vector: Float64Array, factor: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(vector, (value) => value * factor);
}
