/**
 * Sparse coding of the rows of a matrix (docs/method.md §1): min over α, D of ½‖X − αD‖² + λ‖α‖₁ with unit-norm atoms, the rows of D.
 * Independent of kernels and networks.
 *
 * An adapter file stores D and recomputes α, so `sparseCode` must be bit-identical on every machine: it uses only addition,
 * multiplication, division and square roots of 64-bit numbers, in a fixed order.
 */

import { type Random, seededRandom } from '../core/random';
import { largestEigenvalue } from './largest-eigenvalue';
import { orthogonalise } from './vectors';

/** A row-major matrix. */
export interface Matrix {
  data: Float32Array;
  rows: number;
  cols: number;
}

export interface CodingOptions {
  /** The weight of ‖α‖₁. */
  lambda?: number;
  /** The number of FISTA iterations. */
  iterations?: number;
  /** The largest eigenvalue of D Dᵀ, whose inverse is the step size; computed if absent. */
  lipschitz?: number;
}

export interface DecomposeOptions extends Omit<CodingOptions, 'lipschitz'> {
  seed?: number;
  /** The number of alternations between coding and updating the atoms. */
  alternations?: number;
  /** The number of rows on which the atoms are learned; drawn at random if there are more. */
  sample?: number;
}

export interface SparseCode {
  /** `[n, cols]`; rows have unit norm. */
  atoms: Float32Array;
  /** `[rows, n]`: bit-identical to `sparseCode` of X with these atoms and `lipschitz`. */
  coefficients: Float32Array;
  lipschitz: number;
  /** ½‖X − αD‖² + λ‖α‖₁ over all rows. */
  objective: number;
  /** ‖X − αD‖ / ‖X‖; 0 if X is zero. */
  relativeError: number;
}

export const LAMBDA = 1e-3;
export const CODING_ITERATIONS = 20;
export const ALTERNATIONS = 10;
export const SAMPLE_ROWS = 20_000;
/** An atom whose update is shorter than this is used by no row and is redrawn. */
const DEAD = 1e-10;

/**
 * Learns `n` atoms for the rows of `x`, then codes every row with them.
 * The result is determined by the input and seed, except for the last bits of Math.log, sin and cos, which differ between
 * machines; `coefficients` are determined by `atoms` and `lipschitz` exactly.
 * @throws RangeError if `x` does not have rows × cols numbers, or if x or n is empty
 */
export function decompose(x: Matrix, n: number, options: DecomposeOptions = {}): SparseCode {
  const { seed = 0, lambda = LAMBDA, iterations = CODING_ITERATIONS } = options;
  const { alternations = ALTERNATIONS, sample = SAMPLE_ROWS } = options;
  checkMatrix(x);
  if (!(n >= 1)) throw new RangeError(`A dictionary of ${n} atoms cannot be learned.`);
  const random = seededRandom(seed);
  const learned = orthogonalAtoms(n, x.cols, random.fork('atoms'));
  const samples = sampleRows(x, sample, random.fork('sample'));
  const redraw = random.fork('redraw');
  for (let pass = 0; pass < alternations; pass++) {
    updateAtoms(learned, statistics(samples, learned, n, lambda, iterations), x.cols, redraw);
  }
  // Rounded to 32 bits before the last coding pass, because these are the atoms that the adapter file stores.
  const atoms = Float32Array.from(learned);
  const lipschitz = lipschitzConstant(atoms, n);
  const coefficients = sparseCode(x, atoms, n, { lambda, iterations, lipschitz });
  return { atoms, coefficients, lipschitz, ...quality(x, atoms, coefficients, lambda) };
}

/**
 * The codes of every row of `x` for the given atoms: FISTA (Beck and Teboulle 2009), starting at zero.
 * @param atoms `[n, x.cols]`
 * @returns `[x.rows, n]`
 * @throws RangeError if the sizes are inconsistent
 */
export function sparseCode(
  x: Matrix,
  atoms: Float32Array,
  n: number,
  options: CodingOptions = {},
): Float32Array {
  const { lambda = LAMBDA, iterations = CODING_ITERATIONS } = options;
  checkMatrix(x);
  if (n < 1 || atoms.length !== n * x.cols) {
    throw new RangeError(`${atoms.length} numbers are not ${n} atoms of ${x.cols}.`);
  }
  const lipschitz = options.lipschitz ?? lipschitzConstant(atoms, n);
  const coefficients = new Float32Array(x.rows * n);
  codeTiles(x, Float64Array.from(atoms), { n, lambda, iterations, lipschitz }, ({ firstRow, codes }) => {
    const rows = Math.min(TILE_ROWS, x.rows - firstRow);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < n; j++) coefficients[(firstRow + r) * n + j] = codes[j * TILE_ROWS + r] ?? 0;
    }
  });
  return coefficients;
}

