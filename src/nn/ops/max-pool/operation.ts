import type * as tf from '@tensorflow/tfjs';
import { maxPool, maxPoolGradient } from '../../../ops/max-pool';
import type { MaxPoolNode } from '../../graph';
import type { Operation } from '../../operation';
import { sideAfter } from '../side-after';

/** The maximum of every window of an input that is not negative. */
export const maxPoolOperation: Operation<MaxPoolNode> = {
  shape: (node, [x]) => {
    const [height = 0, width = 0, channels = 0] = x ?? [];
    return [sideAfter(node, height), sideAfter(node, width), channels];
  },
  gradientReads: () => ({ inputs: [0], output: true }),
  forward: (node, [x]) => maxPool({ x: x as tf.Tensor4D }, windowOf(node)), // the walk gives every input
  inputGradient: (node, { dz, inputs: [x], output, addend, mask }) => {
    if (addend) throw new Error('The input of a max pooling has no other reader in any network.');
    const given = { x: x as tf.Tensor4D, y: output as tf.Tensor4D, dy: dz }; // `gradientReads` asks for both
    return maxPoolGradient(given, { ...windowOf(node), relu: mask !== null });
  },
};

const windowOf = ({ kernel: k, stride, pad }: MaxPoolNode) => ({ k, stride, pad });
