import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { onBackends } from '../on-backends';
import { numbers } from './definition';
import { maxPool, maxPoolGradient } from './max-pool';

const POOL = { k: 3, stride: 2, pad: 1 };

/** From the definition: the gradient of a window goes to its first maximum in row-major order. */
function definition(
  x: number[],
  dy: number[],
  [n, h, w, c]: [number, number, number, number],
): { y: number[]; dx: number[] } {
  const [rows, columns] = [Math.floor((h - 1) / 2) + 1, Math.floor((w - 1) / 2) + 1];
  const y: number[] = [];
  const dx = new Array<number>(x.length).fill(0);
  for (let image = 0; image < n; image++)
    for (let r = 0; r < rows; r++)
      for (let s = 0; s < columns; s++)
        for (let channel = 0; channel < c; channel++) {
          let best = -1;
          for (let row = Math.max(0, 2 * r - 1); row < Math.min(h, 2 * r + 2); row++)
            for (let column = Math.max(0, 2 * s - 1); column < Math.min(w, 2 * s + 2); column++) {
              const at = ((image * h + row) * w + column) * c + channel;
              if (best < 0 || (x[at] ?? 0) > (x[best] ?? 0)) best = at;
            }
          dx[best] = (dx[best] ?? 0) + (dy[y.length] ?? 0);
          y.push(x[best] ?? 0);
        }
  return { y, dx };
}

async function expectDefinition(x: number[], shape: [number, number, number, number]): Promise<void> {
  const [n, h, w, c] = shape;
  const pooled: [number, number, number, number] = [n, Math.ceil(h / 2), Math.ceil(w / 2), c];
  const dy = numbers(
    pooled.reduce((a, b) => a * b),
    'dy',
  ).map(Math.fround);
  const expected = definition(x, dy, shape);
  const [y, dx, dxOfRelu] = tf.tidy(() => {
    const input = tf.tensor4d(x, shape);
    const output = maxPool({ x: input }, POOL);
    const given = { x: input, y: output, dy: tf.tensor4d(dy, pooled) };
    return [
      output,
      maxPoolGradient(given, { ...POOL, relu: false }),
      maxPoolGradient(given, { ...POOL, relu: true }),
    ];
  }) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  expect(Array.from(await y.data())).toEqual(expected.y);
  const [gradient, ofRelu] = await Promise.all([dx.data(), dxOfRelu.data()]);
  expected.dx.forEach((value, at) => {
    expect(gradient[at], `at ${at}`).toBeCloseTo(value, 5);
    expect(ofRelu[at], `at ${at}, with the ReLU before`).toBeCloseTo((x[at] ?? 0) > 0 ? value : 0, 5);
  });
  tf.dispose([y, dx, dxOfRelu]);
}

onBackends('max-pool gradient', () => {
  const shapes: [number, number, number, number][] = [
    [1, 1, 1, 7],
    [2, 6, 8, 3],
    [1, 7, 5, 4],
    [33, 3, 2, 1],
    [2, 8, 7, 16],
  ];
  for (const shape of shapes) {
    const count = shape.reduce((a, b) => a * b);

    it(`goes to the maximum of each window: ${shape.join('×')}`, async () => {
      await expectDefinition(
        numbers(count, 'x').map((value) => Math.fround(Math.max(0, value))),
        shape,
      );
    });

    it(`goes to the first of equal maxima, as in PyTorch: ${shape.join('×')}`, async () => {
      // Few distinct values, so that most windows contain ties above zero; then a constant image.
      await expectDefinition(
        numbers(count, 'levels').map((value) => Math.max(0, Math.round(value))),
        shape,
      );
      await expectDefinition(new Array<number>(count).fill(2), shape);
    });
  }
});
