/**
 * What a tuning method says about one convolution. A method is one file: which numbers it trains, where they start, and
 * how they make the update ΔW (METHOD §2). Parameter counts, training, checkpoints, adapter files and the page work
 * from this description and know no method by name. The gradients of the trainables follow from ∂L/∂K by
 * differentiating `update`; a method that trains biases, or for which there is a shorter way to them, says it in `gradients`.
 *
 * Kernels are those of the network as it runs, batch norm folded in: K = (W + ΔW) ⊙ s, one s for each output channel.
 */
import * as tf from '@tensorflow/tfjs';
import type { TunedConvolution } from '../backbone/backbone';
import type { LayerGradient } from '../backbone/layer-gradient';
import type { ConvolutionSpec } from '../backbone/layout';
import type { AtomCoding } from '../decompose/atom-coding';
import { inSingles } from '../ops/convert';
import type { Random } from '../random';
import { UserError } from '../user-error';
import type { SettingOption, SettingOptions } from '../worker/protocol';
import { optionsFault } from './option-fault';

/** A tensor a method trains in one layer. */
export interface Trainable {
  /** Within the layer, e.g. `dD`; its full name is `<layer>.<method>.<name>`. */
  name: string;
  shape: number[];
  /** Row-major initial value. Whatever it is, the first ΔW is zero. `pretrained` is W in PyTorch order. */
  initial(random: Random, pretrained: Float32Array): Float32Array;
}

/** Tensors of one layer by name. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** A layer's frozen tensors, on the device. */
export interface Frozen {
  /** s, `[c_out]`. */
  scale: tf.Tensor1D;
  /** β − s·μ, `[c_out]`. */
  bias: tf.Tensor1D;
  /** W ⊙ s, `[k, k, c_in, c_out]`; in half precision (ops/half.ts) where the backbone is. */
  folded: tf.Tensor4D;
  /** Coefficients α ⊙ s of plain atoms as `[m, c_in·c_out]`, in the same precision, for methods with such atoms. */
  coefficients: tf.Tensor2D | null;
  /** Coefficients α_c of atoms of channel blocks as `[n, (I O)]`, blocks as in ops/channel-blocks.ts, in the same precision, for methods with such atoms. */
  blockCoefficients: tf.Tensor2D | null;
}

/** The decompositions a method needs: into atoms of single kernels, and of channel blocks (METHOD §1). */
export interface Codings {
  plain?: AtomCoding;
  blocks?: AtomCoding;
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
  /** For a layer that it trains. */
  codings(layer: ConvolutionSpec, options: SettingOptions): Codings;
  /** The trainable that is a change of the plain atoms, `[m, k²]`, to be shown beside them; null when there is none. */
  atomChange: string | null;
  /** Empty for a layer it leaves alone. */
  trainables(layer: ConvolutionSpec, options: SettingOptions): Trainable[];
  /**
   * ΔW ⊙ s `[k, k, c_in, c_out]` from the trainables by name, differentiable in them. Only called where there are any; absent
   * where kernels stay as they are.
   */
  update?(trainables: Tensors, frozen: Frozen, layer: ConvolutionSpec, options: SettingOptions): tf.Tensor4D;
  /** The bias `[c_out]` from the trainables by name; absent where biases stay as they are. */
  bias?(trainables: Tensors, frozen: Frozen): tf.Tensor1D;
  /** K = (W + ΔW) ⊙ s, where that takes fewer passes over memory than adding `update` to the folded kernel. */
  kernel?(trainables: Tensors, frozen: Frozen): tf.Tensor4D;
  /** The trainables' gradients by name where there is a shorter way to them than `update`'s derivative; else null. */
  gradients?(
    gradient: LayerGradient,
    trainables: Tensors,
    frozen: Frozen,
    options: SettingOptions,
  ): Tensors | null;
}

/** m, of the methods that train atoms of single kernels. */
export const ATOMS_PER_LAYER: SettingOption = {
  id: 'm',
  label: 'Atoms per layer (m)',
  help: 'More atoms represent the kernels and their changes more accurately, but take more memory and slightly more time. The paper uses 6, 9 and 12.',
  default: 9,
  min: 1,
  max: 24,
};

/** By the size of their kernels, which layers take part; parameters.ts decides it for all methods. */
const layersOption = (all: boolean): SettingOption => ({
  id: 'layers',
  label: 'Layers',
  help: all
    ? 'Leaving out 1 × 1 kernels trains fewer parameters and makes a step faster.'
    : 'An atom of a 1 × 1 kernel is a single number: including these layers adds little accuracy and takes most of the memory and time.',
  default: all ? 1 : 0,
  min: 0,
  max: 1,
  choices: [
    { value: 0, label: 'Kernels larger than 1 × 1' },
    { value: 1, label: 'All' },
  ],
});

/** The options of every method that trains the backbone; `all`: kernels of one pixel, too, unless the person says otherwise. */
export const layerOptions = (all: boolean): SettingOption[] => [layersOption(all), FROM_STAGE];

/** Of `layerOptions`, parameters.ts decides for all methods which layers are left out. */
export const FROM_STAGE: SettingOption = {
  id: 'from',
  label: 'Train from stage',
  help: 'The stages before it stay frozen. This saves memory and time and may cost accuracy. If images repeat, the activations of frozen stages are computed once. 0: all stages are trained.',
  default: 0,
  min: 0,
  max: 4,
};

/** What a layer computes with for these trainables. */
export function tunedConvolution(
  method: TuningMethod,
  trainables: Tensors,
  frozen: Frozen,
  layer: ConvolutionSpec,
  options: SettingOptions,
): TunedConvolution {
  const changed = () => {
    const update = method.update?.(trainables, frozen, layer, options);
    return update && tf.add<tf.Tensor4D>(inSingles(frozen.folded), update);
  };
  return tf.tidy(() => ({
    kernel: method.kernel?.(trainables, frozen) ?? changed(),
    bias: method.bias?.(trainables, frozen),
  }));
}

/** The gradients of the loss by the layer's trainables, by name. */
export function trainableGradients(
  method: TuningMethod,
  gradient: LayerGradient,
  trainables: Tensors,
  frozen: Frozen,
  options: SettingOptions,
): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const own = method.gradients?.(gradient, trainables, frozen, options);
    if (own) return { ...own };
    const names = Object.keys(trainables);
    const byName = (values: tf.Tensor[]) =>
      Object.fromEntries(names.map((name, index) => [name, given(values[index], name)]));
    const update = (...values: tf.Tensor[]) =>
      given(method.update, 'update')(byName(values), frozen, gradient.layer, options);
    return byName(tf.grads(update)(Object.values(trainables), gradient.kernel()));
  });
}

/** The value of an option, or its default. */
export function option(method: Pick<TuningMethod, 'options'>, options: SettingOptions, id: string): number {
  const value = options[id] ?? method.options.find((known) => known.id === id)?.default;
  if (value === undefined) throw new Error(`No option ${id}.`);
  return value;
}

/** Throws `UserError` for an option's value that the method cannot have. */
export function checkOptions(method: TuningMethod, chosen: SettingOptions): void {
  const fault = optionsFault(method, chosen);
  if (fault) throw new UserError(fault);
}

/** A trainable or frozen tensor the caller must have given. */
export function given<T>(tensor: T | null | undefined, name: string): T {
  if (!tensor) throw new Error(`The tensor ${name} was not given.`);
  return tensor;
}
