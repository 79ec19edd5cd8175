import * as tf from '@tensorflow/tfjs';
import type { ConvolutionAttributes, ConvolutionInputs } from '../convolution';
import { isFrozen } from '../frozen';
import { kernelFirst } from './input-gradient';
import { channelsFirst, tapSum } from './taps';

/** The stem's three channels leave most of a vector unused; below this many, squares of pixels become channels. */
const FEW_CHANNELS = 8;

/** The forms faster than tfjs' convolution; null where that is best. */
export function wasmConvolution(
  inputs: ConvolutionInputs,
  attributes: ConvolutionAttributes,
): tf.Tensor4D | null {
  const { x, kernel } = inputs;
  const { stride, pad } = attributes;
  const [n, height, width, cIn] = x.shape;
  const k = kernel.shape[0];
  if (pad !== (k - 1) / 2) return null;
  if (stride === 2 && k > 1 && cIn < FEW_CHANNELS && height % 2 === 0 && width % 2 === 0) {
    return squaresAsChannels(inputs, attributes);
  }
  if (stride > 1 || isFrozen(kernel)) return null;
  if (kernelFirst(kernel, n * height * width)) return channelsFirstConvolution(inputs, attributes);
  return null;
}

/** Stride 2 over pixels is stride 1 over 2×2 squares, with their pixels as channels and a zero before the kernel. */
function squaresAsChannels(
  { x, kernel, bias, residual }: ConvolutionInputs,
  attributes: ConvolutionAttributes,
) {
  const [n, height, width, cIn] = x.shape;
  const [k, , , cOut] = kernel.shape;
  const [rows, columns] = [height / 2, width / 2];
  const squares = tf
    .transpose(x.reshape<tf.Tensor4D>([n * rows, 2, columns, 2 * cIn]), [0, 2, 1, 3])
    .reshape<tf.Tensor4D>([n, rows, columns, 4 * cIn]);
  // Of a side k with (k − 1)/2 before the centre, the taps' squares begin at −⌈(k − 1)/4⌉.
  const before = Math.ceil((k - 1) / 4);
  const lead = 2 * before - (k - 1) / 2;
  const side = Math.ceil((k + lead) / 2);
  const padded = tf.pad(kernel, [
    [lead, 2 * side - k - lead],
    [lead, 2 * side - k - lead],
    [0, 0],
    [0, 0],
  ]);
  const squareKernel = tf
    .transpose(padded.reshape<tf.Tensor4D>([side, 2, side, 2 * cIn * cOut]), [0, 2, 1, 3])
    .reshape<tf.Tensor4D>([side, side, 4 * cIn, cOut]);
  const sides: [number, number] = [before, side - 1 - before];
  return fused({ x: squares, kernel: squareKernel, bias, residual }, sides, attributes.relu);
}

function channelsFirstConvolution(
  { x, kernel, bias, residual }: ConvolutionInputs,
  { pad, relu }: ConvolutionAttributes,
): tf.Tensor4D {
  const [n, height, width, cIn] = x.shape;
  const [k, , , cOut] = kernel.shape;
  const left = tf.transpose(kernel.reshape<tf.Tensor3D>([k * k, cIn, cOut]), [0, 2, 1]);
  const taps = tf.matMul<tf.Tensor2D>(left.reshape([k * k * cOut, cIn]), channelsFirst(x));
  const sum = k === 1 ? taps : tapSum(taps, [n, height, width], { k, stride: 1, pad }, true);
  const z = tf.add(tf.transpose(sum), bias).reshape<tf.Tensor4D>([n, height, width, cOut]);
  const y = residual ? tf.add<tf.Tensor4D>(z, residual) : z;
  return relu ? tf.relu(y) : y;
}

/** tfjs' convolution at stride 1 with zeros before and after each side. */
export function fused(
  { x, kernel, bias, residual }: ConvolutionInputs,
  sides: [number, number],
  relu: boolean,
): tf.Tensor4D {
  const y = tf.engine().runKernel(
    'FusedConv2D',
    { x, filter: kernel, bias },
    {
      strides: [1, 1],
      pad: [[0, 0], sides, sides, [0, 0]] as unknown as number[], // explicit padding, as tf.conv2d hands it on
      dataFormat: 'NHWC',
      dilations: [1, 1],
      activation: relu && !residual ? 'relu' : 'linear',
    },
  ) as tf.Tensor4D; // one output
  if (!residual) return y;
  const sum = tf.add<tf.Tensor4D>(y, residual);
  return relu ? tf.relu(sum) : sum;
}
