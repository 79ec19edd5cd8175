import * as tf from '@tensorflow/tfjs';
import { toFp32 } from '../ops/convert';
import { assertDefined, type Frozen, layerOptions, type Tensors, type TuningMethod } from './method';

/** Full fine-tuning: trains every kernel. The parameter is W itself and not ΔW, so that weight decay acts on W as usual. */
export const full: TuningMethod = {
  id: 'full',
  label: 'Full tuning',
  symbol: 'full',
  description: 'Trains every kernel of the backbone.',
  advice: 'Take it with many images per class, when a file as large as the backbone is acceptable.',
  paper:
    'Mean accuracy over VTAB-1k with ConvNeXt-B: 72.14 % with 87.67 M trainable parameters. Chen et al., ICLR 2025.',
  learningRate: 1e-3,
  rateExponents: {},
  options: layerOptions(true),
  decompositions: () => ({}),
  atomChange: null,
  trainables: ({ kernel, cIn, cOut }) => [
    { name: 'W', shape: [cOut, cIn, kernel, kernel], initial: (_random, pretrained) => pretrained.slice() },
  ],
  update: (trainables, frozen) => tf.sub(scaled(trainables, frozen), toFp32(frozen.folded)),
  kernel: scaled,
  gradients: (gradient, _trainables, { scale }) => ({
    W: tf.transpose(tf.mul(gradient.kernel(), scale), [3, 2, 0, 1]),
  }),
};

/** W ⊙ s in tfjs' order, `[k, k, c_in, c_out]`. */
function scaled({ W }: Tensors, { scale }: Frozen): tf.Tensor4D {
  return tf.mul(tf.transpose(assertDefined(W, 'W'), [2, 3, 1, 0]), scale);
}
