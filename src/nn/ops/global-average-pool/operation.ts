import * as tf from '@tensorflow/tfjs';
import { toFp32 } from '../../../ops/convert';
import type { GlobalAveragePoolNode } from '../../graph';
import type { Memory } from '../../memory';
import type { Operation } from '../../operation';

/** The mean over height and width, `[n, c]`. */
export const globalAveragePoolOperation: Operation<GlobalAveragePoolNode> = {
  shape: (_node, [x]) => [1, 1, x?.[2] ?? 0],
  forward: (_node, [x]) => tf.tidy(() => tf.mean(toFp32(x as tf.Tensor4D), [1, 2])), // the walk gives every input
  inputGradient: (_node, { dz, shape: [height, width, channels], addend, mask }) =>
    tf.tidy(() => {
      const perPixel = tf.div(dz, height * width).reshape<tf.Tensor4D>([-1, 1, 1, channels]);
      const masked = mask
        ? tf.mul<tf.Tensor4D>(tf.step(toFp32(mask)), perPixel)
        : tf.tile(perPixel, [1, height, width, 1]);
      return addend ? tf.add<tf.Tensor4D>(masked, addend) : masked;
    }),
  // tfjs' own operations need a copy in fp32.
  memory: {
    forward: (memory, _node, { input }) => inFp32(memory, input),
    inputGradient: (memory, _node, { input }) => inFp32(memory, input),
  },
};

function inFp32(memory: Memory, numbers: number): void {
  if (memory.precision === 'half') memory.use(numbers);
}
