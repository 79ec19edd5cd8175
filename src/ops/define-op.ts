/**
 * Registers one of our operations as a tfjs kernel, so that tfjs owns its tensors and memory. The operations have no tfjs
 * gradients: the backward pass is a walk over the network's graph (nn/walk.ts), and its parts are operations too.
 */
import * as tf from '@tensorflow/tfjs';

export type Attributes = Record<string, number | boolean>;

export interface OpDefinition<I, A, O> {
  /** The name of the tfjs kernel. */
  name: string;
  /** The reference kernel: computes the output from tfjs' own operations on any backend. Intermediate tensors are disposed. */
  reference(inputs: I, attributes: A): O;
  /** Optimized kernels by backend. One returns null for inputs it does not support; the reference kernel then runs. */
  webgpu?(inputs: I, attributes: A): O | null;
  wasm?(inputs: I, attributes: A): O | null;
}

const BACKENDS = ['wasm', 'webgpu', 'cpu'] as const;

/** Returns a function that runs the operation on the current backend. Undefined inputs are omitted. */
export function defineOp<
  I extends Partial<Record<keyof I, tf.Tensor>>,
  A extends Attributes,
  O extends tf.Tensor,
>({ name, reference, ...optimized }: OpDefinition<I, A, O>): (inputs: I, attributes: A) => O {
  const byBackend: { [backend: string]: typeof optimized.wasm } = optimized;
  for (const backendName of BACKENDS) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: (call) =>
        tf.tidy(() => {
          // tfjs passes on what `runKernel` below was called with.
          const inputs = call.inputs as unknown as I;
          const attributes = call.attrs as unknown as A;
          return byBackend[backendName]?.(inputs, attributes) ?? reference(inputs, attributes);
        }),
    });
  }
  return (inputs, attributes) => {
    const given = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
    const output = tf.engine().runKernel(name, Object.fromEntries(given) as tf.NamedTensorMap, attributes);
    return output as tf.Tensor as O; // an operation has exactly one output
  };
}