/**
 * The largest eigenvalue of D Dᵀ, whose inverse is FISTA's step size.
 * @param atoms D, `[n, atoms.length / n]`
 */
export function lipschitzConstant(atoms: Float32Array | Float64Array, n: number): number {
  return largestEigenvalue(gramMatrix(atoms, n), n);
}

// ---------------------------------------------------------------- coding

/** The number of rows coded together, so that their values stay in registers and the L1 cache during all iterations. */
const TILE_ROWS = 4;

interface Coding {
  n: number;
  lambda: number;
  iterations: number;
  lipschitz: number;
}

/** Four rows and their codes. Element `i` of row `firstRow + r` is at `i · TILE_ROWS + r`; rows past the end are 0. */
interface Tile {
  firstRow: number;
  /** `[cols, TILE_ROWS]` */
  samples: Float64Array;
  /** `[n or n + 1, TILE_ROWS]` */
  codes: Float64Array;
}

/**
 * Codes the rows of `x` tile by tile. `visit` receives each tile before its memory is reused.
 *
 * With G = D Dᵀ, an iteration z ← soft(y − (yG − xDᵀ)/L, λ/L) is z ← soft(yM + b, λ/L) with M = I − G/L and b = xDᵀ/L. This
 * takes n² multiply-adds per row, independent of the length of a row.
 */
function codeTiles(x: Matrix, atoms: Float64Array, coding: Coding, visit: (tile: Tile) => void): void {
  const { n, lipschitz, iterations } = coding;
  const even = n + (n % 2);
  const step = lipschitz > 0 ? 1 / lipschitz : 0;
  const threshold = coding.lambda * step;
  const matrix = stepMatrix(atoms, n, even, step);
  const momenta = momentumSequence(iterations);
  const samples = new Float64Array(x.cols * TILE_ROWS);
  const bias = new Float64Array(even * TILE_ROWS);
  const codes = new Float64Array(even * TILE_ROWS);
  let point = new Float64Array(even * TILE_ROWS);
  let next = new Float64Array(even * TILE_ROWS);
  for (let firstRow = 0; firstRow < x.rows; firstRow += TILE_ROWS) {
    loadTile(x, firstRow, samples);
    correlate(samples, atoms, n, step, bias);
    codes.fill(0);
    point.fill(0);
    for (let i = 0; i < iterations; i++) {
      iterate(matrix, bias, threshold, momenta[i] ?? 0, codes, point, next);
      [point, next] = [next, point];
    }
    visit({ firstRow, samples, codes });
  }
}

/** M = I − D Dᵀ·step, with rows interleaved in pairs: `[even / 2, even, 2]`; for odd n the last row and column are 0. */
function stepMatrix(atoms: Float64Array, n: number, even: number, step: number): Float64Array {
  const gram = gramMatrix(atoms, n);
  const matrix = new Float64Array(even * even);
  for (let i = 0; i < n; i++) {
    const start = (i - (i % 2)) * even + (i % 2);
    for (let j = 0; j < n; j++) {
      matrix[start + 2 * j] = (i === j ? 1 : 0) - (gram[i * n + j] ?? 0) * step;
    }
  }
  return matrix;
}

/** (tᵢ − 1)/tᵢ₊₁ with t₁ = 1 and tᵢ₊₁ = (1 + √(1 + 4tᵢ²))/2. */
function momentumSequence(iterations: number): Float64Array {
  let t = 1;
  return Float64Array.from({ length: iterations }, () => {
    const next = (1 + Math.sqrt(1 + 4 * t * t)) / 2;
    const momentum = (t - 1) / next;
    t = next;
    return momentum;
  });
}

function loadTile(x: Matrix, firstRow: number, samples: Float64Array): void {
  for (let r = 0; r < TILE_ROWS; r++) {
    const row = firstRow + r;
    for (let c = 0; c < x.cols; c++) {
      samples[c * TILE_ROWS + r] = row < x.rows ? (x.data[row * x.cols + c] ?? 0) : 0;
    }
  }
}

/** bias ← xDᵀ · step for the four rows. */
function correlate(
  samples: Float64Array,
  atoms: Float64Array,
  n: number,
  step: number,
  bias: Float64Array,
): void {
  const cols = samples.length / TILE_ROWS;
  for (let j = 0; j < n; j++) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let c = 0; c < cols; c++) {
      const a = atoms[j * cols + c] ?? 0;
      s0 += a * (samples[c * 4] ?? 0);
      s1 += a * (samples[c * 4 + 1] ?? 0);
      s2 += a * (samples[c * 4 + 2] ?? 0);
      s3 += a * (samples[c * 4 + 3] ?? 0);
    }
    bias[j * 4] = s0 * step;
    bias[j * 4 + 1] = s1 * step;
    bias[j * 4 + 2] = s2 * step;
    bias[j * 4 + 3] = s3 * step;
  }
}

