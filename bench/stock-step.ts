/**
 * The rival: one ΔD training step as a tfjs user would write it, from stock operations and `tf.variableGrads`: convolution,
 * batch norm, ReLU and sum each on their own. tfjs-wasm has no gradient by a convolution's kernel (no Conv2DBackpropFilter),
 * so there the tuned convolutions are written as patches × kernel, the way around it that stock operations allow.
 */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../src/backbone/backbone';
import { toTfjsOrder } from '../src/backbone/kernel-order';
import type { BlockSpec, ConvolutionSpec } from '../src/backbone/layout';
import type { LayerCodes } from '../src/decompose/layer-codes';
import { float32, type Safetensors } from '../src/files/safetensors';
import type { Step } from './steps';

export function stockStep(
  backbone: Backbone,
  file: Safetensors,
  codes: LayerCodes,
  classes: number,
  kernelsAsPatches: boolean,
): Step {
  const weights = new Map<string, tf.Tensor4D>();
  const norms = new Map<string, tf.Tensor1D[]>();
  const coefficients = new Map<string, tf.Tensor2D>();
  const changes = new Map<string, tf.Variable<tf.Rank.R2>>();
  for (const { spec, pretrained } of backbone.convolutions.values()) {
    const { name, batchNorm, kernel, cIn, cOut } = spec;
    weights.set(name, tf.tensor4d(toTfjsOrder(pretrained, cOut, cIn), [kernel, kernel, cIn, cOut]));
    const parts = ['running_mean', 'running_var', 'bias', 'weight'];
    norms.set(
      name,
      parts.map((part) => tf.tensor1d(float32(file, `${batchNorm}.${part}`))),
    );
    const code = codes.get(name);
    if (!code) continue;
    const m = code.coefficients.length / (cIn * cOut);
    coefficients.set(name, tf.tensor2d(toTfjsOrder(code.coefficients, cOut, cIn), [m, cIn * cOut]));
    changes.set(name, tf.variable(tf.zeros<tf.Rank.R2>([m, kernel * kernel])));
  }
  const headWeight = tf.variable(tf.zeros<tf.Rank.R2>([backbone.network.features, classes]));
  const headBias = tf.variable(tf.zeros<tf.Rank.R1>([classes]));
  const optimizer = tf.train.adam(1e-3);

  function kernelOf({ name, kernel, cIn, cOut }: ConvolutionSpec): tf.Tensor4D {
    const frozen = weights.get(name) as tf.Tensor4D; // set for every layer above
    const change = changes.get(name);
    const fixed = coefficients.get(name);
    if (!change || !fixed) return frozen;
    return tf.add(frozen, tf.matMul(change, fixed, true).reshape([kernel, kernel, cIn, cOut]));
  }

  function convolve(spec: ConvolutionSpec, x: tf.Tensor4D): tf.Tensor4D {
    const { name, stride, pad } = spec;
    const [mean, variance, offset, scale] = norms.get(name) as [
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
    ]; // four parts above
    const y =
      kernelsAsPatches && changes.has(name)
        ? patchConvolution(x, kernelOf(spec), spec)
        : tf.conv2d(x, kernelOf(spec), stride, [
            [0, 0],
            [pad, pad],
            [pad, pad],
            [0, 0],
          ]);
    return tf.batchNorm(y, mean, variance, offset, scale, 1e-5);
  }

  function bottleneck({ conv1, conv2, conv3, downsample }: BlockSpec, x: tf.Tensor4D): tf.Tensor4D {
    const inner = tf.relu(convolve(conv2, tf.relu(convolve(conv1, x))));
    return tf.relu(tf.add(convolve(conv3, inner), downsample ? convolve(downsample, x) : x));
  }

  function loss(images: tf.Tensor4D, wanted: tf.Tensor2D): tf.Scalar {
    let x = tf.maxPool(tf.relu(convolve(backbone.network.stem, images)), 3, 2, 1);
    for (const block of backbone.network.stages.flat()) x = bottleneck(block, x);
    const logits = tf.add(tf.matMul(tf.mean(x, [1, 2]), headWeight), headBias);
    return tf.losses.softmaxCrossEntropy(wanted, logits);
  }

  return {
    run: (images, wanted) =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => loss(images, wanted));
        optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value.reshape<tf.Tensor1D>([1]);
      }),
    dispose() {
      optimizer.dispose();
      tf.dispose([
        ...weights.values(),
        ...[...norms.values()].flat(),
        ...coefficients.values(),
        ...changes.values(),
        headWeight,
        headBias,
      ]);
    },
  };
}

/** A convolution as a matrix product with every k×k patch of x, from slices, so that stock gradients exist. */
function patchConvolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { kernel: k, stride, pad, cIn, cOut }: ConvolutionSpec,
): tf.Tensor4D {
  const [n, height, width] = x.shape;
  const outHeight = Math.floor((height + 2 * pad - k) / stride) + 1;
  const outWidth = Math.floor((width + 2 * pad - k) / stride) + 1;
  // Even sides, so that a stride is a reshape and a slice: strided slices have no gradient on wasm.
  const [tall, wide] = [outHeight, outWidth].map((size) => stride * size + k - 1 + ((k - 1) % stride));
  const padded = tf.pad(x, [
    [0, 0],
    [pad, (tall ?? 0) - height - pad],
    [pad, (wide ?? 0) - width - pad],
    [0, 0],
  ]);
  const patches: tf.Tensor[] = [];
  for (let row = 0; row < k; row++) {
    for (let column = 0; column < k; column++) {
      const window = tf.slice(padded, [0, row, column, 0], [n, stride * outHeight, stride * outWidth, cIn]);
      const everyRow = tf.slice(
        window.reshape([n * outHeight, stride * stride * outWidth * cIn]),
        [0, 0],
        [n * outHeight, stride * outWidth * cIn],
      );
      const everyColumn = tf.slice(
        everyRow.reshape([n * outHeight * outWidth, stride * cIn]),
        [0, 0],
        [n * outHeight * outWidth, cIn],
      );
      patches.push(everyColumn);
    }
  }
  const product = tf.matMul(tf.concat(patches, 1) as tf.Tensor2D, kernel.reshape([k * k * cIn, cOut]));
  return product.reshape([n, outHeight, outWidth, cOut]);
}
