/** Copies runs of output channels within the wasm heap. tfjs-wasm would transpose six axes one number at a time. */
import type * as tf from '@tensorflow/tfjs';
import type { BlockAttributes, FoldInputs, UnfoldInputs } from '../channel-blocks';
import { heapViews, uninitialised } from './heap';

export function wasmFold({ columns, scale }: FoldInputs, attributes: BlockAttributes): tf.Tensor4D {
  const { out, in: inner, k } = attributes;
  const cOut = scale.size;
  const cIn = (columns.shape[1] / (cOut / out)) * inner;
  const kernel = uninitialised<tf.Rank.R4>([k, k, cIn, cOut]);
  const [from, by, to] = heapViews(columns, scale, kernel);
  eachRun(attributes, cIn, cOut, (inKernel, inColumns, p, blocks) => {
    for (let o = 0; o < blocks; o++)
      to[inKernel + o * out] = (from[inColumns + o] ?? 0) * (by[o * out + p] ?? 0);
  });
  return kernel;
}

export function wasmUnfold({ kernel, scale }: UnfoldInputs, attributes: BlockAttributes): tf.Tensor2D {
  const { out, in: inner, k } = attributes;
  const [, , cIn, cOut] = kernel.shape;
  const columns = uninitialised<tf.Rank.R2>([out * k * inner * k, (cIn / inner) * (cOut / out)]);
  const [from, by, to] = heapViews(kernel, scale, columns);
  eachRun(attributes, cIn, cOut, (inKernel, inColumns, p, blocks) => {
    for (let o = 0; o < blocks; o++)
      to[inColumns + o] = (from[inKernel + o * out] ?? 0) * (by[o * out + p] ?? 0);
  });
  return columns;
}

/** Visits every run of output blocks: contiguous in the columns, with a stride of `out` in the kernel. */
function eachRun(
  { out, in: inner, k }: BlockAttributes,
  cIn: number,
  cOut: number,
  visit: (inKernel: number, inColumns: number, p: number, blocks: number) => void,
): void {
  const blocks = cOut / out;
  const width = (cIn / inner) * blocks;
  for (let y = 0; y < k; y++)
    for (let x = 0; x < k; x++)
      for (let i = 0; i < cIn; i++) {
        const q = i % inner;
        const row = ((y * k + x) * cIn + i) * cOut;
        for (let p = 0; p < out; p++) {
          const column = ((p * k + y) * inner + q) * k + x;
          visit(row + p, column * width + ((i - q) / inner) * blocks, p, blocks);
        }
      }
}
