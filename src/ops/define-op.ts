/**
 * Registers an operation of ours as a tfjs kernel, so that tfjs owns its tensors and its memory. Operations have no
 * gradients of their own: the backward pass is written out (backbone/training-pass.ts) and its parts are operations too.
 */
import * as tf from '@tensorflow/tfjs';

export type Attributes = Record<string, number | boolean>;

export interface OpDefinition<I, A, O> {
  /** The kernel's name. */
  name: string;
  /** Computes the output on any backend from tfjs' own operations; what it makes on the way is disposed. */
  portable(inputs: I, attributes: A): O;
  /** Forms of their own on a backend; null where one cannot serve these inputs, and the portable form does. */
  webgpu?(inputs: I, attributes: A): O | null;
  wasm?(inputs: I, attributes: A): O | null;
}

const BACKENDS = ['wasm', 'webgpu', 'cpu'] as const;

/** Returns a function that runs the operation on the present backend. Inputs that are undefined are left out. */
export function defineOp<
  I extends Partial<Record<keyof I, tf.Tensor>>,
  A extends Attributes,
  O extends tf.Tensor,
>({ name, portable, ...forms }: OpDefinition<I, A, O>): (inputs: I, attributes: A) => O {
  const own: { [backend: string]: typeof forms.wasm } = forms;
  for (const backendName of BACKENDS) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: (call) =>
        tf.tidy(() => {
          // tfjs hands over what `runKernel` below was given.
          const inputs = call.inputs as unknown as I;
          const attributes = call.attrs as unknown as A;
          return own[backendName]?.(inputs, attributes) ?? portable(inputs, attributes);
        }),
    });
  }
  return (inputs, attributes) => {
    const given = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
    const output = tf.engine().runKernel(name, Object.fromEntries(given) as tf.NamedTensorMap, attributes);
    return output as tf.Tensor as O; // one output in, one output back
  };
}
