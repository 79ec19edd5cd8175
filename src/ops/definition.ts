/**
 * A convolution and its derivatives computed from their definitions in double precision. Tests compare with them, and GPU
 * programs are checked against them before they are used.
 */
import { seededRandom } from '../core/random';

export interface Shape {
  n: number;
  h: number;
  w: number;
  cIn: number;
  cOut: number;
  k: number;
  stride: number;
  pad: number;
}

/** Sizes at which indexing errors are likely: one pixel, odd sides, channel counts that no tile divides, one image, many images. */
export const SHAPES: Shape[] = [
  { n: 1, h: 1, w: 1, cIn: 7, cOut: 5, k: 1, stride: 1, pad: 0 },
  { n: 33, h: 1, w: 1, cIn: 3, cOut: 7, k: 3, stride: 1, pad: 1 },
  { n: 2, h: 5, w: 4, cIn: 3, cOut: 4, k: 3, stride: 1, pad: 1 },
  { n: 33, h: 3, w: 3, cIn: 7, cOut: 2, k: 3, stride: 1, pad: 1 },
  { n: 1, h: 7, w: 8, cIn: 2, cOut: 3, k: 3, stride: 2, pad: 1 },
  { n: 2, h: 9, w: 5, cIn: 7, cOut: 7, k: 3, stride: 2, pad: 1 },
  { n: 1, h: 2, w: 2, cIn: 3, cOut: 3, k: 3, stride: 2, pad: 1 },
  { n: 2, h: 1, w: 1, cIn: 3, cOut: 3, k: 3, stride: 2, pad: 1 },
  { n: 2, h: 6, w: 5, cIn: 16, cOut: 8, k: 1, stride: 1, pad: 0 },
  { n: 3, h: 8, w: 7, cIn: 4, cOut: 2, k: 1, stride: 2, pad: 0 },
  { n: 2, h: 1, w: 3, cIn: 2, cOut: 5, k: 1, stride: 2, pad: 0 },
  { n: 2, h: 9, w: 10, cIn: 3, cOut: 4, k: 7, stride: 2, pad: 3 },
  { n: 1, h: 13, w: 11, cIn: 3, cOut: 8, k: 7, stride: 2, pad: 3 },
  { n: 2, h: 8, w: 12, cIn: 3, cOut: 4, k: 7, stride: 2, pad: 3 },
  { n: 1, h: 6, w: 6, cIn: 2, cOut: 3, k: 7, stride: 1, pad: 3 },
  // More results than one workgroup computes.
  { n: 1, h: 9, w: 10, cIn: 20, cOut: 72, k: 3, stride: 1, pad: 1 },
  // Kernels larger than their inputs.
  { n: 1, h: 2, w: 3, cIn: 16, cOut: 12, k: 3, stride: 1, pad: 1 },
  { n: 1, h: 3, w: 2, cIn: 12, cOut: 16, k: 3, stride: 2, pad: 1 },
  { n: 2, h: 1, w: 1, cIn: 24, cOut: 20, k: 1, stride: 1, pad: 0 },
  // Few channels with a 3×3 kernel and stride 2.
  { n: 2, h: 4, w: 6, cIn: 5, cOut: 4, k: 3, stride: 2, pad: 1 },
];

export function named(shape: Shape): string {
  const { n, h, w, cIn, cOut, k, stride } = shape;
  return `${n} × ${h}×${w}×${cIn} → ${cOut}, kernel ${k}, stride ${stride}`;
}

/** Height and width of the output. */
export function outputSides({ h, w, k, stride, pad }: Shape): [number, number] {
  const side = (size: number) => Math.floor((size + 2 * pad - k) / stride) + 1;
  return [side(h), side(w)];
}

/** `count` normally distributed numbers; the same label gives the same numbers. */
export function numbers(count: number, label: string): number[] {
  const random = seededRandom(1).fork(label);
  return Array.from({ length: count }, () => random.normal());
}

/** z = conv(x, kernel). */
export function output(x: number[], kernel: number[], shape: Shape): number[] {
  const [rows, columns] = outputSides(shape);
  const z = zeros(shape.n * rows * columns * shape.cOut);
  eachProduct(shape, (atX, atKernel, atZ) => add(z, atZ, (x[atX] ?? 0) * (kernel[atKernel] ?? 0)));
  return z;
}

