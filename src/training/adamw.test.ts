import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { onBackends } from '../on-backends';
import { AdamW } from './adamw';

onBackends('AdamW', () => {
  it('follows Algorithm 2 of Loshchilov & Hutter with one learning rate per parameter', async () => {
    const optimizer = new AdamW(Float32Array.of(1, -2), {
      rates: Float32Array.of(0.1, 0.01),
      weightDecay: 0.5,
    });
    const expected = [1, -2].map((start, index) => {
      let [value, m, v] = [start, 0, 0];
      const rate = [0.1, 0.01][index] ?? 0;
      for (let step = 1; step <= 3; step++) {
        const gradient = step * value;
        m = 0.9 * m + 0.1 * gradient;
        v = 0.999 * v + 0.001 * gradient ** 2;
        const direction = m / (1 - 0.9 ** step) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8);
        value -= 0.5 * rate * (direction + 0.5 * value);
      }
      return value;
    });
    for (let step = 1; step <= 3; step++) {
      const gradient = tf.mul(optimizer.values, step) as tf.Tensor1D;
      optimizer.apply(gradient, 0.5);
      gradient.dispose();
    }
    const values = await optimizer.values.data();
    expect(values[0]).toBeCloseTo(expected[0] ?? 0, 5);
    expect(values[1]).toBeCloseTo(expected[1] ?? 0, 5);
    optimizer.dispose();
  });

  it('continues from a state as if it had not been interrupted', async () => {
    const settings = { rates: 0.1, weightDecay: 0.5 };
    const updated = (optimizer: AdamW, from: number, to: number) => {
      for (let step = from; step <= to; step++) {
        const gradient = tf.mul(optimizer.values, step) as tf.Tensor1D;
        optimizer.apply(gradient);
        gradient.dispose();
      }
    };
    const whole = new AdamW(Float32Array.of(1, -2, 3), settings);
    updated(whole, 1, 5);
    const first = new AdamW(Float32Array.of(1, -2, 3), settings);
    updated(first, 1, 2);
    const state = await first.state();
    updated(first, 3, 3); // must not change the copies
    first.dispose();
    const second = new AdamW(state, settings);
    updated(second, 3, 5);
    expect(await second.state()).toEqual(await whole.state());
    expect(state.step).toBe(2);
    for (const each of [whole, second]) each.dispose();
  });
});
