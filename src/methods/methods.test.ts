import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { toTfjsOrder } from '../backbone/kernel-order';
import { LayerGradient } from '../backbone/layer-gradient';
import type { ConvolutionSpec } from '../backbone/layout';
import { float32, type Safetensors } from '../files/safetensors';
import { fixture, relativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { convolution } from '../ops/convolution';
import { inputGradient } from '../ops/input-gradient';
import { methodById } from './index';
import { type Frozen, trainableGradients, tunedKernel } from './method';

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
}

/** A method's trainables under the names the PyTorch reference gave them, and its options. */
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
];
const CASES = ['k3s1', 'k3s2', 'k1s2', 'k7s2', 'k3wide'];
const TOLERANCE = 2e-3;

/** `[n, c, h, w] → [n, h, w, c]` */
function channelsLast(file: Safetensors, name: string): tf.Tensor4D {
  return tf.tidy(() => tf.transpose(tf.tensor4d(float32(file, name), shape4(file, name)), [0, 2, 3, 1]));
}

function shape4(file: Safetensors, name: string): [number, number, number, number] {
  return (file.tensors.get(name)?.shape ?? []) as [number, number, number, number]; // images have four dimensions
}

async function channelsFirstValues(tensor: tf.Tensor): Promise<Float32Array> {
  const turned = tf.transpose(tensor, [0, 3, 1, 2]);
  const values = (await turned.data()) as Float32Array; // float32 in, float32 out
  turned.dispose();
  return values;
}

onBackends('settings against PyTorch', () => {
  for (const { id, fixture: prefix, trainables, options } of REFERENCE) {
    for (const name of CASES) {
      it(`${id} on ${name}: ΔW, output, input gradient and the trainables' gradients`, async (test) => {
        const file = await fixture('fixtures/layers.safetensors', test);
        const sizes = (JSON.parse(file.metadata.cases ?? '{}') as Record<string, LayerCase>)[name]; // written by the reference
        if (!sizes) throw new Error(`The fixture has no case ${name}.`);
        const { c_in: cIn, c_out: cOut, k: kernel, stride, padding: pad, m } = sizes;
        const layer: ConvolutionSpec = { name, batchNorm: '', kernel, cIn, cOut, stride, pad };
        const method = methodById(id);
        const inTfjsOrder = (from: string) =>
          tf.tensor4d(toTfjsOrder(float32(file, `${name}.${from}`), cOut, cIn), [kernel, kernel, cIn, cOut]);
        const pretrained = inTfjsOrder('W');
        const frozen: Frozen = {
          coefficients: tf.tensor2d(toTfjsOrder(float32(file, `${name}.alpha`), cOut, cIn), [m, cIn * cOut]),
          folded: pretrained,
          scale: tf.ones([cOut]),
        };
        const values = trainables.map((part) => {
          const key = `${name}.${prefix}.${part}`;
          return tf.tensor(float32(file, key), file.tensors.get(key)?.shape);
        });
        const x = channelsLast(file, `${name}.x`);
        const dy = channelsLast(file, `${name}.dy`);
        const bias = tf.zeros<tf.Rank.R1>([cOut]);
        const setting = options(sizes);
        const byName = Object.fromEntries(
          trainables.map((part, index) => [part, values[index] as tf.Tensor]), // one value per part
        );
        const tuned = tunedKernel(method, byName, frozen, layer, setting);

        const change = tf.tidy(() => method.update(byName, frozen, layer, setting));
        const expectedChange = inTfjsOrder(`${prefix}.dW`);
        expect(relativeError(await change.data(), await expectedChange.data())).toBeLessThan(TOLERANCE);

        const y = convolution({ x, kernel: tuned, bias }, { stride, pad, relu: false, half: false });
        expect(
          relativeError(await channelsFirstValues(y), float32(file, `${name}.${prefix}.y`)),
        ).toBeLessThan(TOLERANCE);

        const [, height, width] = x.shape;
        const dx = inputGradient({ dz: dy, kernel: tuned }, { height, width, stride, pad });
        expect(
          relativeError(await channelsFirstValues(dx), float32(file, `${name}.${prefix}.grad_x`)),
        ).toBeLessThan(TOLERANCE);
        const layerGradient = new LayerGradient(layer, x, dy);
        // The method's own way to the gradients, if it has one, and the derivative of its update.
        for (const way of [method, { ...method, gradients: undefined }]) {
          const gradients = trainableGradients(way, layerGradient, byName, frozen, setting);
          for (const part of trainables) {
            const expected = float32(file, `${name}.${prefix}.grad.${prefix}.${part}`);
            expect(relativeError((await gradients[part]?.data()) ?? [], expected), part).toBeLessThan(
              TOLERANCE,
            );
          }
          tf.dispose(gradients);
        }
        tf.dispose([
          pretrained,
          frozen.coefficients ?? [],
          frozen.scale,
          tuned,
          ...values,
          x,
          dy,
          bias,
          change,
          expectedChange,
          y,
          dx,
        ]);
      });
    }
  }
});
