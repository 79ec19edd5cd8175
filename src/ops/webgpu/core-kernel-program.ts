/** The kernel for a core in frozen bases, in one pass over memory: K = folded + Σ_b V[i,b]·outputs[p,b,o]. */
import type * as tf from '@tensorflow/tfjs';
import { shapeOf } from '../fp16';
import { emptyTensor, LINE, LINE_INDEX, lineGrid, type Program, runProgram, type Width } from './run-program';
import { typeOf } from './wgsl';

export function coreKernelProgram(width: Width): Program {
  return {
    name: `coreKernel_${width}`,
    inputs: [
      { name: 'folded', width },
      { name: 'inputs', width: 1 },
      { name: 'outputs', width },
    ],
    outputWidth: width,
    uniforms: ['size', 'rank', 'inputChannels', 'outputElements'],
    workgroup: [LINE, 1, 1],
    code: () => `
fn main() {
  ${LINE_INDEX}
  let pair = index / uniforms.outputElements;
  let tap = pair / uniforms.inputChannels;
  let input = (pair - tap * uniforms.inputChannels) * uniforms.rank;
  let output = tap * uniforms.rank * uniforms.outputElements + index - pair * uniforms.outputElements;
  // The update is summed first: adding its terms to the larger kernel values one by one would lose their last digits.
  var change = ${typeOf(width)}(0.0);
  for (var b = 0; b < uniforms.rank; b++) {
    change += read_inputs(input + b) * read_outputs(output + b * uniforms.outputElements);
  }
  write_result(index, read_folded(index) + change);
}`,
  };
}

/** folded `[k, k, c_in, c_out]`, inputs `[c_in, r]`, outputs `[k², r, c_out]`. */
export function runCoreKernel(
  program: Program,
  { folded, inputs, outputs }: { folded: tf.Tensor4D; inputs: tf.Tensor2D; outputs: tf.Tensor3D },
): tf.Tensor4D {
  const shape = shapeOf(folded);
  const output = emptyTensor(shape) as tf.Tensor4D; // of the folded kernel's shape
  const [side, , inputChannels, outputChannels] = shape;
  const outputElements = outputChannels / program.outputWidth;
  const size = side ** 2 * inputChannels * outputElements;
  const [, rank] = inputs.shape;
  runProgram(
    program,
    [folded, inputs, outputs],
    { size, rank, inputChannels, outputElements },
    output,
    lineGrid(size),
  );
  return output;
}
