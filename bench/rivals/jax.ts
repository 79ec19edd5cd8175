/**
 * The step in jax-js (https://github.com/ekzhang/jax-js): `valueAndGrad` of the loss and Adam in one `jit`, as that library
 * recommends. Functions consume the arrays passed to them; `.ref` adds a reference.
 */
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { BlockSpec, ConvolutionSpec } from '../../src/backbone/layout';
import { ADAM, BACKBONE_RATES, HEAD_RATE, onlyOurs } from '../case';
import type { Problem } from '../problem';
import type { Rival, Trainer } from './rival';

type Arrays = Record<string, np.Array>;

export const jax: Rival = {
  cannot: onlyOurs,
  async start({ backend }) {
    if (!(await init(backend)).includes(backend)) throw new Error(`jax-js does not start on ${backend}.`);
    defaultDevice(backend);
  },
  prepare: async (problem) => trainer(problem),
};

function trainer(problem: Problem): Trainer {
  const { of, network, table, initial } = problem;
  const { beta1, beta2, epsilon } = ADAM;
  const cached = of.setting === 'probe-cached';
  const frozen = frozenArrays(problem);
  let trained: Arrays = {};
  for (const { name, offset, size, shape } of table.parameters) {
    trained[name] = np.array(initial.slice(offset, offset + size), { shape });
  }
  let mean = tree.map((values: np.Array) => np.zerosLike(values.ref), trained);
  let square = tree.map((values: np.Array) => np.zerosLike(values.ref), trained);
  const input = inputArray(problem);
  const wanted = np.array(oneHot(problem), { shape: [of.batch, of.classes] });
  let steps = 0;

  function loss(numbers: Arrays, fixed: Arrays, x: np.Array, targets: np.Array): np.Array {
    const take = (name: string) => taken(numbers, name);
    const features = cached ? x : forward(x, numbers, fixed);
    const logits = np.matmul(features, np.transpose(take('head.weight'))).add(take('head.bias'));
    const likelihood = nn.logSoftmax(logits).mul(targets);
    return np.sum(likelihood).mul(-1 / of.batch);
  }

  function forward(images: np.Array, numbers: Arrays, fixed: Arrays): np.Array {
    const convolve = (spec: ConvolutionSpec, x: np.Array): np.Array => {
      const { name, batchNorm, stride, pad } = spec;
      const padding: [number, number][] = [
        [pad, pad],
        [pad, pad],
      ];
      const y = lax.convGeneralDilated(x, kernelOf(spec, numbers, fixed, name), [stride, stride], padding);
      const part = (key: string) => np.reshape(taken(fixed, `${batchNorm}.${key}`), [-1, 1, 1]);
      const scale = part('weight').div(np.sqrt(part('running_var').add(1e-5)));
      return y.sub(part('running_mean')).mul(scale).add(part('bias'));
    };
    const bottleneck = ({ conv1, conv2, conv3, downsample }: BlockSpec, x: np.Array): np.Array => {
      const inner = nn.relu(convolve(conv2, nn.relu(convolve(conv1, x.ref))));
      return nn.relu(convolve(conv3, inner).add(downsample ? convolve(downsample, x) : x));
    };
    const padded = np.pad(nn.relu(convolve(network.stem, images)), [
      [0, 0],
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
    let x = lax.reduceWindow(padded, np.max, [3, 3], [2, 2]);
    for (const block of network.stages.flat()) x = bottleneck(block, x);
    return np.mean(x, [2, 3]);
  }

  /** `[c_out, c_in, k, k]` */
  function kernelOf(
    { kernel, cIn, cOut }: ConvolutionSpec,
    numbers: Arrays,
    fixed: Arrays,
    name: string,
  ): np.Array {
    const shape = [cOut, cIn, kernel, kernel];
    if (`${name}.full.W` in numbers) return taken(numbers, `${name}.full.W`);
    const pretrained = taken(fixed, `${name}.weight`);
    if (`${name}.atoms.dD` in numbers) {
      const change = np.matmul(taken(fixed, `${name} coefficients`), taken(numbers, `${name}.atoms.dD`));
      return pretrained.add(np.reshape(change, shape));
    }
    if (`${name}.lora.B` in numbers) {
      // α/r is 1.
      const product = np.matmul(taken(numbers, `${name}.lora.B`), taken(numbers, `${name}.lora.A`));
      return pretrained.add(np.reshape(product, shape));
    }
    return pretrained;
  }

  const step = jit(
    (
      numbers: Arrays,
      means: Arrays,
      squares: Arrays,
      correction1: np.Array,
      correction2: np.Array,
      fixed: Arrays,
      x: np.Array,
      targets: np.Array,
    ) => {
      const [value, gradients] = valueAndGrad(loss)(tree.ref(numbers), fixed, x, targets);
      const next: [Arrays, Arrays, Arrays] = [{}, {}, {}];
      for (const name of Object.keys(numbers)) {
        const gradient = taken(gradients, name);
        const m = taken(means, name)
          .mul(beta1)
          .add(gradient.ref.mul(1 - beta1));
        const v = taken(squares, name)
          .mul(beta2)
          .add(gradient.ref.mul(gradient).mul(1 - beta2));
        const direction = m.ref.div(correction1.ref).div(np.sqrt(v.ref.div(correction2.ref)).add(epsilon));
        const rate = name.startsWith('head.') ? HEAD_RATE : BACKBONE_RATES[of.setting];
        next[0][name] = taken(numbers, name).sub(direction.mul(rate));
        next[1][name] = m;
        next[2][name] = v;
      }
      correction1.dispose();
      correction2.dispose();
      return [value, ...next] as [np.Array, Arrays, Arrays, Arrays];
    },
  );

  return {
    step() {
      steps++;
      const [value, ...next] = step(
        trained,
        mean,
        square,
        np.array(1 - beta1 ** steps),
        np.array(1 - beta2 ** steps),
        tree.ref(frozen),
        input.ref,
        wanted.ref,
      );
      [trained, mean, square] = next;
      return {
        async read() {
          const [loss = Number.NaN] = await value.data();
          return loss;
        },
        drop: () => value.dispose(),
      };
    },
    dispose() {
      for (const arrays of [trained, mean, square, frozen]) tree.dispose(arrays);
      input.dispose();
      wanted.dispose();
      step.dispose();
    },
  };
}

/** The array of this name, which the caller consumes: the network uses each array once. */
function taken(arrays: Arrays, name: string): np.Array {
  const array = arrays[name];
  if (!array) throw new Error(`No array ${name}.`);
  return array;
}

/** In PyTorch's orders, which jax-js uses too. */
function frozenArrays({ weights, coefficients, of }: Problem): Arrays {
  const arrays: Arrays = {};
  for (const [name, { data, shape }] of weights) {
    // Full tuning trains its own copies of the kernels.
    if (of.setting !== 'full' || shape.length === 1) arrays[name] = np.array(data.slice(), { shape });
  }
  for (const [name, values] of coefficients) {
    const rows = (weights.get(`${name}.weight`)?.shape ?? []).slice(0, 2).reduce((a, b) => a * b, 1);
    arrays[`${name} coefficients`] = np.array(values.slice(), { shape: [rows, values.length / rows] });
  }
  return arrays;
}

function inputArray({ input, network, of }: Problem): np.Array {
  if (of.setting === 'probe-cached') return np.array(input.slice(), { shape: [of.batch, network.features] });
  const images = np.array(input.slice(), { shape: [of.batch, of.size, of.size, 3] });
  return np.transpose(images, [0, 3, 1, 2]);
}

function oneHot({ labels, of: { batch, classes } }: Problem): Float32Array<ArrayBuffer> {
  const values = new Float32Array(batch * classes);
  labels.forEach((label, row) => {
    values[row * classes + label] = 1;
  });
  return values;
}
