/**
 * Leading singular vectors of a matrix, from its Gram matrix in 64-bit arithmetic (docs/method.md §1.4): by subspace iteration in
 * block Krylov spaces (Musco and Musco, NeurIPS 2015) where few are wanted of many, else from the whole eigendecomposition.
 *
 * Only additions, multiplications, divisions and square roots in a fixed order: the same bits in every browser. Other programs find
 * the same vectors up to rounding where `isAmbiguous` is false.
 */
import { EigenvalueDecomposition, Matrix as SquareMatrix } from 'ml-matrix';
import { seededRandom } from '../core/random';
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
/** The greatest number of rounds. */
const ROUNDS = 200;
/** Powers of the Gram matrix, 0 to 7, that span a round's space. */
const POWERS = 8;

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
  const values = Float64Array.from({ length: rank }, (_, a) =>
    isZero(a) ? 0 : Math.sqrt(eigenvalues[a] ?? 0),
  );
  const columns = vectors.slice(0, rank).map((vector, a) => {
    if (isZero(a)) return new Float64Array(rows);
    return isWide ? vector : times(matrix, vector, 1 / (values[a] ?? 1));
  });
  const isClose = (a: number) =>
    !isZero(a) && (eigenvalues[a] ?? 0) - (eigenvalues[a + 1] ?? Number.NEGATIVE_INFINITY) < GAP * largest;
  const left = signed(columns);
  return {
    left: left.columns,
    values,
    isAmbiguous: left.isAmbiguous || columns.some((_, a) => isClose(a)),
  };
}

/** The right singular vectors that belong to the left ones, as columns, `[cols, rank]`, with the left ones' signs. */
export function rightOf(
  { data, rows, cols }: DenseMatrix,
  { left, values }: SingularVectors,
): Float64Array[] {
  const rank = values.length;
  return Array.from(values, (value, a) => {
    const column = new Float64Array(cols);
    if (value === 0) return column;
    for (let i = 0; i < rows; i++) {
      const weight = (left[i * rank + a] ?? 0) / value;
      for (let j = 0, at = i * cols; j < cols; j++)
        column[j] = (column[j] ?? 0) + weight * (data[at + j] ?? 0);
    }
    return column;
  });
}

/** The columns, each with the sign that makes its entry of largest magnitude positive, as one matrix `[rows, rank]`. */
export function signed(columns: readonly Float64Array[]): { columns: Float64Array; isAmbiguous: boolean } {
  const rank = columns.length;
  const together = new Float64Array(rank * (columns[0]?.length ?? 0));
  let isAmbiguous = false;
  for (const [a, column] of columns.entries()) {
    let [highest, lowest] = [0, 0];
    for (const value of column) {
      highest = Math.max(highest, value);
      lowest = Math.min(lowest, value);
    }
    const sign = highest >= -lowest ? 1 : -1;
    for (const [i, value] of column.entries()) together[i * rank + a] = sign * value;
    // Rounding could make the entry of the other sign the largest.
    isAmbiguous ||= highest - lowest > 0 && Math.abs(highest + lowest) < GAP * (highest - lowest);
  }
  return { columns: together, isAmbiguous };
}

/** M·Mᵀ `[rows, rows]`, two rows by two rows at a time. */
function gramOf({ data, rows, cols }: DenseMatrix): Float64Array {
  const gram = new Float64Array(rows * rows);
  const set = (i: number, j: number, value: number) => {
    if (i >= rows || j >= rows) return;
    gram[i * rows + j] = value;
    gram[j * rows + i] = value;
  };
  for (let i = 0; i < rows; i += 2) {
    const [a, b] = [i * cols, Math.min(i + 1, rows - 1) * cols];
    for (let j = 0; j <= i; j += 2) {
      const [c, d] = [j * cols, Math.min(j + 1, rows - 1) * cols];
      let [ac, ad, bc, bd] = [0, 0, 0, 0];
      for (let p = 0; p < cols; p++) {
        const [u, v] = [data[a + p] ?? 0, data[b + p] ?? 0];
        const [x, y] = [data[c + p] ?? 0, data[d + p] ?? 0];
        ac += u * x;
        ad += u * y;
        bc += v * x;
        bd += v * y;
      }
      set(i, j, ac);
      set(i, j + 1, ad);
      set(i + 1, j, bc);
      set(i + 1, j + 1, bd);
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
  // A few more than wanted: vectors of nearly equal eigenvalues converge together.
  const width = count + 4;
  if (2 * width * POWERS >= n) {
    const whole = eigenvectors(gram, n);
    return { vectors: whole.vectors.slice(0, count), eigenvalues: whole.eigenvalues.slice(0, count) };
  }
  const matrix = { data: gram, rows: n, cols: n };
  let block = startVectors(n, width);
  for (let round = 1; ; round++) {
    // Each power starts from the last one's orthonormal vectors: they span the same space, and no digits are lost.
    const basis: Float64Array[] = [];
    const images: Float64Array[] = [];
    for (let power = 0; power < POWERS; power++) {
      const added = orthonormal(block, basis);
      basis.push(...added);
      block = added.map((vector) => times(matrix, vector));
      images.push(...block.map((image) => image.slice()));
    }
    const ritz = eigenvectors(projection(basis, images), basis.length);
    block = ritz.vectors.slice(0, width).map((weights) => combined(basis, weights));
    const residuals = ritz.vectors
      .slice(0, count)
      .map((weights, a) => distance(combined(images, weights), block[a], ritz.eigenvalues[a] ?? 0));
    if (Math.max(...residuals) <= RESIDUAL * (ritz.eigenvalues[0] ?? 0) || round === ROUNDS)
      return { vectors: block.slice(0, count), eigenvalues: ritz.eigenvalues.slice(0, count) };
  }
}

/** The symmetric matrix of the products of all vectors with all images. */
function projection(vectors: readonly Float64Array[], images: readonly Float64Array[]): Float64Array {
  const n = vectors.length;
  const products = new Float64Array(n * n);
  for (const [a, vector] of vectors.entries()) {
    for (const [b, image] of images.slice(0, a + 1).entries()) {
      const value = dot(vector, image);
      products[a * n + b] = value;
      products[b * n + a] = value;
    }
  }
  return products;
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

/**
 * The vectors made orthonormal to each other and to the basis, by Gram–Schmidt, twice. Changes them in place. A vector that depends on
 * those before it becomes 0.
 */
function orthonormal(vectors: readonly Float64Array[], basis: readonly Float64Array[]): Float64Array[] {
  const all = [...basis];
  return vectors.map((vector) => {
    const before = Math.sqrt(dot(vector, vector));
    orthogonalise(vector, all);
    const length = Math.sqrt(dot(vector, vector));
    const factor = length > NOTHING * before ? 1 / length : 0;
    const unit = vector.map((value) => factor * value);
    all.push(unit);
    return unit;
  });
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
