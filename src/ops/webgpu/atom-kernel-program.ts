/**
 * The kernel for an atom change ΔD in one pass over memory: K = folded + Σ_j ΔD[j]·coefficients[j]. A thread computes all taps
 * of its channel pairs, so that each coefficient is read once.
 */
import type * as tf from '@tensorflow/tfjs';
import { shapeOf } from '../fp16';
import { emptyTensor, LINE, LINE_INDEX, lineGrid, type Program, runProgram, type Width } from './run-program';
import { lines, typeOf } from './wgsl';

export function atomKernelProgram(taps: number, width: Width): Program {
  const each = (line: (tap: number) => string) => lines(taps, line);
  return {
    name: `atomKernel${taps}_${width}`,
    inputs: [
      { name: 'folded', width },
      { name: 'coefficients', width },
      { name: 'change', width: 1 },
    ],
    outputWidth: width,
    uniforms: ['size', 'atoms'],
    workgroup: [LINE, 1, 1],
    code: () => `
fn main() {
  ${LINE_INDEX}
  // The update is summed first: adding its terms to the larger kernel values one by one would lose their last digits.
  ${each((tap) => `var k${tap} = ${typeOf(width)}(0.0);`)}
  for (var atom = 0; atom < uniforms.atoms; atom++) {
    let coefficient = read_coefficients(atom * uniforms.size + index);
    ${each((tap) => `k${tap} += read_change(atom * ${taps} + ${tap}) * coefficient;`)}
  }
  ${each((tap) => `write_result(${tap} * uniforms.size + index, read_folded(${tap} * uniforms.size + index) + k${tap});`)}
}`,
  };
}

/** folded `[k, k, c_in, c_out]`, coefficients `[m, c_in·c_out]`, change `[m, k²]`. */
export function runAtomKernel(
  program: Program,
  { folded, coefficients, change }: { folded: tf.Tensor4D; coefficients: tf.Tensor2D; change: tf.Tensor2D },
): tf.Tensor4D {
  const output = emptyTensor(shapeOf(folded)) as tf.Tensor4D; // of the folded kernel's shape
  const [atoms] = coefficients.shape;
  const [, , cIn, cOut] = output.shape;
  const size = (cIn * cOut) / program.outputWidth;
  runProgram(program, [folded, coefficients, change], { size, atoms }, output, lineGrid(size));
  return output;
}
