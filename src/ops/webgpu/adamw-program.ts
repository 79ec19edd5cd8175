/** AdamW (Loshchilov & Hutter, ICLR 2019, Algorithm 2) for all trainable parameters in one dispatch. */
import type * as tf from '@tensorflow/tfjs';
import { emptyTensor, LINE, LINE_INDEX, lineGrid, type Program, runProgram } from './run-program';

/** The scalars of one step; `correction1` and `correction2` are the bias corrections 1 − βᵗ. */
export interface AdamWStep {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  correction1: number;
  correction2: number;
  /** The schedule's factor, which multiplies every learning rate. */
  factor: number;
}

export const adamwProgram: Program = {
  name: 'adamw',
  inputs: ['state', 'gradient', 'rates'].map((name) => ({ name, width: 1 })),
  outputWidth: 1,
  uniforms: ['size', 'rateStep'],
  floats: [
    'beta1',
    'rest1',
    'beta2',
    'rest2',
    'epsilon',
    'weightDecay',
    'correction1',
    'correction2',
    'factor',
  ],
  workgroup: [LINE, 1, 1],
  code: () => `
fn main() {
  ${LINE_INDEX}
  let value = read_state(index);
  let slope = read_gradient(index);
  let mean = uniforms.beta1 * read_state(uniforms.size + index) + uniforms.rest1 * slope;
  let variance = uniforms.beta2 * read_state(2 * uniforms.size + index) + uniforms.rest2 * slope * slope;
  let direction = mean / uniforms.correction1 / (sqrt(variance / uniforms.correction2) + uniforms.epsilon);
  let rate = read_rates(index * uniforms.rateStep) * uniforms.factor;
  write_result(index, value - rate * (direction + uniforms.weightDecay * value));
  write_result(uniforms.size + index, mean);
  write_result(2 * uniforms.size + index, variance);
}`,
};

/** The next optimizer state `[3n]` (values, means, variances) from the state, the gradient `[n]` and the learning rates `[n]` or `[1]`. */
export function runAdamw(
  { state, gradient, rates }: { state: tf.Tensor1D; gradient: tf.Tensor1D; rates: tf.Tensor },
  step: AdamWStep,
): tf.Tensor1D {
  const output = emptyTensor(state.shape) as tf.Tensor1D; // of the state's shape
  const size = gradient.size;
  const rateStep = rates.size === 1 ? 0 : 1;
  // Computed in double precision: in fp32, 1 − 0.999 is wrong in the fifth digit.
  const rests = { rest1: 1 - step.beta1, rest2: 1 - step.beta2 };
  const uniforms = { ...step, ...rests, size, rateStep };
  runProgram(adamwProgram, [state, gradient, rates], uniforms, output, lineGrid(size));
  return output;
}
