import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { onBackends } from '../on-backends';
import { seededRandom } from '../random';
import { convolution } from './convolution';

/** The convolution written out from its definition, in double precision. */
function definition(x: number[], kernel: number[], shape: Shape): number[] {
  const { n, h, w, cIn, cOut, k, stride, pad } = shape;
  const [oh, ow] = [Math.floor((h + 2 * pad - k) / stride) + 1, Math.floor((w + 2 * pad - k) / stride) + 1];
  const y = new Array<number>(n * oh * ow * cOut).fill(0);
  for (let image = 0; image < n; image++)
    for (let r = 0; r < oh; r++)
      for (let c = 0; c < ow; c++)
        for (let u = 0; u < k; u++)
          for (let v = 0; v < k; v++) {
            const [row, column] = [r * stride + u - pad, c * stride + v - pad];
            if (row < 0 || row >= h || column < 0 || column >= w) continue;
            for (let i = 0; i < cIn; i++)
              for (let o = 0; o < cOut; o++) {
                const at = ((image * oh + r) * ow + c) * cOut + o;
                y[at] =
                  (y[at] ?? 0) +
                  (x[((image * h + row) * w + column) * cIn + i] ?? 0) *
                    (kernel[((u * k + v) * cIn + i) * cOut + o] ?? 0);
              }
          }
  return y;
}

interface Shape {
  n: number;
  h: number;
  w: number;
  cIn: number;
  cOut: number;
  k: number;
  stride: number;
  pad: number;
}

const SHAPES: Shape[] = [
  { n: 1, h: 1, w: 1, cIn: 7, cOut: 5, k: 1, stride: 1, pad: 0 },
  { n: 2, h: 5, w: 4, cIn: 3, cOut: 4, k: 3, stride: 1, pad: 1 },
  { n: 1, h: 7, w: 8, cIn: 2, cOut: 3, k: 3, stride: 2, pad: 1 },
  { n: 3, h: 8, w: 7, cIn: 4, cOut: 2, k: 1, stride: 2, pad: 0 },
  { n: 2, h: 9, w: 10, cIn: 3, cOut: 4, k: 7, stride: 2, pad: 3 },
  { n: 1, h: 2, w: 2, cIn: 3, cOut: 3, k: 3, stride: 2, pad: 1 },
  { n: 5, h: 1, w: 1, cIn: 3, cOut: 2, k: 3, stride: 1, pad: 1 },
];

function numbers(count: number, label: string): number[] {
  const random = seededRandom(1).fork(label);
  return Array.from({ length: count }, () => random.normal());
}

function scalarProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

onBackends('convolution', () => {
  for (const shape of SHAPES) {
    const { n, h, w, cIn, cOut, k, stride, pad } = shape;
    const x = numbers(n * h * w * cIn, 'x');
    const kernel = numbers(k * k * cIn * cOut, 'kernel');

    it(`follows the definition and its adjoints: ${JSON.stringify(shape)}`, async () => {
      const expected = definition(x, kernel, shape);
      const dy = numbers(expected.length, 'dy');
      const [tx, tk, tb] = [
        tf.tensor4d(x, [n, h, w, cIn]),
        tf.tensor4d(kernel, [k, k, cIn, cOut]),
        tf.zeros<tf.Rank.R1>([cOut]),
      ];
      const apply = (a: tf.Tensor, b: tf.Tensor) =>
        convolution(
          { x: a as tf.Tensor4D, kernel: b as tf.Tensor4D, bias: tb },
          { stride, pad, relu: false },
        );
      const y = apply(tx, tk);
      const tdy = tf.tensor(dy, y.shape);
      const [dx, dk] = tf.grads(apply)([tx, tk], tdy);
      const values = await y.data();
      for (let index = 0; index < expected.length; index++)
        expect(values[index]).toBeCloseTo(expected[index] ?? Number.NaN, 4);
      // The map is linear in x and in the kernel, so <dy, conv(u, K)> = <dx, u> and <dy, conv(x, V)> = <dK, V> for any u, V.
      const [u, v] = [numbers(x.length, 'u'), numbers(kernel.length, 'v')];
      const byX = scalarProduct(dy, definition(u, kernel, shape));
      const byKernel = scalarProduct(dy, definition(x, v, shape));
      expect(scalarProduct((await dx?.data()) ?? [], u)).toBeCloseTo(byX, 3);
      expect(scalarProduct((await dk?.data()) ?? [], v)).toBeCloseTo(byKernel, 3);
      tf.dispose([tx, tk, tb, y, tdy, dx ?? [], dk ?? []]);
    });
  }

  it('adds bias and residual before the ReLU, and masks every gradient by it', async () => {
    const x = tf.tensor4d([1, -2], [1, 1, 2, 1]);
    const kernel = tf.tensor4d([3], [1, 1, 1, 1]);
    const bias = tf.tensor1d([1]);
    const residual = tf.tensor4d([0.5, 1], [1, 1, 2, 1]);
    const apply = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, d: tf.Tensor) =>
      convolution(
        { x: a as tf.Tensor4D, kernel: b as tf.Tensor4D, bias: c as tf.Tensor1D, residual: d as tf.Tensor4D },
        { stride: 1, pad: 0, relu: true },
      );
    const y = apply(x, kernel, bias, residual);
    const dy = tf.onesLike(y);
    expect(Array.from(await y.data())).toEqual([4.5, 0]); // 3·1 + 1 + 0.5; 3·(−2) + 1 + 1 < 0
    const gradients = tf.grads(apply)([x, kernel, bias, residual], dy);
    const values = await Promise.all(gradients.map(async (gradient) => Array.from(await gradient.data())));
    expect(values).toEqual([[3, 0], [1], [1], [1, 0]]);
    tf.dispose([x, kernel, bias, residual, y, dy, ...gradients]);
  });

  it('computes no gradient that nobody asks for', () => {
    const x = tf.ones<tf.Rank.R4>([1, 4, 4, 2]);
    const [kernel, bias] = [tf.ones<tf.Rank.R4>([3, 3, 2, 2]), tf.zeros<tf.Rank.R1>([2])];
    const loss = (input: tf.Tensor) =>
      tf.sum(convolution({ x: input as tf.Tensor4D, kernel, bias }, { stride: 1, pad: 1, relu: true }));
    let convolutions = 0;
    const backend = tf.engine();
    const original = backend.runKernel;
    backend.runKernel = function (this: typeof backend, name, ...rest) {
      if (name === 'Conv2D' || name === 'FusedConv2D') convolutions++;
      return original.call(this, name, ...rest) as never;
    };
    const gradient = tf.grad(loss)(x);
    backend.runKernel = original;
    expect(convolutions).toBe(2); // forward and input gradient, no kernel gradient
    tf.dispose([x, kernel, bias, gradient]);
  });
});
