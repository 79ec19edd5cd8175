import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { toTfjsOrder } from '../backbone/kernel-order';
import { LayerGradient } from '../backbone/layer-gradient';
import type { ConvolutionSpec } from '../backbone/layout';
import type { SettingOptions } from '../core/setting';
import { basesOf, basisShapes } from '../decompose/bases';
import { float32, type Safetensors } from '../files/safetensors';
import { referenceValues, relativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { convolution } from '../ops/convolution';
import { inputGradient } from '../ops/input-gradient';
import { methodById } from './index';
import { type Frozen, type TuningMethod, trainableGradients, tunedConvolution } from './method';

interface LayerCase {
  c_in: number;
  c_out: number;
  k: number;
  stride: number;
  padding: number;
  size: number;
  m: number;
  rank: number;
  m1: number;
  kc_in: number;
  kc_out: number;
  /** The number of its block atoms. */
  n: number;
  /** The number of directions of its bases, at most. */
  directions: number;
}

const blockSize = ({ kc_in: kcIn, kc_out: kcOut }: LayerCase) => Math.max(kcIn, kcOut);

/** For each method: the names of its tensors in the PyTorch reference, and its options. */
const REFERENCE = [
  { id: 'atoms', fixture: 'atoms', trainables: ['dD'], options: ({ m }: LayerCase) => ({ m }) },
  {
    id: 'lora',
    fixture: 'lora',
    trainables: ['A', 'B'],
    options: ({ rank }: LayerCase) => ({ r: rank, alpha: rank }),
  },
  {
    id: 'lora-peft',
    fixture: 'peft',
    trainables: ['A', 'B'],
    options: ({ rank }: LayerCase) => ({ r: rank, alpha: rank }),
  },
  {
    id: 'overcomplete-atoms',
    fixture: 'over',
    trainables: ['D1', 'beta'],
    options: ({ m, m1 }: LayerCase) => ({ m, m1 }),
  },
  {
    id: 'coefficient-atoms',
    fixture: 'coef',
    trainables: ['dDc'],
    options: (sizes: LayerCase) => ({ m: sizes.m, kc: blockSize(sizes) }),
  },
  {
    id: 'all-atoms',
    fixture: 'all',
    trainables: ['D1', 'beta', 'dDc'],
    options: (sizes: LayerCase) => ({ m: sizes.m, m1: sizes.m1, kc: blockSize(sizes) }),
  },
  {
    id: 'core-atoms',
    fixture: 'core',
    trainables: ['C'],
    options: ({ directions }: LayerCase) => ({ r: directions }),
  },
  {
    id: 'lora-xs',
    fixture: 'xs',
    trainables: ['R'],
    options: ({ directions }: LayerCase) => ({ r: directions }),
  },
  { id: 'svf', fixture: 'svf', trainables: ['dS'], options: () => ({}) },
  {
    id: 'coefficient-atoms',
    fixture: 'low',
    trainables: ['A', 'B'],
    options: (sizes: LayerCase) => ({ m: sizes.m, kc: blockSize(sizes), rank: sizes.rank }),
  },
  { id: 'full', fixture: 'full', trainables: ['W'], options: () => ({}) },
  { id: 'bitfit', fixture: 'bitfit', trainables: ['db'], options: () => ({}) },
  { id: 'scale-and-shift', fixture: 'ssf', trainables: ['gamma', 'beta'], options: () => ({}) },
];
/** `all-atoms` is the sum of two settings and uses the tensors and gradients of both. */
const ORIGIN: Record<string, string> = { D1: 'over', beta: 'over', dDc: 'coef' };
const CASES = ['k3s1', 'k3s2', 'k1s2', 'k7s2', 'k3wide'];
const TOLERANCE = 2e-3;

/** `[n, c, h, w] → [n, h, w, c]` */
function channelsLast(file: Safetensors, name: string): tf.Tensor4D {
  return tf.tidy(() => tf.transpose(tf.tensor4d(float32(file, name), shape4(file, name)), [0, 2, 3, 1]));
}

function shape4(file: Safetensors, name: string): [number, number, number, number] {
  return (file.tensors.get(name)?.shape ?? []) as [number, number, number, number]; // images are 4-D
}

async function channelsFirstValues(tensor: tf.Tensor): Promise<Float32Array> {
  const turned = tf.transpose(tensor, [0, 3, 1, 2]);
  const values = (await turned.data()) as Float32Array; // the tensor is float32
  turned.dispose();
  return values;
}

/** The bases that a setting needs, computed from the kernel. */
function basesFor(
  method: TuningMethod,
  options: SettingOptions,
  layer: ConvolutionSpec,
  kernel: Float32Array,
): Frozen['bases'] {
  const spec = method.decompositions(layer, options).bases;
  if (!spec) return null;
  const { tensors } = basesOf(kernel, layer, spec);
  const shapes = Object.entries(basisShapes(spec, layer));
  return Object.fromEntries(shapes.map(([name, shape]) => [name, tf.tensor(tensors[name] ?? [], shape)]));
}

onBackends('settings against PyTorch', () => {
  for (const { id, fixture: prefix, trainables, options } of REFERENCE) {
    for (const name of CASES) {
      // Changes of 1 × 1 kernels have no rank.
      if (prefix === 'low' && name === 'k1s2') continue;
      it(`${id} (${prefix}) on ${name}: ΔW, output, input gradient and gradients of the trainables`, async () => {
        const file = await referenceValues('layers.safetensors');
        const sizes = (JSON.parse(file.metadata.cases ?? '{}') as Record<string, LayerCase>)[name]; // written by the reference
        if (!sizes) throw new Error(`The fixture has no case ${name}.`);
        const { c_in: cIn, c_out: cOut, k, stride, padding: pad, m, n } = sizes;
        const layer: ConvolutionSpec = { name, batchNorm: '', stage: 0, kernel: k, cIn, cOut, stride, pad };
        const method = methodById(id);
        const setting = options(sizes);
        const trainsBiases = method.bias !== undefined;
        const originOf = (part: string) => (prefix === 'all' ? ORIGIN[part] : prefix);
        const inTfjsOrder = (from: string) =>
          tf.tensor4d(toTfjsOrder(float32(file, `${name}.${from}`), cOut, cIn), [k, k, cIn, cOut]);
        const pretrained = inTfjsOrder('W');
        const frozen: Frozen = {
          coefficients: tf.tensor2d(toTfjsOrder(float32(file, `${name}.alpha`), cOut, cIn), [m, cIn * cOut]),
          folded: pretrained,
          bases: basesFor(method, setting, layer, float32(file, `${name}.W`)),
          blockCoefficients: tf.tidy(() =>
            tf
              .transpose(
                tf
                  .tensor(float32(file, `${name}.alpha_c`))
                  .reshape([cOut / sizes.kc_out, cIn / sizes.kc_in, n]),
                [2, 1, 0],
              )
              .reshape<tf.Tensor2D>([n, -1]),
          ),
          scale: tf.ones([cOut]),
          bias: trainsBiases ? tf.tensor1d(float32(file, `${name}.b`)) : tf.zeros([cOut]),
        };
        const values = trainables.map((part) => {
          const key = `${name}.${originOf(part)}.${part}`;
          return tf.tensor(float32(file, key), file.tensors.get(key)?.shape);
        });
        const x = channelsLast(file, `${name}.x`);
        const dy = channelsLast(file, `${name}.dy`);
        const byName = Object.fromEntries(
          trainables.map((part, index) => [part, values[index] as tf.Tensor]), // there is one value for each part
        );
        const tuned = tunedConvolution(method, byName, frozen, layer, setting);
        const kernel = tuned.kernel ?? pretrained;
        const bias = tuned.bias ?? frozen.bias;

        if (!trainsBiases) {
          const change = tf.sub(kernel, pretrained);
          const expectedChange = inTfjsOrder(`${prefix}.dW`);
          expect(relativeError(await change.data(), await expectedChange.data())).toBeLessThan(TOLERANCE);
          tf.dispose([change, expectedChange]);
        }

        const y = convolution({ x, kernel, bias }, { stride, pad, relu: false, fp16: false });
        expect(
          relativeError(await channelsFirstValues(y), float32(file, `${name}.${prefix}.y`)),
        ).toBeLessThan(TOLERANCE);

        const [, height, width] = x.shape;
        const dx = inputGradient({ dz: dy, kernel }, { height, width, stride, pad });
        expect(
          relativeError(await channelsFirstValues(dx), float32(file, `${name}.${prefix}.grad_x`)),
        ).toBeLessThan(TOLERANCE);
        const layerGradient = new LayerGradient(layer, x, dy);
        // Checks the method's own `gradients`, if it has them, and the derivative of its `update`.
        for (const way of trainsBiases ? [method] : [method, { ...method, gradients: undefined }]) {
          const gradients = trainableGradients(way, layerGradient, byName, frozen, setting);
          for (const part of trainables) {
            const origin = originOf(part);
            const expected = float32(file, `${name}.${origin}.grad.${origin}.${part}`);
            expect(relativeError((await gradients[part]?.data()) ?? [], expected), part).toBeLessThan(
              TOLERANCE,
            );
          }
          tf.dispose(gradients);
        }
        tf.dispose([
          pretrained,
          frozen.coefficients ?? [],
          frozen.blockCoefficients ?? [],
          frozen.scale,
          frozen.bias,
          tuned.kernel ?? [],
          tuned.bias ?? [],
          ...Object.values(frozen.bases ?? {}),
          ...values,
          x,
          dy,
          y,
          dx,
        ]);
      });
    }
  }
});
