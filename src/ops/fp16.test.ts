import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { maxRelativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { atomGradient } from './atom-gradient';
import { atomKernel } from './atom-kernel';
import { toFp16, toFp32 } from './convert';
import { convolution } from './convolution';
import { coreKernel } from './core-kernel';
import {
  byAtoms,
  byInput,
  byKernel,
  named,
  numbers,
  output,
  outputSides,
  type Shape,
  withAtoms,
  withCore,
} from './definition';
import { shapeOf } from './fp16';
import { inputGradient } from './input-gradient';
import { kernelGradient } from './kernel-gradient';
import { matMul } from './mat-mul';
import { maxPool, maxPoolGradient } from './max-pool';
import { checkFp16 } from './webgpu/adapt';
import { forgetNotices, readNotices } from './webgpu/notices';

/** The relative rounding error of fp16, which has 11 significant bits. */
const ROUNDING = 2 ** -11;
const SINGLE = 1e-5;

/** Normally distributed multiples of 1/256, which fp16 represents exactly. */
const exact = (count: number, name: string) =>
  numbers(count, name).map((value) => Math.round(value * 256) / 256);

/** left `[rows, inner]` times right `[inner, columns]`. */
function productOf(left: number[], right: number[], inner: number): number[] {
  const columns = right.length / inner;
  return Array.from({ length: (left.length / inner) * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += (left[row * inner + i] ?? 0) * (right[i * columns + column] ?? 0);
    return sum;
  });
}

const SHAPES: Shape[] = [
  { n: 2, h: 5, w: 4, cIn: 4, cOut: 8, k: 3, stride: 1, pad: 1 },
  { n: 3, h: 9, w: 5, cIn: 20, cOut: 12, k: 3, stride: 2, pad: 1 },
  { n: 33, h: 1, w: 1, cIn: 8, cOut: 4, k: 1, stride: 1, pad: 0 },
  { n: 2, h: 7, w: 6, cIn: 16, cOut: 72, k: 1, stride: 2, pad: 0 },
];

onBackends('fp16', () => {
  it('rounds to 11 significant bits, and represents numbers with 11 bits or fewer exactly', async () => {
    const values = numbers(1024, 'any');
    const given = [...values, 0, 1.5, -0.333251953125, 65504, -2048, 6.103515625e-5, 0.0009765625, 2049];
    const [kept, back] = tf.tidy(() => {
      const halves = toFp16(tf.tensor2d(given, [4, given.length / 4]));
      return [halves, toFp32(halves)];
    });
    expect(kept.size).toBe(given.length / 2);
    expect(back.shape).toEqual([4, given.length / 4]);
    const result = await back.data();
    expect(Array.from(result.slice(1024, -1))).toEqual(given.slice(1024, -1));
    expect(Math.abs((result.at(-1) ?? 0) - 2049)).toBe(1);
    for (const [index, value] of given.entries())
      expect(Math.abs((result[index] ?? 0) - value)).toBeLessThanOrEqual(ROUNDING * Math.abs(value));
    tf.dispose([kept, back]);
  });

  for (const shape of SHAPES) {
    it(`for activations, kernels and coefficients gives the convolution and gradients of the definition: ${named(shape)}`, async () => {
      const { n, h, w, cIn, cOut, k, stride, pad } = shape;
      const [rows, columns] = outputSides(shape);
      const [pairs, taps] = [cIn * cOut, k * k];
      const x = exact(n * h * w * cIn, 'x');
      const kernel = exact(taps * pairs, 'kernel');
      const residual = exact(n * rows * columns * cOut, 'residual');
      const dz = numbers(n * rows * columns * cOut, 'dz');
      const coefficients = exact(3 * pairs, 'coefficients');
      const change = numbers(3 * taps, 'change');
      const [directions, core] = [numbers(cIn, 'directions'), numbers(taps * cOut, 'core')];
      const whole = byKernel(x, dz, shape);
      const found = tf.tidy(() => {
        const map = toFp16(tf.tensor4d(x, [n, h, w, cIn]));
        const frozen = toFp16(tf.tensor4d(kernel, [k, k, cIn, cOut]));
        const gradient = tf.tensor4d(dz, [n, rows, columns, cOut]);
        const alpha = toFp16(tf.tensor2d(coefficients, [3, pairs]));
        const added = toFp16(tf.tensor4d(residual, [n, rows, columns, cOut]));
        const how = { stride, pad, relu: false };
        const inputs = { x: map, kernel: frozen, bias: tf.zeros<tf.Rank.R1>([cOut]), residual: added };
        const kept = convolution(inputs, { ...how, fp16: true });
        expect(shapeOf(kept)).toEqual([n, rows, columns, cOut]);
        return {
          output: convolution(inputs, { ...how, fp16: false }),
          kept: toFp32(kept),
          input: inputGradient(
            { dz: gradient, kernel: frozen, mask: map },
            { height: h, width: w, stride, pad },
          ),
          kernel: kernelGradient({ x: map, dz: gradient }, { k, stride, pad }),
          atoms: atomGradient({ x: map, dz: gradient, coefficients: alpha }, { k, stride, pad }),
          moved: atomKernel(
            { folded: frozen, coefficients: alpha, change: tf.tensor2d(change, [3, taps]) },
            {},
          ),
          product: matMul(tf.tensor2d(change, [taps, 3]), alpha),
          core: coreKernel(
            {
              folded: frozen,
              inputs: tf.tensor2d(directions, [cIn, 1]),
              outputs: tf.tensor3d(core, [taps, 1, cOut]),
            },
            {},
          ),
        };
      });
      const sum = output(x, kernel, shape).map((value, index) => value + (residual[index] ?? 0));
      const close = async (tensor: tf.Tensor, expected: number[], tolerance: number) =>
        expect(maxRelativeError(await tensor.data(), expected)).toBeLessThan(tolerance);
      await close(found.output, sum, SINGLE);
      await close(found.kept, sum, ROUNDING);
      const masked = byInput(dz, kernel, shape).map((value, index) => ((x[index] ?? 0) > 0 ? value : 0));
      await close(found.input, masked, SINGLE);
      await close(found.kernel, whole, SINGLE);
      const atoms = byAtoms(coefficients, whole, taps);
      await close(found.atoms, atoms, SINGLE);
      const moved = withAtoms(kernel, coefficients, change, taps);
      await close(found.moved, moved, SINGLE);
      await close(found.product, productOf(change, coefficients, 3), SINGLE);
      await close(found.core, withCore(kernel, directions, core, shape), SINGLE);
      tf.dispose(found);
    });
  }

  it('does not change the result of max-pooling or of its gradient', async () => {
    const shape: [number, number, number, number] = [2, 5, 6, 8];
    const window = { k: 3, stride: 2, pad: 1 };
    const x = exact(2 * 5 * 6 * 8, 'x').map((value) => Math.max(0, value));
    const dy = numbers(2 * 3 * 3 * 8, 'dy');
    const [halves, singles] = [true, false].map((fp16) =>
      tf.tidy(() => {
        const map = fp16 ? toFp16(tf.tensor4d(x, shape)) : tf.tensor4d(x, shape);
        const y = maxPool({ x: map }, window);
        const dx = maxPoolGradient(
          { x: map, y, dy: tf.tensor4d(dy, [2, 3, 3, 8]) },
          { ...window, relu: true },
        );
        return [toFp32(y), dx];
      }),
    ) as [tf.Tensor[], tf.Tensor[]]; // one result for each precision
    for (const [index, tensor] of halves.entries())
      expect(await tensor.data()).toEqual(await singles[index]?.data());
    tf.dispose([...halves, ...singles]);
  });

  it('passes its self-test on this device', async () => {
    expect(await checkFp16()).toBe(true);
    expect(readNotices()).toEqual([]);
    forgetNotices();
  });
}, ['webgpu']);
