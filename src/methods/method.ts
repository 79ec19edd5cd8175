/**
 * What a tuning method says about one convolution. A method is one file: which numbers it trains, where they start, and
 * how they make the update ΔW (METHOD §2). Parameter counts, training, checkpoints, adapter files and the page work
 * from this description and know no method by name. The gradients of the trainables follow from ∂L/∂W by
 * differentiating `update`, so no method writes its own.
 */
import type * as tf from '@tensorflow/tfjs';
import type { ConvolutionSpec } from '../backbone/layout';
import type { Random } from '../random';
import type { SettingOption, SettingOptions } from '../worker/protocol';

/** A tensor a method trains in one layer. */
export interface Trainable {
  /** Within the layer, e.g. `dD`; its full name is `<layer>.<method>.<name>`. */
  name: string;
  shape: number[];
  /** Row-major initial value. Whatever it is, the first ΔW is zero. `pretrained` is W in PyTorch order. */
  initial(random: Random, pretrained: Float32Array): Float32Array;
}

/** A layer's frozen tensors, on the device. */
export interface Frozen {
  /** Coefficients α as `[m, c_in·c_out]`, for methods with `atoms`. */
  coefficients: tf.Tensor2D | null;
  /** W, `[k, k, c_in, c_out]`, for methods with `needsPretrained`. */
  pretrained: tf.Tensor4D | null;
}

export interface TuningMethod {
  id: string;
  label: string;
  symbol: string;
  description: string;
  /** What the paper reports, with its citation; empty where nothing. */
  paper: string;
  /** A learning rate that suits it; the head has its own. */
  learningRate: number;
  options: SettingOption[];
  /** Number of atoms per kernel it needs the decomposition for; null when it needs none. */
  atoms(options: SettingOptions): number | null;
  /** The trainable that is a change of the atoms, `[m, k²]`, to be shown beside them; null when there is none. */
  atomChange: string | null;
  needsPretrained: boolean;
  /** Empty for a layer it leaves alone. */
  trainables(layer: ConvolutionSpec, options: SettingOptions): Trainable[];
  /** ΔW `[k, k, c_in, c_out]` from the trainables by name, differentiable in them. Only called where there are any. */
  update(
    trainables: Readonly<Record<string, tf.Tensor>>,
    frozen: Frozen,
    layer: ConvolutionSpec,
    options: SettingOptions,
  ): tf.Tensor4D;
}

/** The value of an option, or its default. */
export function option(method: Pick<TuningMethod, 'options'>, options: SettingOptions, id: string): number {
  const value = options[id] ?? method.options.find((known) => known.id === id)?.default;
  if (value === undefined) throw new Error(`No option ${id}.`);
  return value;
}

/** A trainable or frozen tensor the caller must have given. */
export function given<T>(tensor: T | null | undefined, name: string): T {
  if (!tensor) throw new Error(`The tensor ${name} was not given.`);
  return tensor;
}
