import type * as tf from '@tensorflow/tfjs';
import { convolution } from '../../../ops/convolution';
import { inputGradient } from '../../../ops/input-gradient';
import type { ConvolutionNode } from '../../graph';
import { Heap, type Memory } from '../../memory';
import { type Operation, READS_NOTHING, type Weights } from '../../operation';
import { sideAfter } from '../side-after';

/** y = ReLU?(conv(x, kernel) + bias + residual). */
export const convolutionOperation: Operation<ConvolutionNode> = {
  shape: ({ spec }, [x]) => {
    const [height = 0, width = 0] = x ?? [];
    return [sideAfter(spec, height), sideAfter(spec, width), spec.cOut];
  },
  passesGradient: (input) => input === 1,
  gradientReads: () => READS_NOTHING,
  forward: (node, [x, residual], { weights, fp16 }) => {
    const own = weights(node);
    const { stride, pad } = node.spec;
    return convolution(
      { x: x as tf.Tensor4D, kernel: kernelOf(own), bias: own.tuned?.bias ?? own.frozen.bias, residual }, // the walk gives every input
      { stride, pad, relu: node.relu, fp16 },
    );
  },
  inputGradient: (node, { dz, shape: [height, width], addend, mask }, _input, { weights }) => {
    const { stride, pad } = node.spec;
    const inputs = {
      dz,
      kernel: kernelOf(weights(node)),
      addend: addend ?? undefined,
      mask: mask ?? undefined,
    };
    return inputGradient(inputs, { height, width, stride, pad });
  },
  memory: {
    // On wasm, the convolution, its sum with the residual, and the ReLU are separate tensors.
    forward: (memory, { inputs }, { output }) => onWasm(memory, inputs.length > 1 ? 2 * output : 0),
    // On wasm, the sum with the other gradient, the masked result and the reordered kernel are separate tensors.
    inputGradient: (memory, { spec: { kernel, cIn, cOut } }, { input }) =>
      onWasm(memory, 2 * input + kernel ** 2 * cIn * cOut),
  },
};

/** The kernel that a node uses: the tuned one, or the folded pretrained one. */
const kernelOf = ({ frozen, tuned }: Weights): tf.Tensor4D => tuned?.kernel ?? frozen.folded;

function onWasm(memory: Memory, numbers: number): void {
  if (memory instanceof Heap && numbers > 0) memory.use(numbers);
}
