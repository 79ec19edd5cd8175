import * as tf from '@tensorflow/tfjs';
import type { ConvolutionAttributes, ConvolutionInputs } from '../convolution';
import { kernelFirst } from './input-gradient';
import { channelsFirst, tapSum } from './taps';

/** The convolution as a matrix product with the kernel on the left; null if tfjs' convolution is faster or the case is not supported. */
export function wasmConvolution(
  { x, kernel, bias, residual }: ConvolutionInputs,
  { stride, pad, relu }: ConvolutionAttributes,
): tf.Tensor4D | null {
  const [n, height, width, cIn] = x.shape;
  const [k, , , cOut] = kernel.shape;
  if (stride > 1 || pad !== (k - 1) / 2 || !kernelFirst(kernel, n * height * width)) return null;
  const left = tf.transpose(kernel.reshape<tf.Tensor3D>([k * k, cIn, cOut]), [0, 2, 1]);
  const taps = tf.matMul<tf.Tensor2D>(left.reshape([k * k * cOut, cIn]), channelsFirst(x));
  const sum = k === 1 ? taps : tapSum(taps, [n, height, width], { k, stride: 1, pad }, true);
  const product = tf.transpose(sum);
  const z = (bias ? tf.add(product, bias) : product).reshape<tf.Tensor4D>([n, height, width, cOut]);
  const y = residual ? tf.add<tf.Tensor4D>(z, residual) : z;
  return relu ? tf.relu(y) : y;
}
