/**
 * The largest eigenvalue of a symmetric matrix, by Lanczos iteration with full reorthogonalisation (Golub and Van Loan, "Matrix
 * Computations", §10.1). Power iteration needs about a thousand products for many random atoms; this needs a few dozen. It uses
 * only addition, multiplication, division and square roots in a fixed order, so the result is bit-identical on every machine.
 */
const TOLERANCE = 1e-14;

/** @param matrix symmetric, `[n, n]` */
export function largestEigenvalue(matrix: Float64Array, n: number): number {
  // Irregular, so that the start is not orthogonal to vectors with a simple pattern.
  let vector = Float64Array.from({ length: n }, (_, i) => 1 + ((i * 0.6180339887498949) % 1));
  vector = scaled(vector, 1 / Math.sqrt(dot(vector, vector)));
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let eigenvalue = 0;
  const restarted = false;
  for (;;) {
    basis.push(vector);
    const image = product(matrix, vector);
    diagonal.push(dot(image, vector));
    const next = largestOfTridiagonal(diagonal, offDiagonal);
    orthogonalise(image, basis);
    const length = Math.sqrt(dot(image, image));
    const settled = !restarted && Math.abs(next - eigenvalue) <= TOLERANCE * Math.abs(next);
    eigenvalue = next;
    // A remainder this short is rounding error: the basis spans all directions reachable from the start.
    if (settled || basis.length === n || length <= TOLERANCE * n * Math.abs(next)) return eigenvalue;
    offDiagonal.push(length);
    vector = scaled(image, 1 / length);
  }
}

/** Bisection between Gershgorin's bounds, to the last bit. */
function largestOfTridiagonal(diagonal: number[], offDiagonal: number[]): number {
  const radius = (i: number) => (offDiagonal[i - 1] ?? 0) + (offDiagonal[i] ?? 0);
  let low = Math.min(...diagonal.map((value, i) => value - radius(i)));
  let high = Math.max(...diagonal.map((value, i) => value + radius(i)));
  for (;;) {
    const middle = low + (high - low) / 2;
    // Also ends if a bound is NaN.
    if (!(middle > low && middle < high)) return high;
    if (hasEigenvalueAbove(middle, diagonal, offDiagonal)) low = middle;
    else high = middle;
  }
}

/** Whether an eigenvalue exceeds x: whether the tridiagonal matrix − x·I has a positive pivot (Sylvester's law of inertia). */
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

/** Removes from `vector`, in place, its components along the basis; twice, for accuracy. */
export function orthogonalise(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const other of basis) {
      const along = dot(vector, other);
      for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) - along * (other[i] ?? 0);
    }
  }
}

function product(matrix: Float64Array, vector: Float64Array): Float64Array<ArrayBuffer> {
  const n = vector.length;
  return Float64Array.from({ length: n }, (_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
}

function scaled(vector: Float64Array, factor: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(vector, (value) => value * factor);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
