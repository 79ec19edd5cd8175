/**
 * Registers an operation of ours as a tfjs kernel with its gradient, so that tfjs owns its tensors and its tape.
 * Unlike `tf.customGrad`, the gradient of an input nobody asks for is never computed: frozen kernels cost nothing.
 */
import * as tf from '@tensorflow/tfjs';

export type Inputs = Record<string, tf.Tensor>;
export type Attributes = Record<string, number | boolean>;

export interface OpDefinition<A extends Attributes> {
  name: string;
  /** Computes the output; what it makes on the way is disposed. */
  forward(inputs: Inputs, attributes: A): tf.Tensor;
  /** Inputs whose values the gradient needs. */
  saves: string[];
  /** Whether the gradient needs the output. */
  savesOutput: boolean;
  /** One function per input; only those that are asked for run. `saved`: the saved inputs in order, then the output. */
  gradient(dy: tf.Tensor, saved: tf.Tensor[], attributes: A): Record<string, () => tf.Tensor>;
}

/** Returns a function that applies the operation, recorded on the tape under `definition.name`. */
export function defineOp<A extends Attributes>(
  definition: OpDefinition<A>,
): (inputs: Inputs, attributes: A) => tf.Tensor {
  const { name, forward, saves, savesOutput, gradient } = definition;
  for (const backendName of ['wasm', 'webgpu', 'cpu']) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      // tfjs hands over what `runKernel` below was given; tensors stay tensors inside a kernel.
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => forward(inputs as unknown as Inputs, attrs as unknown as A)),
    });
  }
  tf.registerGradient({
    kernelName: name,
    inputsToSave: saves,
    outputsToSave: [savesOutput],
    gradFunc: (dy, saved, attrs) => gradient(dy as tf.Tensor, saved, attrs as unknown as A),
  });
  // One output in, one output back.
  return (inputs, attributes) => tf.engine().runKernel(name, inputs, attributes) as tf.Tensor;
}
