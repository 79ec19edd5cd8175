/**
 * The interface of a tuning method. For one convolution, a method says which parameters it trains, their initial values, and how
 * they make the update ΔW (docs/method.md §2). Parameter counts, training, checkpoints, adapter files and the page use only this
 * interface and no method's name. The gradients of the parameters are derived from ∂L/∂K by differentiating `update`; a method
 * that trains biases, or has a cheaper way to compute its gradients, implements `gradients`.
 *
 * Kernels are those of the network as it runs, with batch norm folded in: K = (W + ΔW) ⊙ s, one s per output channel.
 */
import * as tf from '@tensorflow/tfjs';
import type { TunedConvolution } from '../backbone/backbone';
import type { LayerGradient } from '../backbone/layer-gradient';
import type { ConvolutionSpec } from '../backbone/layout';
import type { Random } from '../core/random';
import type { SettingOption, SettingOptions } from '../core/setting';
import { UserError } from '../core/user-error';
import type { AtomCoding } from '../decompose/atom-coding';
import type { BasisSpec } from '../decompose/bases';
import { toFp32 } from '../ops/convert';
import { optionsFault } from './option-fault';

/** A tensor that a method trains in one layer. */
export interface Trainable {
  /** The name within the layer, e.g. `dD`; the full name is `<layer>.<method>.<name>`. */
  name: string;
  shape: number[];
  /** The initial value, row-major. It must give ΔW = 0. `pretrained` is W in PyTorch order. */
  initial(random: Random, pretrained: Float32Array): Float32Array;
}

/** Tensors of one layer, by name. */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** The frozen tensors of a layer, on the device. */
export interface Frozen {
  /** s, `[c_out]`. */
  scale: tf.Tensor1D;
  /** β − s·μ, `[c_out]`. */
  bias: tf.Tensor1D;
  /** W ⊙ s, `[k, k, c_in, c_out]`, in the backbone's precision (ops/fp16.ts). */
  folded: tf.Tensor4D;
  /** Coefficients α ⊙ s of plain atoms, `[m, c_in·c_out]`, in the backbone's precision; null for methods without plain atoms. */
  coefficients: tf.Tensor2D | null;
  /**
   * Coefficients α_c of block atoms, `[n, (I O)]` with blocks ordered as in ops/channel-blocks.ts, in the backbone's precision;
   * null for methods without block atoms.
   */
  blockCoefficients: tf.Tensor2D | null;
  /** Bases of the kernel by name, of the shapes of `basisShapes`, rows of U multiplied by s; null for methods without bases. */
  bases: Tensors | null;
}

/** The decompositions a method needs: into plain atoms (of single kernels), into block atoms, and bases (docs/method.md §1). */
export interface NeededDecompositions {
  plain?: AtomCoding;
  blocks?: AtomCoding;
  bases?: BasisSpec;
}

/** The decompositions whose atoms are learned. */
export type AtomKind = 'plain' | 'blocks';
export const ATOM_KINDS: readonly AtomKind[] = ['plain', 'blocks'];