/** ∂⟨dz, z⟩/∂x */
export function byInput(dz: number[], kernel: number[], shape: Shape): number[] {
  const dx = zeros(shape.n * shape.h * shape.w * shape.cIn);
  eachProduct(shape, (atX, atKernel, atZ) => add(dx, atX, (dz[atZ] ?? 0) * (kernel[atKernel] ?? 0)));
  return dx;
}

/** ∂⟨dz, z⟩/∂kernel */
export function byKernel(x: number[], dz: number[], shape: Shape): number[] {
  const dKernel = zeros(shape.k ** 2 * shape.cIn * shape.cOut);
  eachProduct(shape, (atX, atKernel, atZ) => add(dKernel, atKernel, (x[atX] ?? 0) * (dz[atZ] ?? 0)));
  return dKernel;
}

/** Σ over channel pairs of coefficients[j, pair]·∂K[tap, pair], `[m, taps]`: the gradient with respect to the atoms (docs/method.md §4). */
export function byAtoms(coefficients: number[], byKernels: number[], taps: number): number[] {
  const pairs = byKernels.length / taps;
  return Array.from({ length: (coefficients.length / pairs) * taps }, (_, at) => {
    const [atom, tap] = [Math.floor(at / taps), at % taps];
    let sum = 0;
    for (let pair = 0; pair < pairs; pair++)
      sum += (coefficients[atom * pairs + pair] ?? 0) * (byKernels[tap * pairs + pair] ?? 0);
    return sum;
  });
}

/** folded[tap, pair] + Σ over atoms of change[j, tap]·coefficients[j, pair] (docs/method.md §2). */
export function withAtoms(
  folded: number[],
  coefficients: number[],
  change: number[],
  taps: number,
): number[] {
  const pairs = folded.length / taps;
  const atoms = coefficients.length / pairs;
  return folded.map((value, index) => {
    const [tap, pair] = [Math.floor(index / pairs), index % pairs];
    let sum = value;
    for (let atom = 0; atom < atoms; atom++)
      sum += (change[atom * taps + tap] ?? 0) * (coefficients[atom * pairs + pair] ?? 0);
    return sum;
  });
}

/** folded[p,i,o] + Σ_b inputs[i,b]·outputs[p,b,o] (docs/method.md §2). */
export function withCore(
  folded: number[],
  inputs: number[],
  outputs: number[],
  { cIn, cOut }: Pick<Shape, 'cIn' | 'cOut'>,
): number[] {
  const rank = inputs.length / cIn;
  return folded.map((value, index) => {
    const [pair, o] = [Math.floor(index / cOut), index % cOut];
    const [tap, i] = [Math.floor(pair / cIn), pair % cIn];
    let sum = value;
    for (let b = 0; b < rank; b++)
      sum += (inputs[i * rank + b] ?? 0) * (outputs[(tap * rank + b) * cOut + o] ?? 0);
    return sum;
  });
}

/** Calls `visit` for every product x·kernel that contributes to z, with the indices into x, the kernel and z. */
function eachProduct(shape: Shape, visit: (atX: number, atKernel: number, atZ: number) => void): void {
  const { n, h, w, cIn, cOut, k, stride, pad } = shape;
  const [rows, columns] = outputSides(shape);
  for (let image = 0; image < n; image++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++)
        for (let u = 0; u < k; u++)
          for (let v = 0; v < k; v++) {
            const [row, column] = [r * stride + u - pad, c * stride + v - pad];
            if (row < 0 || row >= h || column < 0 || column >= w) continue;
            for (let i = 0; i < cIn; i++)
              for (let o = 0; o < cOut; o++)
                visit(
                  ((image * h + row) * w + column) * cIn + i,
                  ((u * k + v) * cIn + i) * cOut + o,
                  ((image * rows + r) * columns + c) * cOut + o,
                );
          }
}

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

function add(to: number[], at: number, value: number): void {
  to[at] = (to[at] ?? 0) + value;
}