/**
 * One FISTA iteration on four rows: codes ← soft(point·M + bias, θ), next ← codes + momentum · (codes − previous codes).
 * Two atoms at a time, so that eight sums stay in registers, and unrolled by two. Almost all the time of a decomposition is spent
 * here.
 */
function iterate(
  matrix: Float64Array,
  bias: Float64Array,
  threshold: number,
  momentum: number,
  codes: Float64Array,
  point: Float64Array,
  next: Float64Array,
): void {
  const end = point.length;
  let m = 0;
  for (let at = 0; at < end; at += 8) {
    let a0 = bias[at] ?? 0;
    let a1 = bias[at + 1] ?? 0;
    let a2 = bias[at + 2] ?? 0;
    let a3 = bias[at + 3] ?? 0;
    let b0 = bias[at + 4] ?? 0;
    let b1 = bias[at + 5] ?? 0;
    let b2 = bias[at + 6] ?? 0;
    let b3 = bias[at + 7] ?? 0;
    for (let k = 0; k < end; k += 8) {
      let mA = matrix[m] ?? 0;
      let mB = matrix[m + 1] ?? 0;
      let y0 = point[k] ?? 0;
      let y1 = point[k + 1] ?? 0;
      let y2 = point[k + 2] ?? 0;
      let y3 = point[k + 3] ?? 0;
      a0 += mA * y0;
      a1 += mA * y1;
      a2 += mA * y2;
      a3 += mA * y3;
      b0 += mB * y0;
      b1 += mB * y1;
      b2 += mB * y2;
      b3 += mB * y3;
      mA = matrix[m + 2] ?? 0;
      mB = matrix[m + 3] ?? 0;
      y0 = point[k + 4] ?? 0;
      y1 = point[k + 5] ?? 0;
      y2 = point[k + 6] ?? 0;
      y3 = point[k + 7] ?? 0;
      a0 += mA * y0;
      a1 += mA * y1;
      a2 += mA * y2;
      a3 += mA * y3;
      b0 += mB * y0;
      b1 += mB * y1;
      b2 += mB * y2;
      b3 += mB * y3;
      m += 4;
    }
    advance(a0, threshold, momentum, at, codes, next);
    advance(a1, threshold, momentum, at + 1, codes, next);
    advance(a2, threshold, momentum, at + 2, codes, next);
    advance(a3, threshold, momentum, at + 3, codes, next);
    advance(b0, threshold, momentum, at + 4, codes, next);
    advance(b1, threshold, momentum, at + 5, codes, next);
    advance(b2, threshold, momentum, at + 6, codes, next);
    advance(b3, threshold, momentum, at + 7, codes, next);
  }
}

function advance(
  value: number,
  threshold: number,
  momentum: number,
  at: number,
  codes: Float64Array,
  next: Float64Array,
): void {
  const soft = value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
  next[at] = soft + momentum * (soft - (codes[at] ?? 0));
  codes[at] = soft;
}

// ---------------------------------------------------------------- learning

/** The sums over codes Z and samples S that the update of the atoms needs. */
interface Statistics {
  /** ZᵀZ, `[n, n]` */
  codes: Float64Array;
  /** ZᵀS, `[n, cols]` */
  samples: Float64Array;
}

function statistics(
  x: Matrix,
  atoms: Float64Array,
  n: number,
  lambda: number,
  iterations: number,
): Statistics {
  const lipschitz = lipschitzConstant(atoms, n);
  const sums = { codes: new Float64Array(n * n), samples: new Float64Array(n * x.cols) };
  codeTiles(x, atoms, { n, lambda, iterations, lipschitz }, ({ codes, samples }) => {
    addProducts(codes, n, codes, n, sums.codes);
    addProducts(codes, n, samples, x.cols, sums.samples);
  });
  return sums;
}

/** sums ← sums + a·bᵀ for a `[n, TILE_ROWS]` and b `[cols, TILE_ROWS]`. */
function addProducts(a: Float64Array, n: number, b: Float64Array, cols: number, sums: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const a0 = a[i * 4] ?? 0;
    const a1 = a[i * 4 + 1] ?? 0;
    const a2 = a[i * 4 + 2] ?? 0;
    const a3 = a[i * 4 + 3] ?? 0;
    if (a0 === 0 && a1 === 0 && a2 === 0 && a3 === 0) continue;
    for (let c = 0; c < cols; c++) {
      const product =
        a0 * (b[c * 4] ?? 0) + a1 * (b[c * 4 + 1] ?? 0) + a2 * (b[c * 4 + 2] ?? 0) + a3 * (b[c * 4 + 3] ?? 0);
      sums[i * cols + c] = (sums[i * cols + c] ?? 0) + product;
    }
  }
}

