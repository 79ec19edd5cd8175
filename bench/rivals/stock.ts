/**
 * The step as a tfjs user would write it, from stock operations and `tf.variableGrads`: convolution, batch norm, ReLU and sum are
 * separate operations. tfjs-wasm has no gradient with respect to a convolution's kernel (no Conv2DBackpropFilter), so there the
 * tuned convolutions are written as patches × kernel, a workaround with stock operations.
 */
import * as tf from '@tensorflow/tfjs';
import { toTfjsOrder } from '../../src/backbone/kernel-order';
import type { BlockSpec, ConvolutionSpec } from '../../src/backbone/layout';
import { startBackend } from '../../src/backend';
import { ADAM, BACKBONE_RATES, HEAD_RATE, onlyOurs } from '../case';
import type { Problem } from '../problem';
import { trains } from '../work';
import type { Rival, Trainer } from './rival';
import { featuresOf, imagesOf, lossOf, targetsOf } from './tensors';

export const stock: Rival = {
  cannot: onlyOurs,
  start: async ({ backend }) => {
    await startBackend(backend);
  },
  prepare: async (problem, backend) => trainer(problem, backend === 'wasm'),
};

function trainer(problem: Problem, kernelsAsPatches: boolean): Trainer {
  const { of, network, weights, coefficients, table, initial } = problem;
  /** Frozen tensors by name; disposed at the end. */
  const frozen = new Map<string, tf.Tensor>();
  const backboneVariables = new Map<string, tf.Variable>();

  const layers = [network.stem, ...network.stages.flat().flatMap(blockLayers)];
  for (const { name, batchNorm, kernel, cIn, cOut } of weights.size > 0 ? layers : []) {
    const pretrained = assertDefined(weights.get(`${name}.weight`)).data;
    frozen.set(name, tf.tensor4d(toTfjsOrder(pretrained, cOut, cIn), [kernel, kernel, cIn, cOut]));
    for (const part of ['running_mean', 'running_var', 'bias', 'weight']) {
      const key = `${batchNorm}.${part}`;
      frozen.set(key, tf.tensor1d(assertDefined(weights.get(key)).data));
    }
    const code = coefficients.get(name);
    if (!code) continue;
    const m = code.length / (cIn * cOut);
    frozen.set(`${name} coefficients`, tf.tensor2d(toTfjsOrder(code, cOut, cIn), [m, cIn * cOut]));
  }
  for (const { layer, trainable, offset, size, shape } of table.parameters) {
    if (!layer || !trainable) continue;
    const { cIn, cOut, kernel } = layer;
    const values = initial.slice(offset, offset + size);
    // A tfjs user would keep a trained kernel in tfjs' own order.
    const variable =
      trainable.name === 'W'
        ? tf.tensor4d(toTfjsOrder(values, cOut, cIn), [kernel, kernel, cIn, cOut])
        : tf.tensor(values, shape);
    backboneVariables.set(`${layer.name} ${trainable.name}`, tf.variable(variable));
    variable.dispose();
  }
  const head = initial.subarray(table.backbone);
  const headWeight = tf.tidy(() =>
    tf.variable(tf.transpose(tf.tensor2d(head.slice(0, -of.classes), [of.classes, network.features]))),
  ) as tf.Variable<tf.Rank.R2>;
  const headBias = tf.variable(tf.tensor1d(head.slice(-of.classes)));
  const headVariables = new Set([headWeight.name, headBias.name]);
  const { beta1, beta2, epsilon } = ADAM;
  const headOptimizer = tf.train.adam(HEAD_RATE, beta1, beta2, epsilon);
  const backboneOptimizer = tf.train.adam(BACKBONE_RATES[of.setting], beta1, beta2, epsilon);
  const cached = of.setting === 'probe-cached';
  const [input, wanted] = [cached ? featuresOf(problem) : imagesOf(problem), targetsOf(problem)];

  function kernelOf({ name, kernel, cIn, cOut }: ConvolutionSpec): tf.Tensor4D {
    const pretrained = assertDefined(frozen.get(name)) as tf.Tensor4D;
    const variable = (part: string) => assertDefined(backboneVariables.get(`${name} ${part}`));
    if (backboneVariables.has(`${name} W`)) return variable('W') as tf.Tensor as tf.Tensor4D;
    if (backboneVariables.has(`${name} dD`)) {
      const fixed = assertDefined(frozen.get(`${name} coefficients`));
      return tf.add(pretrained, tf.matMul(variable('dD'), fixed, true).reshape([kernel, kernel, cIn, cOut]));
    }
    if (backboneVariables.has(`${name} B`)) {
      // α/r is 1.
      const product = tf.matMul(variable('B'), variable('A')).reshape([cOut, cIn, kernel, kernel]);
      return tf.add(pretrained, tf.transpose(product, [2, 3, 1, 0]));
    }
    return pretrained;
  }

  function convolve(spec: ConvolutionSpec, x: tf.Tensor4D): tf.Tensor4D {
    const { stride, pad, batchNorm } = spec;
    const y =
      kernelsAsPatches && trains(of.setting, spec)
        ? patchConvolution(x, kernelOf(spec), spec)
        : tf.conv2d(x, kernelOf(spec), stride, [
            [0, 0],
            [pad, pad],
            [pad, pad],
            [0, 0],
          ]);
    const part = (name: string) => assertDefined(frozen.get(`${batchNorm}.${name}`)) as tf.Tensor1D;
    return tf.batchNorm(y, part('running_mean'), part('running_var'), part('bias'), part('weight'), 1e-5);
  }

  function bottleneck({ conv1, conv2, conv3, downsample }: BlockSpec, x: tf.Tensor4D): tf.Tensor4D {
    const inner = tf.relu(convolve(conv2, tf.relu(convolve(conv1, x))));
    return tf.relu(tf.add(convolve(conv3, inner), downsample ? convolve(downsample, x) : x));
  }

  function features(): tf.Tensor2D {
    if (cached) return input as tf.Tensor2D;
    let x = tf.maxPool(tf.relu(convolve(network.stem, input as tf.Tensor4D)), 3, 2, 1);
    for (const block of network.stages.flat()) x = bottleneck(block, x);
    return tf.mean(x, [1, 2]);
  }

  const loss = (x: tf.Tensor2D): tf.Scalar =>
    tf.losses.softmaxCrossEntropy(wanted, tf.add(tf.matMul(x, headWeight), headBias));

  return {
    step: () =>
      lossOf(
        tf.tidy(() => {
          // The features of a frozen network need no gradient tape.
          const frozenFeatures = backboneVariables.size === 0 ? tf.tidy(features) : null;
          const { value, grads } = tf.variableGrads(() => loss(frozenFeatures ?? features()));
          const named = Object.entries(grads).map(([name, tensor]) => ({ name, tensor }));
          const ofHead = ({ name }: { name: string }) => headVariables.has(name);
          headOptimizer.applyGradients(named.filter(ofHead));
          backboneOptimizer.applyGradients(named.filter((entry) => !ofHead(entry)));
          return value.reshape<tf.Tensor1D>([1]);
        }),
      ),
    dispose() {
      headOptimizer.dispose();
      backboneOptimizer.dispose();
      tf.dispose([...frozen.values(), ...backboneVariables.values(), headWeight, headBias, input, wanted]);
    },
  };
}

function blockLayers({ conv1, conv2, conv3, downsample }: BlockSpec): ConvolutionSpec[] {
  return [conv1, conv2, conv3, ...(downsample ? [downsample] : [])];
}

function assertDefined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The problem lacks a tensor that the network has.');
  return value;
}

/** A convolution as a matrix product with all k×k patches of x, built from slices, which have gradients on wasm. */
function patchConvolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { kernel: k, stride, pad, cIn, cOut }: ConvolutionSpec,
): tf.Tensor4D {
  const [n, height, width] = x.shape;
  const outHeight = Math.floor((height + 2 * pad - k) / stride) + 1;
  const outWidth = Math.floor((width + 2 * pad - k) / stride) + 1;
  // The padded sides are multiples of the stride, so that a stride is a reshape and a slice: strided slices have no gradient on wasm.
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