export interface TuningMethod {
  id: string;
  label: string;
  symbol: string;
  /** One sentence: what is trained. */
  description: string;
  /** One sentence: when to take it. */
  advice: string;
  /** The paper's result with its citation; empty if the paper reports none. */
  paper: string;
  /** Default learning rate of the backbone's parameters for the options' defaults; the head has its own. */
  learningRate: number;
  /** How the default learning rate follows options, by their ids (default-learning-rate.ts). */
  rateExponents: Readonly<Record<string, number>>;
  options: SettingOption[];
  /** The decompositions needed for a layer that the method trains. */
  decompositions(layer: ConvolutionSpec, options: SettingOptions): NeededDecompositions;
  /** The trainable that is the change of the plain atoms, `[m, k²]`, for display; null if there is none. */
  atomChange: string | null;
  /** Empty for a layer that the method does not train. */
  trainables(layer: ConvolutionSpec, options: SettingOptions): Trainable[];
  /**
   * ΔW ⊙ s `[k, k, c_in, c_out]` from the trainables by name, differentiable in them. Called only for layers with trainables;
   * absent if the method leaves kernels unchanged.
   */
  update?(trainables: Tensors, frozen: Frozen, layer: ConvolutionSpec, options: SettingOptions): tf.Tensor4D;
  /** The bias `[c_out]` from the trainables by name; absent if the method leaves biases unchanged. */
  bias?(trainables: Tensors, frozen: Frozen): tf.Tensor1D;
  /** K = (W + ΔW) ⊙ s, for methods that can compute it in fewer passes over memory than by adding `update` to the folded kernel. */
  kernel?(trainables: Tensors, frozen: Frozen): tf.Tensor4D;
  /**
   * The number of channels to which the layer's input and ∂L/∂z are projected for `gradients`, if these are computed without ∂L/∂K; null
   * if not for this layer. Memory is planned with it.
   */
  projectedTo?(layer: ConvolutionSpec, options: SettingOptions): number | null;
  /** The gradients of the trainables by name, if there is a cheaper way than differentiating `update`; null if not for this layer. */
  gradients?(
    gradient: LayerGradient,
    trainables: Tensors,
    frozen: Frozen,
    options: SettingOptions,
  ): Tensors | null;
}

/** m, the number of plain atoms. */
export const ATOMS_PER_LAYER: SettingOption = {
  id: 'm',
  label: 'Atoms per layer (m)',
  help: 'More atoms represent the kernels and their changes more accurately, but take more memory and slightly more time. The paper uses 6, 9 and 12.',
  default: 9,
  min: 1,
  max: 24,
};

/** Selects layers by kernel size; parameters.ts applies it for all methods. `all`: the default. */
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

/** The options of every method that trains the backbone. `all`: whether 1×1 kernels are trained by default. */
export const layerOptions = (all: boolean): SettingOption[] => [layersOption(all), FROM_STAGE];

/** The first stage to train; parameters.ts applies it for all methods. */
export const FROM_STAGE: SettingOption = {
  id: 'from',
  label: 'Train from stage',
  help: 'The stages before it stay frozen. This saves memory and time and may cost accuracy. If every epoch has the same images (no augmentation, or “Views per image” above 0), the activations of frozen stages are computed once. 0: all stages are trained.',
  default: 0,
  min: 0,
  max: 4,
};

/** The kernel and bias of a tuned layer for these trainables. */
export function tunedConvolution(
  method: TuningMethod,
  trainables: Tensors,
  frozen: Frozen,
  layer: ConvolutionSpec,
  options: SettingOptions,
): TunedConvolution {
  const changed = () => {
    const update = method.update?.(trainables, frozen, layer, options);
    return update && tf.add<tf.Tensor4D>(toFp32(frozen.folded), update);
  };
  return tf.tidy(() => ({
    kernel: method.kernel?.(trainables, frozen) ?? changed(),
    bias: method.bias?.(trainables, frozen),
  }));
}

/** The gradients of the loss with respect to the layer's trainables, by name. */
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
      Object.fromEntries(names.map((name, index) => [name, assertDefined(values[index], name)]));
    const update = (...values: tf.Tensor[]) =>
      assertDefined(method.update, 'update')(byName(values), frozen, gradient.layer, options);
    return byName(tf.grads(update)(Object.values(trainables), gradient.kernel()));
  });
}

/** The value of an option, or its default. */
export function option(method: Pick<TuningMethod, 'options'>, options: SettingOptions, id: string): number {
  const value = options[id] ?? method.options.find((known) => known.id === id)?.default;
  if (value === undefined) throw new Error(`No option ${id}.`);
  return value;
}

/** Throws `UserError` if an option has a value that the method does not allow. */
export function checkOptions(method: TuningMethod, chosen: SettingOptions): void {
  const fault = optionsFault(method, chosen);
  if (fault) throw new UserError(fault);
}

/** The tensor; throws if the caller did not provide it. */
export function assertDefined<T>(tensor: T | null | undefined, name: string): T {
  if (!tensor) throw new Error(`The tensor ${name} was not given.`);
  return tensor;
}