/**
 * Updates one atom after another to the direction that best explains the residual of the others: d ← Zⱼᵀ(S − Σ_{i≠j} Zᵢdᵢ),
 * normalised. With ZᵀZ and ZᵀS the cost does not depend on the number of rows. An atom that no row uses is redrawn.
 */
function updateAtoms(atoms: Float64Array, sums: Statistics, cols: number, random: Random): void {
  const n = atoms.length / cols;
  for (let j = 0; j < n; j++) {
    const atom = sums.samples.slice(j * cols, (j + 1) * cols);
    for (let i = 0; i < n; i++) {
      const weight = i === j ? 0 : (sums.codes[j * n + i] ?? 0);
      if (weight === 0) continue;
      for (let c = 0; c < cols; c++) atom[c] = (atom[c] ?? 0) - weight * (atoms[i * cols + c] ?? 0);
    }
    const length = Math.sqrt(dot(atom, 0, atom, 0, cols));
    atoms.set(length < DEAD ? randomDirection(cols, random) : atom.map((value) => value / length), j * cols);
  }
}

/** The first `n` rows and `cols` columns of a random orthogonal matrix, each row normalised. */
function orthogonalAtoms(n: number, cols: number, random: Random): Float64Array {
  const width = Math.max(n, cols);
  const rows: Float64Array[] = [];
  const atoms = new Float64Array(n * cols);
  for (let j = 0; j < n; j++) {
    const row = orthogonalDirection(rows, width, random);
    rows.push(row);
    const part = row.slice(0, cols);
    const length = Math.sqrt(dot(part, 0, part, 0, cols));
    atoms.set(length < DEAD ? randomDirection(cols, random) : part.map((value) => value / length), j * cols);
  }
  return atoms;
}

/** A random unit vector orthogonal to the given vectors. */
function orthogonalDirection(others: Float64Array[], width: number, random: Random): Float64Array {
  const row = randomDirection(width, random);
  orthogonalise(row, others);
  const length = Math.sqrt(dot(row, 0, row, 0, width));
  return row.map((value) => value / length);
}

function randomDirection(width: number, random: Random): Float64Array {
  const row = Float64Array.from({ length: width }, () => random.normal());
  const length = Math.sqrt(dot(row, 0, row, 0, width));
  return length < DEAD ? randomDirection(width, random) : row.map((value) => value / length);
}

function sampleRows(x: Matrix, count: number, random: Random): Matrix {
  if (x.rows <= count) return x;
  const data = new Float32Array(count * x.cols);
  random
    .permutation(x.rows)
    .subarray(0, count)
    .forEach((row, i) => {
      data.set(x.data.subarray(row * x.cols, (row + 1) * x.cols), i * x.cols);
    });
  return { data, rows: count, cols: x.cols };
}

// ---------------------------------------------------------------- measures

function quality(
  x: Matrix,
  atoms: Float32Array,
  coefficients: Float32Array,
  lambda: number,
): { objective: number; relativeError: number } {
  const n = atoms.length / x.cols;
  const residual = new Float64Array(x.cols);
  let squaredError = 0;
  let squaredNorm = 0;
  let absolute = 0;
  for (let row = 0; row < x.rows; row++) {
    residual.set(x.data.subarray(row * x.cols, (row + 1) * x.cols));
    squaredNorm += dot(residual, 0, residual, 0, x.cols);
    for (let j = 0; j < n; j++) {
      const code = coefficients[row * n + j] ?? 0;
      if (code === 0) continue;
      absolute += Math.abs(code);
      for (let c = 0; c < x.cols; c++) residual[c] = (residual[c] ?? 0) - code * (atoms[j * x.cols + c] ?? 0);
    }
    squaredError += dot(residual, 0, residual, 0, x.cols);
  }
  return {
    objective: squaredError / 2 + lambda * absolute,
    relativeError: squaredError === 0 ? 0 : Math.sqrt(squaredError / squaredNorm),
  };
}

/** D Dᵀ, `[n, n]` */
function gramMatrix(atoms: Float32Array | Float64Array, n: number): Float64Array {
  const cols = atoms.length / n;
  const gram = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(atoms, i * cols, atoms, j * cols, cols);
      gram[i * n + j] = product;
      gram[j * n + i] = product;
    }
  }
  return gram;
}

function dot(
  a: Float32Array | Float64Array,
  fromA: number,
  b: Float32Array | Float64Array,
  fromB: number,
  length: number,
): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[fromA + i] ?? 0) * (b[fromB + i] ?? 0);
  return sum;
}

function checkMatrix(x: Matrix): void {
  if (x.rows < 1 || x.cols < 1 || x.data.length !== x.rows * x.cols) {
    throw new RangeError(`${x.data.length} numbers are not ${x.rows} × ${x.cols}.`);
  }
}
