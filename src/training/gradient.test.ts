import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import { seededRandom } from '../core/random';
import { maxRelativeError } from '../fixtures';
import { METHODS } from '../methods';
import { type GradientOptions, lossAndGradient } from './gradient';
import { modelFixture } from './model-fixture';

const N = 5;
const SIDE = 32;
const CLASSES = 3;

describe('the gradient of a batch', () => {
  let backbone: Backbone;
  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await starter();
  });
  afterAll(() => backbone.dispose());

  for (const method of METHODS) {
    it(`of ${method.id} is the same with micro-batches, with gradient checkpointing, and with both`, async () => {
      const model = await modelFixture(backbone, method.id, { m: 4, r: 2, alpha: 2, kc: 2 }, CLASSES);
      // With this seed no pre-activation is so close to zero that another summation order changes its sign, and with it the
      // gradient.
      const random = seededRandom(2);
      const normal = (count: number, scale = 1) =>
        Float32Array.from({ length: count }, () => scale * random.normal());
      const start = model.initial(random);
      // Away from the initial values, where half of the gradients are zero.
      const values = tf.tensor1d(start.map((value) => value + 0.01 * random.normal()));
      const images = tf.tensor4d(normal(N * SIDE * SIDE * 3), [N, SIDE, SIDE, 3]);
      const targets = tf.tensor2d(
        Array.from({ length: N * CLASSES }, (_, at) =>
          at % CLASSES === Math.floor(at / CLASSES) % CLASSES ? 1 : 0,
        ),
        [N, CLASSES],
      );
      const mask = tf.tensor2d(
        Array.from({ length: N * 512 }, () => (random.uniform() < 0.5 ? 0 : 2)),
        [N, 512],
      );
      const computed = async (options?: GradientOptions) => {
        const { loss, gradient } = lossAndGradient(model, values, images, targets, mask, options);
        const read = { loss: (await loss.data())[0] ?? Number.NaN, gradient: await gradient.data() };
        tf.dispose([loss, gradient]);
        return read;
      };
      await computed(); // creates the derived tensors that a backend caches for frozen kernels
      const before = tf.memory().numTensors;
      const whole = await computed();
      for (const options of [
        { microBatch: 2 },
        { microBatch: 1 },
        { microBatch: 64 },
        { gradientCheckpointing: true },
        { microBatch: 3, gradientCheckpointing: true },
      ]) {
        const { loss, gradient } = await computed(options);
        expect(loss).toBeCloseTo(whole.loss, 5);
        expect(maxRelativeError(gradient, whole.gradient), JSON.stringify(options)).toBeLessThan(1e-5);
      }
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
      tf.dispose([values, images, targets, mask]);
    });
  }
});
