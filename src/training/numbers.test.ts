import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { IMAGENET } from '../backbone/preprocessing';
import { startBackend } from '../backend';
import { seededRandom } from '../core/random';
import { crossEntropy } from '../ops/cross-entropy';
import { augmentedBatch, centredBatch, centreOf } from './batch';
import { score } from './evaluate';
import { learningRateFactor } from './schedule';

beforeAll(() => startBackend('wasm'));

const INPUT = { inputSize: 64, preprocessing: IMAGENET };
const { mean: MEAN, std: STD } = IMAGENET;

/** One image `[side, side, 3]` whose bytes encode their positions. */
function numbered(side: number) {
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, index) => (index * 7) % 256);
  return { pixels, labels: Int32Array.of(0), paths: ['a'] };
}

const normal = (byte: number, channel: number) => (byte / 255 - (MEAN[channel] ?? 0)) / (STD[channel] ?? 1);

describe('schedule', () => {
  it('rises during warm-up and decays to zero', () => {
    expect(learningRateFactor(0, 100, 0.1)).toBeCloseTo(0.1, 6);
    expect(learningRateFactor(50, 100, 0)).toBeCloseTo(0.5, 6);
    expect(learningRateFactor(100, 100, 0.1)).toBeCloseTo(0, 6);
    expect(learningRateFactor(0, 100, 0)).toBe(1);
  });
});

describe('cross-entropy', () => {
  it('is −log softmax of the target class, with gradient (softmax − target)/n', async () => {
    const logits = tf.tensor2d([1, 2, 3, 0, 0, 0], [2, 3]);
    const targets = tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]);
    const { loss, gradient } = crossEntropy(logits, targets, 2);
    const total = Math.E + Math.E ** 2 + Math.E ** 3;
    expect((await loss.data())[0]).toBeCloseTo((Math.log(total) - 1 + Math.log(3)) / 2, 5);
    const expected = [
      Math.E / total - 1,
      Math.E ** 2 / total,
      Math.E ** 3 / total,
      1 / 3,
      1 / 3 - 1,
      1 / 3,
    ].map((x) => x / 2);
    for (const [index, value] of (await gradient.data()).entries())
      expect(value).toBeCloseTo(expected[index] ?? 0, 5);
    tf.dispose([logits, targets, loss, gradient]);
  });

  it('is finite for large logit differences', () => {
    const { loss, correct } = score(Float32Array.of(1000, 0, 0, 1000), [0, 1], 2);
    expect(loss).toBe(0);
    expect(correct).toBe(2);
  });
});

describe('batches', () => {
  it('take the centre crop without changing a pixel', async () => {
    const image = numbered(73);
    const batch = centredBatch(image, 73, INPUT, [0]);
    const values = await batch.data();
    const bytes = centreOf(image.pixels, 73, 64);
    for (let index = 0; index < values.length; index++) {
      const [row, column, channel] = [Math.floor(index / 192), Math.floor(index / 3) % 64, index % 3];
      const byte = image.pixels[((row + 4) * 73 + column + 4) * 3 + channel] ?? 0;
      expect(bytes[index]).toBe(byte);
      expect(values[index]).toBeCloseTo(normal(byte, channel), 4);
    }
    batch.dispose();
  });

  it('flip about half of the images and change nothing else with augmentation “flips”', async () => {
    const image = numbered(73);
    const random = seededRandom(3);
    const batch = augmentedBatch(image, 73, INPUT, new Uint32Array(40), 'flips', () => random);
    const values = await batch.data();
    const plain = centredBatch(image, 73, INPUT, [0]);
    const straight = await plain.data();
    let mirrored = 0;
    for (let copy = 0; copy < 40; copy++) {
      const pixel = (row: number, column: number) =>
        values[copy * 64 * 64 * 3 + (row * 64 + column) * 3] ?? 0;
      const isMirrored = Math.abs(pixel(10, 0) - (straight[(10 * 64 + 63) * 3] ?? 0)) < 1e-3;
      if (isMirrored) mirrored++;
      for (let column = 0; column < 64; column++) {
        const expected = straight[(10 * 64 + (isMirrored ? 63 - column : column)) * 3] ?? 0;
        expect(pixel(10, column)).toBeCloseTo(expected, 2);
      }
    }
    expect(mirrored).toBeGreaterThan(10);
    expect(mirrored).toBeLessThan(30);
    tf.dispose([batch, plain]);
  });

  it('crop windows of 60–100 % of the area, inside the image', async () => {
    // A horizontal ramp: the values of the first and last column give the window.
    const side = 73;
    const pixels = Uint8Array.from(
      { length: side * side * 3 },
      (_, index) => 2 * (Math.floor(index / 3) % side),
    );
    const random = seededRandom(5);
    const batch = augmentedBatch(
      { pixels, labels: Int32Array.of(0), paths: [''] },
      side,
      INPUT,
      new Uint32Array(60),
      'crops-flips',
      () => random,
    );
    const values = await batch.data();
    const columnOf = (value: number) => ((value * STD[0] + MEAN[0]) * 255) / 2;
    const widths = Array.from({ length: 60 }, (_, copy) => {
      const start = copy * 64 * 64 * 3;
      const [first, last] = [columnOf(values[start] ?? 0), columnOf(values[start + 63 * 3] ?? 0)];
      expect(Math.min(first, last)).toBeGreaterThan(-0.01);
      expect(Math.max(first, last)).toBeLessThan(side - 1 + 0.01);
      return Math.abs(last - first) + 1;
    });
    expect(Math.min(...widths)).toBeGreaterThanOrEqual(side * Math.sqrt(0.6) - 0.1);
    expect(Math.max(...widths) - Math.min(...widths)).toBeGreaterThan(8);
    batch.dispose();
  });
});
