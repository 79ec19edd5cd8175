/**
 * Converts a convolution kernel to the matrix whose rows are sparse-coded (docs/method.md §1.1), and back. Plain atoms are blocks of one
 * output by one input channel: rows `[c_out · c_in, k²]`.
 */
import type { Matrix } from './sparse-coding';

/** A kernel `[cOut, cIn, k, k]` in PyTorch's order. */
export interface KernelShape {
  cOut: number;
  cIn: number;
  k: number;
}

/** The number of output and input channels in one row. */
export interface Block {
  out: number;
  in: number;
}

export const PLAIN: Block = { out: 1, in: 1 };

/** The block of size `kc`; a side whose channel count `kc` does not divide uses 1. */
export function channelBlock(shape: KernelShape, kc: number): Block {
  return { out: shape.cOut % kc === 0 ? kc : 1, in: shape.cIn % kc === 0 ? kc : 1 };
}

/** The shape of the matrix: `[(cOut / out) · (cIn / in), out · k · in · k]`. */
export function rowsShape({ cOut, cIn, k }: KernelShape, block: Block): { rows: number; cols: number } {
  return { rows: (cOut / block.out) * (cIn / block.in), cols: block.out * k * block.in * k };
}

/**
 * The matrix of a kernel. Each row has the layout `(p k q l)`: output channel in the block, kernel row, input channel in the
 * block, kernel column.
 * @throws RangeError if the kernel does not have the shape, or the block does not divide it
 */
export function kernelToRows(kernel: Float32Array, shape: KernelShape, block: Block = PLAIN): Matrix {
  checkBlock(kernel.length, shape, block);
  const data = new Float32Array(kernel.length);
  eachRun(shape, block, (inKernel, inRows) => {
    for (let x = 0; x < shape.k; x++) data[inRows + x] = kernel[inKernel + x] ?? 0;
  });
  return { data, ...rowsShape(shape, block) };
}

/**
 * The inverse of `kernelToRows`.
 * @returns `[cOut, cIn, k, k]`
 * @throws RangeError as `kernelToRows`
 */
export function rowsToKernel(rows: Float32Array, shape: KernelShape, block: Block = PLAIN): Float32Array {
  checkBlock(rows.length, shape, block);
  const kernel = new Float32Array(rows.length);
  eachRun(shape, block, (inKernel, inRows) => {
    for (let x = 0; x < shape.k; x++) kernel[inKernel + x] = rows[inRows + x] ?? 0;
  });
  return kernel;
}

/** Visits every kernel row of every channel pair: `k` numbers that are contiguous in both layouts. */
function eachRun(
  { cOut, cIn, k }: KernelShape,
  block: Block,
  visit: (inKernel: number, inRows: number) => void,
): void {
  const cols = block.out * k * block.in * k;
  for (let o = 0; o < cOut; o++) {
    const p = o % block.out;
    const rowOfBlock = ((o - p) / block.out) * (cIn / block.in);
    for (let i = 0; i < cIn; i++) {
      const q = i % block.in;
      const start = (rowOfBlock + (i - q) / block.in) * cols;
      for (let y = 0; y < k; y++) {
        visit(((o * cIn + i) * k + y) * k, start + ((p * k + y) * block.in + q) * k);
      }
    }
  }
}

function checkBlock(length: number, { cOut, cIn, k }: KernelShape, block: Block): void {
  if (length !== cOut * cIn * k * k || cOut % block.out !== 0 || cIn % block.in !== 0) {
    throw new RangeError(
      `${length} numbers are not a kernel [${[cOut, cIn, k, k]}] in ${block.out} × ${block.in} channel blocks.`,
    );
  }
}
