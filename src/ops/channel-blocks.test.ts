import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { channelBlock, kernelToRows } from '../decompose/kernel-rows';
import { onBackends } from '../on-backends';
import { foldBlocks, unfoldBlocks } from './channel-blocks';
import { numbers } from './definition';

onBackends('channel blocks', () => {
  const shapes = [
    { k: 3, cIn: 8, cOut: 12, kc: 4 },
    { k: 1, cIn: 6, cOut: 4, kc: 2 },
    { k: 7, cIn: 3, cOut: 8, kc: 4 },
    { k: 3, cIn: 8, cOut: 5, kc: 4 },
  ];
  it.each(shapes)('a $k × $k kernel of $cIn → $cOut channels, kc = $kc', async ({ k, cIn, cOut, kc }) => {
    tf.engine().startScope();
    const block = channelBlock({ cOut, cIn, k }, kc);
    const attributes = { ...block, k };
    // PyTorch's order `[c_out, c_in, k, k]`, which kernelToRows expects.
    const values = Float32Array.from(numbers(cOut * cIn * k * k, 'kernel'));
    const scale = tf.tensor1d(numbers(cOut, 'scale'));
    const kernel = tf.tidy(() => tf.transpose(tf.tensor4d(values, [cOut, cIn, k, k]), [2, 3, 1, 0]));
    const { data, rows, cols } = kernelToRows(
      (await tf.transpose(tf.mul(kernel, scale), [3, 2, 0, 1]).data()) as Float32Array, // float32
      { cOut, cIn, k },
      block,
    );
    const columns = unfoldBlocks(kernel, scale, attributes);
    // Rows are ordered by output block, then input block; columns by input block, then output block.
    const expected = tf.tidy(() =>
      tf
        .transpose(tf.tensor(data).reshape([cOut / block.out, cIn / block.in, cols]), [2, 1, 0])
        .reshape([cols, rows]),
    );
    expect(await columns.data()).toEqual(await expected.data());

    const ones = tf.ones<tf.Rank.R1>([cOut]);
    const back = foldBlocks(unfoldBlocks(kernel, ones, attributes), scale, attributes);
    expect(await back.data()).toEqual(await tf.mul(kernel, scale).data());

    const dy = tf.tensor4d(numbers(kernel.size, 'dy'), kernel.shape);
    const gradient = tf.grad((x) => foldBlocks(x as tf.Tensor2D, scale, attributes))(columns, dy);
    expect(await gradient.data()).toEqual(await unfoldBlocks(dy, scale, attributes).data());
    tf.engine().endScope();
  });
});
