/** Conversion between fp32 and fp16: a copy, since every program's accessors convert to and from fp32. */
import type * as tf from '@tensorflow/tfjs';
import type { Precision } from '../fp16';
import { emptyTensor, LINE, LINE_INDEX, lineGrid, numbersIn, type Program, runProgram } from './run-program';

const convertProgram: Program = {
  name: 'convert',
  inputs: [{ name: 'source', width: 4 }],
  outputWidth: 4,
  uniforms: ['size'],
  workgroup: [LINE, 1, 1],
  code: () => `
fn main() {
  ${LINE_INDEX}
  write_result(index, read_source(index));
}`,
};

/** The tensor in `precision`. The number of values must be a multiple of 4. */
export function runConvert(source: tf.Tensor, precision: Precision): tf.Tensor {
  const shape = source.shape.slice();
  const last = shape.pop() ?? 0;
  const count = numbersIn(source);
  const output = emptyTensor([...shape, (last * count) / source.size], precision);
  runProgram(convertProgram, [source], { size: count / 4 }, output, lineGrid(count / 4));
  return output;
}
