/**
 * ∂L/∂x of a max-pooling: each element of x collects from the windows it is the maximum of. Of equal elements the first of a
 * window (row by row) counts, as in PyTorch.
 */
import type * as tf from '@tensorflow/tfjs';
import { emptyTensor, LINE, LINE_INDEX, lineGrid, type Program, runProgram } from './run-program';

const UNIFORMS = [
  'size',
  'height',
  'width',
  'outputHeight',
  'outputWidth',
  'channels',
  'side',
  'stride',
  'pad',
] as const;

export const maxPoolGradientProgram: Program = {
  name: 'maxPoolGradient',
  inputs: [
    { name: 'source', width: 1 },
    { name: 'pooled', width: 1 },
    { name: 'dy', width: 1 },
  ],
  outputWidth: 1,
  uniforms: UNIFORMS,
  workgroup: [LINE, 1, 1],
  code: () => `
fn main() {
  ${LINE_INDEX}
  let channel = index % uniforms.channels;
  let position = index / uniforms.channels;
  let column = position % uniforms.width;
  let line = position / uniforms.width;
  let row = line % uniforms.height;
  let image = line / uniforms.height;
  let value = source[index];
  var sum = 0.0;
  let firstRow = max(0, (row + uniforms.pad - uniforms.side + uniforms.stride) / uniforms.stride);
  let lastRow = min(uniforms.outputHeight - 1, (row + uniforms.pad) / uniforms.stride);
  let firstColumn = max(0, (column + uniforms.pad - uniforms.side + uniforms.stride) / uniforms.stride);
  let lastColumn = min(uniforms.outputWidth - 1, (column + uniforms.pad) / uniforms.stride);
  for (var windowRow = firstRow; windowRow <= lastRow; windowRow++) {
    for (var windowColumn = firstColumn; windowColumn <= lastColumn; windowColumn++) {
      let at = ((image * uniforms.outputHeight + windowRow) * uniforms.outputWidth + windowColumn) * uniforms.channels + channel;
      if (pooled[at] != value) { continue; }
      // An equal element earlier in the window takes it all.
      var first = true;
      let top = windowRow * uniforms.stride - uniforms.pad;
      let left = windowColumn * uniforms.stride - uniforms.pad;
      for (var r = max(0, top); r <= row; r++) {
        for (var c = max(0, left); c < min(uniforms.width, left + uniforms.side); c++) {
          if (r == row && c >= column) { break; }
          if (source[((image * uniforms.height + r) * uniforms.width + c) * uniforms.channels + channel] == value) { first = false; }
        }
      }
      if (first) { sum += dy[at]; }
    }
  }
  result[index] = sum;
}`,
};

/** x `[n, h, w, c]`, y and dy `[n, h', w', c]`. */
export function runMaxPoolGradient(
  { x, y, dy }: { x: tf.Tensor4D; y: tf.TensorInfo; dy: tf.TensorInfo },
  { k, stride, pad }: { k: number; stride: number; pad: number },
): tf.Tensor4D {
  const [, height, width, channels] = x.shape;
  const [, outputHeight = 0, outputWidth = 0] = y.shape;
  const output = emptyTensor(x.shape) as tf.Tensor4D; // of x's shape
  runProgram(
    maxPoolGradientProgram,
    [x, y, dy],
    { size: x.size, height, width, outputHeight, outputWidth, channels, side: k, stride, pad },
    output,
    lineGrid(x.size),
  );
  return output;
}
