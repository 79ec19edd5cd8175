/**
 * Frozen bases of a kernel in which some settings train a small core: singular vectors, computed from the pretrained kernel alone
 * (docs/method.md §1.4).
 */
import type { ConvolutionSpec } from '../backbone/layout';
import { sizeOf } from '../core/shape';
import { type DenseMatrix, leadingLeft, rightOf, type SingularVectors, signed } from './singular-vectors';

type Sizes = Pick<ConvolutionSpec, 'cIn' | 'cOut' | 'kernel'>;

/** Which bases, and of how many directions at most. */
export interface BasisSpec {
  /**
   * `channels`: of the output channels, of the input channels and of the positions in the kernel, each by itself.
   * `matrix`: the singular value decomposition of the kernel as a matrix `[c_out, c_in·k²]`.
   */
  form: 'channels' | 'matrix';
  rank: number;
}

/** The bases of one layer, row-major. */
export interface LayerBases {
  /** By name, with the shapes of `basisShapes`. */
  tensors: Readonly<Record<string, Float32Array>>;
  /** Whether another program could find other vectors. Such bases are stored in adapter files. */
  isAmbiguous: boolean;
}

/** The number of directions of positions: all of a 3×3 kernel, the nine leading ones of a larger one. */
const POSITIONS = 9;

/** The number of directions in a layer: at most as many as it has channels. */
export function layerRank({ form, rank }: BasisSpec, { cIn, cOut, kernel }: Sizes): number {
  return Math.min(rank, cOut, form === 'channels' ? cIn : cIn * kernel ** 2);
}

/** m', the number of directions of positions in the form `channels`. */
export const positionsOf = ({ kernel }: Sizes): number => Math.min(kernel ** 2, POSITIONS);

/**
 * The names and shapes of a layer's bases.
 *
 * `channels`: U `[c_out, r]` and V `[c_in, r]`, singular vectors scaled by √(σ_a/σ₁), and P `[m', k²]`, only for kernels larger than
 * 3×3; else P is the identity. `matrix`: U `[c_out, r]`, S `[r]` and V `[r, c_in·k²]`, so that W ≈ U·diag(S)·V.
 */
export function basisShapes(spec: BasisSpec, layer: Sizes): Record<string, number[]> {
  const { cIn, cOut, kernel } = layer;
  const r = layerRank(spec, layer);
  if (spec.form === 'matrix') return { U: [cOut, r], S: [r], V: [r, cIn * kernel ** 2] };
  return {
    ...{ U: [cOut, r], V: [cIn, r] },
    ...(kernel ** 2 > POSITIONS ? { P: [POSITIONS, kernel ** 2] } : {}),
  };
}

/** How many numbers a layer's bases have together. */
export const basisNumbers = (spec: BasisSpec, layer: Sizes): number =>
  Object.values(basisShapes(spec, layer)).reduce((sum, shape) => sum + sizeOf(shape), 0);

/** A string that is equal for equal bases. */
export const basisKey = ({ form, rank }: BasisSpec) => `${form},${rank}`;

/** @param kernel W in PyTorch's order, `[c_out, c_in, k, k]` */
export function basesOf(kernel: Float32Array, layer: Sizes, spec: BasisSpec): LayerBases {
  const r = layerRank(spec, layer);
  return spec.form === 'matrix' ? matrixBases(kernel, layer, r) : channelBases(kernel, layer, r);
}

function matrixBases(kernel: Float32Array, { cIn, cOut, kernel: k }: Sizes, r: number): LayerBases {
  const matrix = { data: Float64Array.from(kernel), rows: cOut, cols: cIn * k ** 2 };
  const found = leadingLeft(matrix, r);
  const V = new Float32Array(r * matrix.cols);
  for (const [a, row] of rightOf(matrix, found).entries()) V.set(row, a * matrix.cols);
  const { left, values, isAmbiguous } = found;
  return { tensors: { U: Float32Array.from(left), S: Float32Array.from(values), V }, isAmbiguous };
}

function channelBases(kernel: Float32Array, { cIn, cOut, kernel: k }: Sizes, r: number): LayerBases {
  const positions = k ** 2;
  const byOutput = { data: Float64Array.from(kernel), rows: cOut, cols: cIn * positions };
  const outputs = leadingLeft(byOutput, r);
  const inputs =
    positions === 1 ? transposedOf(byOutput, outputs) : leadingLeft(byInput(kernel, cIn, cOut, positions), r);
  const tensors = { U: scaled(outputs), V: scaled(inputs) };
  const isAmbiguous = outputs.isAmbiguous || inputs.isAmbiguous;
  if (positions <= POSITIONS) return { tensors, isAmbiguous };
  const { left, isAmbiguous: areAmbiguous } = leadingLeft(byPosition(kernel, positions), POSITIONS);
  const P = new Float32Array(POSITIONS * positions);
  for (let j = 0; j < POSITIONS; j++)
    for (let p = 0; p < positions; p++) P[j * positions + p] = left[p * POSITIONS + j] ?? 0;
  return { tensors: { ...tensors, P }, isAmbiguous: isAmbiguous || areAmbiguous };
}

/** The left singular vectors of the transposed matrix, from those of the matrix. */
function transposedOf(matrix: DenseMatrix, found: SingularVectors): SingularVectors {
  const { columns, isAmbiguous } = signed(rightOf(matrix, found));
  return { left: columns, values: found.values, isAmbiguous };
}

/** Each column scaled by √(σ_a/σ₁). */
function scaled({ left, values }: SingularVectors): Float32Array {
  const [largest = 0] = values;
  const factors = values.map((value) => (largest === 0 ? 0 : Math.sqrt(value / largest)));
  return Float32Array.from(left, (value, at) => value * (factors[at % factors.length] ?? 0));
}

/** W as `[c_in, c_out·k²]`. */
function byInput(kernel: Float32Array, cIn: number, cOut: number, positions: number): DenseMatrix {
  const data = new Float64Array(kernel.length);
  for (let o = 0; o < cOut; o++)
    for (let i = 0; i < cIn; i++)
      for (let p = 0; p < positions; p++)
        data[(i * cOut + o) * positions + p] = kernel[(o * cIn + i) * positions + p] ?? 0;
  return { data, rows: cIn, cols: cOut * positions };
}

/** W as `[k², c_out·c_in]`. */
function byPosition(kernel: Float32Array, positions: number): DenseMatrix {
  const pairs = kernel.length / positions;
  const data = new Float64Array(kernel.length);
  for (let pair = 0; pair < pairs; pair++)
    for (let p = 0; p < positions; p++) data[p * pairs + pair] = kernel[pair * positions + p] ?? 0;
  return { data, rows: positions, cols: pairs };
}
