/**
 * Max-pooling and its gradient. In the gradient, each element of x sums over the windows of which it is the maximum. If several
 * elements of a window equal the maximum, the first in row-major order counts, as in PyTorch. If x is the output of a ReLU, the
 * gradient of that can be applied too.
 */
import type * as tf from '@tensorflow/tfjs';
import { isFp16, shapeOf } from '../fp16';
import type { PoolAttributes, PoolGradientAttributes } from '../max-pool';
import {
  emptyTensor,
  LINE,
  LINE_INDEX,
  lineGrid,
  numbersIn,
  type Program,
  runProgram,
  type Width,
} from './run-program';
import { typeOf } from './wgsl';

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
const GRADIENT_UNIFORMS = [...UNIFORMS, 'relu'] as const;

/** WGSL that decodes element `index` into channel, column, row and image. */
function place(height: string, width: string): string {
  return `
  let channel = index % uniforms.channels;
  let position = index / uniforms.channels;
  let column = position % uniforms.${width};
  let line = position / uniforms.${width};
  let row = line % uniforms.${height};
  let image = line / uniforms.${height};`;
}

export function maxPoolProgram(width: Width): Program {
  return {
    name: `maxPool_${width}`,
    inputs: [{ name: 'source', width }],
    outputWidth: width,
    uniforms: UNIFORMS,
    workgroup: [LINE, 1, 1],
    code: () => `
fn main() {
  ${LINE_INDEX}
  ${place('outputHeight', 'outputWidth')}
  let top = row * uniforms.stride - uniforms.pad;
  let left = column * uniforms.stride - uniforms.pad;
  let plane = image * uniforms.height;
  var greatest = read_source(((plane + max(0, top)) * uniforms.width + max(0, left)) * uniforms.channels + channel);
  for (var r = max(0, top); r < min(uniforms.height, top + uniforms.side); r++) {
    for (var c = max(0, left); c < min(uniforms.width, left + uniforms.side); c++) {
      greatest = max(greatest, read_source(((plane + r) * uniforms.width + c) * uniforms.channels + channel));
    }
  }
  write_result(index, greatest);
}`,
  };
}

export function maxPoolGradientProgram(width: Width): Program {
  const bools = width === 4 ? 'vec4<bool>' : 'bool';
  const zero = `${typeOf(width)}(0.0)`;
  return {
    name: `maxPoolGradient_${width}`,
    inputs: ['source', 'pooled', 'dy'].map((name) => ({ name, width })),
    outputWidth: width,
    uniforms: GRADIENT_UNIFORMS,
    workgroup: [LINE, 1, 1],
    code: () => `
fn main() {
  ${LINE_INDEX}
  ${place('height', 'width')}
  let value = read_source(index);
  var sum = ${zero};
  let firstRow = max(0, (row + uniforms.pad - uniforms.side + uniforms.stride) / uniforms.stride);
  let lastRow = min(uniforms.outputHeight - 1, (row + uniforms.pad) / uniforms.stride);
  let firstColumn = max(0, (column + uniforms.pad - uniforms.side + uniforms.stride) / uniforms.stride);
  let lastColumn = min(uniforms.outputWidth - 1, (column + uniforms.pad) / uniforms.stride);
  for (var windowRow = firstRow; windowRow <= lastRow; windowRow++) {
    for (var windowColumn = firstColumn; windowColumn <= lastColumn; windowColumn++) {
      let at = ((image * uniforms.outputHeight + windowRow) * uniforms.outputWidth + windowColumn) * uniforms.channels + channel;
      let greatest = read_pooled(at) == value;
      if (!any(greatest)) { continue; }
      // An equal element earlier in the window takes the whole gradient.
      var first = ${bools}(true);
      let top = windowRow * uniforms.stride - uniforms.pad;
      let left = windowColumn * uniforms.stride - uniforms.pad;
      for (var r = max(0, top); r <= row; r++) {
        for (var c = max(0, left); c < min(uniforms.width, left + uniforms.side); c++) {
          if (r == row && c >= column) { break; }
          first = first & (read_source(((image * uniforms.height + r) * uniforms.width + c) * uniforms.channels + channel) != value);
        }
      }
      sum += select(${zero}, read_dy(at), greatest & first);
    }
  }
  write_result(index, select(sum, select(${zero}, sum, value > ${zero}), uniforms.relu == 1));
}`,
  };
}

/** `[n, h, w, c] → [n, h', w', c]`, in x's precision. */
export function runMaxPool(program: Program, x: tf.Tensor4D, window: PoolAttributes): tf.Tensor4D {
  const [images, height, width, channels] = shapeOf(x);
  const reach = (size: number) => Math.floor((size + 2 * window.pad - window.k) / window.stride) + 1;
  const shape = [images, reach(height), reach(width), channels];
  const output = emptyTensor(shape, isFp16(x) ? 'half' : 'single') as tf.Tensor4D; // a 4-D shape
  runOver(program, [x], { x, y: output, window }, output);
  return output;
}

/** x `[n, h, w, c]`, y and dy `[n, h', w', c]`. */
export function runMaxPoolGradient(
  program: Program,
  { x, y, dy }: { x: tf.Tensor4D; y: tf.Tensor4D; dy: tf.TensorInfo },
  { relu, ...window }: PoolGradientAttributes,
): tf.Tensor4D {
  const output = emptyTensor(shapeOf(x)) as tf.Tensor4D; // a 4-D shape
  runOver(program, [x, y, dy], { x, y, window, more: { relu: Number(relu) } }, output);
  return output;
}

/** Runs the program with one thread per output element. */
function runOver(
  program: Program,
  inputs: readonly tf.TensorInfo[],
  {
    x,
    y,
    window: { k, stride, pad },
    more = {},
  }: { x: tf.Tensor4D; y: tf.Tensor4D; window: PoolAttributes; more?: Record<string, number> },
  output: tf.Tensor4D,
): void {
  const [, height, width, depth] = shapeOf(x);
  const [, outputHeight, outputWidth] = shapeOf(y);
  const size = numbersIn(output) / program.outputWidth;
  const channels = depth / program.outputWidth;
  const uniforms = {
    size,
    height,
    width,
    outputHeight,
    outputWidth,
    channels,
    side: k,
    stride,
    pad,
    ...more,
  };
  runProgram(program, inputs, uniforms, output, lineGrid(size));
}
