import * as tf from '@tensorflow/tfjs';
import type { AtomGradientInputs } from '../atom-gradient';
import { derivedTensor, isFrozen } from '../frozen';
import { type KernelGradientAttributes, kernelGradient } from '../kernel-gradient';

/**
 * ∂L/∂K as the left operand in its stored layout, the cached transposed coefficients as the right one: four times as fast as
 * transposing ∂L/∂K. Returns null if the coefficients are not frozen.
 */
export function wasmAtomGradient(
  { x, dz, coefficients }: AtomGradientInputs,
  attributes: KernelGradientAttributes,
): tf.Tensor2D | null {
  if (!isFrozen(coefficients)) return null;
  const whole = kernelGradient({ x, dz }, attributes).reshape<tf.Tensor2D>([attributes.k ** 2, -1]);
  const right = derivedTensor(coefficients, 'transposed', () => tf.transpose(coefficients));
  return tf.transpose(tf.matMul<tf.Tensor2D>(whole, right));
}
