/**
 * Leading singular vectors of a matrix, from its Gram matrix in 64-bit arithmetic (docs/method.md §1.4): by subspace iteration
 * (Golub and Van Loan, _Matrix Computations_, §8.2.4) where few are wanted of many, else from the whole eigendecomposition.
 *
 * Only additions, multiplications, divisions and square roots in a fixed order: the same bits in every browser. Other programs find
 * the same vectors up to rounding where `isAmbiguous` is false.
 */
import { EigenvalueDecomposition, Matrix as SquareMatrix } from 'ml-matrix';
import { seededRandom } from '../random';
import { dot, orthogonalise } from './vectors';

export interface SingularVectors {
  /** The leading left singular vectors as columns, `[rows, rank]`; a column whose singular value is nearly 0 is 0. */
  left: Float64Array;
  /** The leading singular values, descending. */
  values: Float64Array;
  /** Whether rounding could choose other vectors: two singular values nearly agree, or the sign of a vector is uncertain. */
  isAmbiguous: boolean;
}

/** A dense matrix in 64 bits, row-major. */
export interface DenseMatrix {
  data: Float64Array;
  rows: number;
  cols: number;
}

/** Eigenvalues of the Gram matrix closer than this, relative to the largest, do not determine their vectors. */
const GAP = 1e-6;
/** Eigenvalues below this, relative to the largest, count as 0. */
const NOTHING = 1e-12;
/** The residual ‖Gv − λv‖/λ₁ at which the iteration ends. */
const RESIDUAL = 1e-13;
/** The greatest number of iterations. Only vectors of nearly equal values need so many, and these are ambiguous. */
const ITERATIONS = 2000;
/** Iterations between two Rayleigh–Ritz steps. */
const BETWEEN = 4;

/**
 * The `rank` leading left singular vectors of `matrix`. Signs: the entry of largest magnitude is positive.
 * @throws RangeError if `rank` exceeds the smaller side
 */
export function leadingLeft(matrix: DenseMatrix, rank: number): SingularVectors {
  const { rows, cols } = matrix;
  if (rank < 1 || rank > Math.min(rows, cols)) {
    throw new RangeError(`A ${rows} × ${cols} matrix does not have ${rank} singular vectors.`);
  }
  const isWide = rows <= cols;
  const gram = gramOf(isWide ? matrix : transposed(matrix));
  // One more than asked for, to see whether the last one is separated from the next.
  const count = Math.min(rank + 1, Math.min(rows, cols));
  const { vectors, eigenvalues } = leadingEigenvectors(gram, Math.min(rows, cols), count);
  const largest = Math.max(eigenvalues[0] ?? 0, 0);
  const isZero = (a: number) => !((eigenvalues[a] ?? 0) > NOTHING * largest);
  const left = new Float64Array(rows * rank);
  const values = new Float64Array(rank);
  let isAmbiguous = false;
  for (let a = 0; a < rank; a++) {
    if (isZero(a)) continue;
    values[a] = Math.sqrt(eigenvalues[a] ?? 0);
    const own = vectors[a] ?? new Float64Array();
    const column = isWide ? own : times(matrix, own, 1 / (values[a] ?? 1));
    const { sign, isCertain } = signOf(column);
    for (let i = 0; i < rows; i++) left[i * rank + a] = sign * (column[i] ?? 0);
    const gap = ((eigenvalues[a] ?? 0) - (eigenvalues[a + 1] ?? Number.NEGATIVE_INFINITY)) / largest;
    isAmbiguous ||= !isCertain || gap < GAP;
  }
  return { left, values, isAmbiguous };
}

/** The sign that makes the entry of largest magnitude positive, and whether rounding cannot change which entry that is. */
function signOf(column: Float64Array): { sign: number; isCertain: boolean } {
  let [highest, lowest] = [0, 0];
  for (const value of column) {
    highest = Math.max(highest, value);
    lowest = Math.min(lowest, value);
  }
  return {
    sign: highest >= -lowest ? 1 : -1,
    isCertain: Math.abs(highest + lowest) > GAP * (highest - lowest),
  };
}

/** M·Mᵀ `[rows, rows]`. */
function gramOf({ data, rows, cols }: DenseMatrix): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let p = 0, a = i * cols, b = j * cols; p < cols; p++)
        sum += (data[a + p] ?? 0) * (data[b + p] ?? 0);
      gram[i * rows + j] = sum;
      gram[j * rows + i] = sum;
    }
  }
  return gram;
}

