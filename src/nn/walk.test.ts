import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import type { LayerGradient } from '../backbone/layer-gradient';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import { seededRandom } from '../core/random';
import { maxRelativeError } from '../fixtures';
import { complete } from '../turns';

const N = 3;
const SIDE = 32;

describe('a walk over tensors (wasm)', () => {
  let backbone: Backbone;
  let images: tf.Tensor4D;
  let dFeatures: tf.Tensor4D;
  let before = 0;
  let bytesLeft = 0;

  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await starter();
    const random = seededRandom(1);
    const normal = (count: number) => Float32Array.from({ length: count }, () => random.normal());
    images = tf.tensor4d(normal(N * SIDE * SIDE * 3), [N, SIDE, SIDE, 3]);
    dFeatures = tf.tensor2d(normal(N * 512), [N, 512]) as tf.Tensor as tf.Tensor4D; // the walk's values are of either rank
    // Creates the derived tensors that a backend caches for frozen kernels.
    await gradients([...backbone.convolutions.keys()]);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
    backbone.dispose();
    tf.dispose([images, dFeatures]);
  });

  /** The kernel gradients of these layers, how often each tfjs kernel ran, and the bytes held after the forward pass. */
  async function gradients(
    trained: readonly string[],
    { gradientCheckpointing = false, from = 0, input = images } = {},
  ) {
    const tuning = new Map(trained.map((name) => [name, { kernel: backbone.convolution(name).folded }]));
    const ran: Record<string, number> = {};
    const engine = tf.engine();
    const runKernel = engine.runKernel;
    engine.runKernel = function (this: typeof engine, name, ...rest) {
      ran[name] = (ran[name] ?? 0) + 1;
      return runKernel.call(this, name, ...rest) as never; // passes the result on unchanged
    };
    const found = new Map<string, tf.Tensor4D>();
    const start = tf.memory().numBytes;
    let keptBytes = 0;
    try {
      const visit = (gradient: LayerGradient) => found.set(gradient.layer.name, gradient.kernel());
      const pass = backbone.walk(tuning, { gradientCheckpointing, from }, visit);
      const features = complete(pass.forward(input));
      keptBytes = tf.memory().numBytes - start;
      complete(pass.backward(dFeatures));
      features.dispose();
    } finally {
      engine.runKernel = runKernel;
    }
    const values = new Map<string, Float32Array>();
    for (const [name, tensor] of found) {
      values.set(name, (await tensor.data()) as Float32Array); // the tensor is float32
      tensor.dispose();
    }
    bytesLeft = tf.memory().numBytes - start;
    return { values, ran, keptBytes };
  }

  const ALL = () => [...backbone.convolutions.keys()];

  it.each([
    { trained: ['layer4.2.conv3'], inputGradients: 0 },
    { trained: ['layer4.0.downsample.0'], inputGradients: 2 * 3 }, // there are two blocks above it
    { trained: ['layer4.2.conv2'], inputGradients: 1 },
    { trained: ['layer4.2.conv1'], inputGradients: 2 },
    { trained: ['layer4.1.conv3', 'layer4.2.conv3'], inputGradients: 3 },
    { trained: ['layer3.5.conv1', 'layer4.2.conv2'], inputGradients: 3 * 3 + 1 + 2 },
    { trained: ['conv1'], inputGradients: 16 * 3 + 4 },
  ])('for $trained stops at the lowest of them, with the same gradients as for all layers', async (row) => {
    const all = await gradients(ALL());
    const some = await gradients(row.trained);
    expect(bytesLeft).toBe(0);
    expect([...some.values.keys()].sort()).toEqual([...row.trained].sort());
    for (const [name, value] of some.values) expect(value).toEqual(all.values.get(name));
    expect(some.ran.AtomtuneInputGradient ?? 0).toBe(row.inputGradients);
    expect(some.ran.AtomtuneKernelGradient).toBe(row.trained.length);
  });

  it.each([1, 2, 3, 4])(
    'from the activations that enter stage %i gives the same gradients, and does not dispose the activations',
    async (from) => {
      const trained = [`layer${from}.0.conv1`, 'layer4.2.conv2'];
      const whole = await gradients(trained);
      const input = complete(backbone.frozenFeaturesInParts(images, from));
      for (const gradientCheckpointing of [false, true]) {
        const part = await gradients(trained, { from, input, gradientCheckpointing });
        expect([...part.values.keys()]).toEqual([...whole.values.keys()]);
        for (const [name, value] of part.values) expect(value).toEqual(whole.values.get(name));
        expect(bytesLeft).toBe(0);
        if (gradientCheckpointing) continue;
        // The stem, and for each stage below, three convolutions per block and one projection.
        const below = [3, 4, 6].slice(0, from - 1).reduce((sum, blocks) => sum + 3 * blocks + 1, 1);
        expect((whole.ran.AtomtuneConvolution ?? 0) - (part.ran.AtomtuneConvolution ?? 0)).toBe(below);
      }
      const tuning = new Map([['layer4.2.conv2', { kernel: backbone.convolution('layer4.2.conv2').folded }]]);
      const pass = backbone.walk(tuning, { from }, () => {});
      complete(pass.forward(input)).dispose();
      pass.dispose();
      expect(input.isDisposed).toBe(false);
      input.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('without a trained layer keeps no activations and computes no gradients', async () => {
    const { ran, keptBytes } = await gradients([]);
    expect(ran.AtomtuneInputGradient).toBeUndefined();
    expect(keptBytes).toBe(N * 512 * 4); // the features
  });

  it('keeps less with gradient checkpointing, and gives the same gradients', async () => {
    const whole = await gradients(ALL());
    const again = await gradients(ALL(), { gradientCheckpointing: true });
    expect([...again.values.keys()]).toEqual([...whole.values.keys()]);
    for (const [name, value] of again.values) {
      expect(maxRelativeError(value, whole.values.get(name) ?? []), name).toBeLessThan(1e-6);
    }
    expect(again.keptBytes).toBeLessThan(0.6 * whole.keptBytes);
    // Recomputed: the stem, and two convolutions in each of the sixteen blocks.
    expect((again.ran.AtomtuneConvolution ?? 0) - (whole.ran.AtomtuneConvolution ?? 0)).toBe(1 + 2 * 16);
  });

  it('can be abandoned at any part without leaving tensors', () => {
    const tuning = new Map(ALL().map((name) => [name, { kernel: backbone.convolution(name).folded }]));
    const start = tf.memory().numTensors;
    const given = tf.tensor2d(new Float32Array(N * 512), [N, 512]) as tf.Tensor as tf.Tensor4D;
    for (const gradientCheckpointing of [false, true]) {
      /** Does this many parts of a pass; false if the whole pass has fewer. */
      const abandonedAfter = (parts: number): boolean => {
        const visit = (gradient: LayerGradient) => gradient.bias().dispose();
        const pass = backbone.walk(tuning, { gradientCheckpointing }, visit);
        function* whole() {
          const features = yield* pass.forward(images);
          features.dispose();
          yield* pass.backward(given);
        }
        const work = whole();
        let done = 0;
        while (done < parts && !work.next().done) done++;
        work.return(undefined);
        pass.dispose();
        return done === parts;
      };
      // Every part of the first blocks of both passes, then every seventh.
      let parts = 1;
      while (abandonedAfter(parts)) {
        expect(tf.memory().numTensors, `after ${parts} parts`).toBe(start + 1);
        parts += parts < 12 ? 1 : 7;
      }
      expect(parts).toBeGreaterThan(100);
    }
    given.dispose();
  });
});