function transposed({ data, rows, cols }: DenseMatrix): DenseMatrix {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) turned[j * rows + i] = data[i * cols + j] ?? 0;
  return { data: turned, rows: cols, cols: rows };
}

/** factor · M·v, `[rows]`. */
function times({ data, rows, cols }: DenseMatrix, vector: Float64Array, factor = 1): Float64Array {
  const product = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0, at = i * cols; j < cols; j++) sum += (data[at + j] ?? 0) * (vector[j] ?? 0);
    product[i] = factor * sum;
  }
  return product;
}

interface Eigenvectors {
  /** Unit vectors, by descending eigenvalue. */
  vectors: Float64Array[];
  eigenvalues: number[];
}

/** The `count` leading eigenvectors of a symmetric positive semidefinite matrix `[n, n]`. */
function leadingEigenvectors(gram: Float64Array, n: number, count: number): Eigenvectors {
  // A subspace larger than wanted converges sooner: the rate is the ratio of the first eigenvalue left out to the last wanted.
  const width = 2 * count + 8;
  if (2 * width >= n) {
    const whole = eigenvectors(gram, n);
    return { vectors: whole.vectors.slice(0, count), eigenvalues: whole.eigenvalues.slice(0, count) };
  }
  const matrix = { data: gram, rows: n, cols: n };
  let basis = orthonormal(startVectors(n, width));
  for (let done = 0; ; done += BETWEEN) {
    for (let step = 0; step < BETWEEN; step++)
      basis = orthonormal(basis.map((vector) => times(matrix, vector)));
    const images = basis.map((vector) => times(matrix, vector));
    const projected = new Float64Array(width * width);
    for (const [a, vector] of basis.entries()) {
      for (const [b, image] of images.slice(0, a + 1).entries()) {
        const value = dot(vector, image);
        projected[a * width + b] = value;
        projected[b * width + a] = value;
      }
    }
    const ritz = eigenvectors(projected, width);
    basis = ritz.vectors.map((weights) => combined(basis, weights));
    const found = ritz.vectors.slice(0, count).map((weights) => combined(images, weights));
    const residual = Math.max(
      ...found.map((image, a) => distance(image, basis[a], ritz.eigenvalues[a] ?? 0)),
    );
    if (residual <= RESIDUAL * (ritz.eigenvalues[0] ?? 0) || done >= ITERATIONS)
      return { vectors: basis.slice(0, count), eigenvalues: ritz.eigenvalues.slice(0, count) };
  }
}

/** All eigenvectors of a symmetric matrix `[n, n]`. */
function eigenvectors(matrix: Float64Array, n: number): Eigenvectors {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    SquareMatrix.from1DArray(n, n, matrix),
    { assumeSymmetric: true },
  );
  // Ascending in the library.
  const order = Array.from({ length: n }, (_, index) => n - 1 - index);
  return {
    vectors: order.map((index) => Float64Array.from(eigenvectorMatrix.getColumn(index))),
    eigenvalues: order.map((index) => realEigenvalues[index] ?? 0),
  };
}

/** Random vectors; `uniform` has the same bits on every machine. */
function startVectors(n: number, count: number): Float64Array[] {
  const random = seededRandom(0);
  return Array.from({ length: count }, () => Float64Array.from({ length: n }, () => random.uniform() - 0.5));
}

/** Gram–Schmidt, twice. A vector that depends on those before it becomes 0. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const before = Math.sqrt(dot(vector, vector));
    orthogonalise(vector, basis);
    const length = Math.sqrt(dot(vector, vector));
    const factor = length > NOTHING * before ? 1 / length : 0;
    basis.push(vector.map((value) => factor * value));
  }
  return basis;
}

/** Σ weights[a]·vectors[a] */
function combined(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const [a, vector] of vectors.entries()) {
    const weight = weights[a] ?? 0;
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + weight * (vector[i] ?? 0);
  }
  return sum;
}

/** ‖image − value·vector‖ */
function distance(image: Float64Array, vector: Float64Array | undefined, value: number): number {
  let sum = 0;
  for (let i = 0; i < image.length; i++) {
    const difference = (image[i] ?? 0) - value * (vector?.[i] ?? 0);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}
