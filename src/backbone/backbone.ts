/**
 * A pretrained network to be tuned: its graph and its stored kernels, with batch norm folded into each convolution (docs/method.md §6).
 * Forward and backward pass are walks over the graph. The tensors belong to the `Backbone`; `dispose()` frees them.
 */
import * as tf from '@tensorflow/tfjs';
import type { Recipe, TrunkChoice } from '../core/backbone';
import { UserError } from '../core/user-error';
import { openWeightFile } from '../files/open-weight-file';
import { sha256, sha256OfBlobs } from '../files/sha256';
import type { WeightFile } from '../files/weight-file';
import type { ConvolutionNode, Node } from '../nn/graph';
import { TensorMachine } from '../nn/tensor-machine';
import { infer, Walk, type WalkOptions } from '../nn/walk';
import { toFp16, toFp32 } from '../ops/convert';
import type { Precision } from '../ops/fp16';
import { declareFrozen, releaseFrozen } from '../ops/frozen';
import { complete, type InParts } from '../turns';
import { INPUT_SIZE_HELP, INPUT_SIZES } from './input-size';
import { toTfjsOrder } from './kernel-order';
import { LayerGradient } from './layer-gradient';
import type { ConvolutionSpec, Layout, Network } from './layout';
import type { Preprocessing } from './preprocessing';
import { type Head, type LayerWeights, openPretrained, type Pretrained } from './pretrained';
import { tuningRecipe } from './recipe';

/** One convolution with its batch norm folded: y = conv(x, kernel·scale) + bias. */
export interface Convolution {
  spec: ConvolutionSpec;
  /** The pretrained kernel W in PyTorch order `[c_out, c_in, k, k]`, on the CPU. */
  pretrained: Float32Array;
  /** s = γ/√(σ² + ε), `[c_out]`. */
  scale: tf.Tensor1D;
  /** β − s·μ, `[c_out]`. */
  bias: tf.Tensor1D;
  /** s ⊙ W, `[k, k, c_in, c_out]`, in the backbone's precision. */
  folded: tf.Tensor4D;
}

/** The kernel and bias of a tuned layer; an absent one is the pretrained one. */
export type TunedConvolution = {
  /** K = (W + ΔW) ⊙ s, `[k, k, c_in, c_out]`. */
  kernel?: tf.Tensor4D | undefined;
  /** `[c_out]` */
  bias?: tf.Tensor1D | undefined;
};

/** The tuned layers, by name. */
export type Tuning = ReadonlyMap<string, TunedConvolution>;

const PRETRAINED: Tuning = new Map();

export class Backbone {
  readonly id: string;
  readonly name: string;
  /** SHA-256 in hex: the weight file's, or a derived one if only some of the file's stages are used. */
  readonly hash: string;
  readonly layout: Layout;
  readonly network: Network;
  readonly inputSize: number;
  readonly preprocessing: Preprocessing;
  /** How images are prepared for the pretrained network's own classifier. */
  readonly recipe: Recipe;
  /** The number of stages in the weight file, of which the first ones are used. */
  readonly stagesInFile: number;
  /** The classifier of the weight file, if all of its stages are used. */
  readonly head: Head | null;
  /** The number of kernel and batch norm affine parameters. */
  readonly parameters: number;
  readonly fileBytes: number;
  /** The storage precision of frozen kernels and activations. */
  readonly precision: Precision;
  /** The label of this network, if the file has several. */
  readonly trunk: TrunkChoice;
  /** Notices for the user about which parts of the file are used. */
  readonly notices: readonly string[];
  readonly convolutions: ReadonlyMap<string, Convolution>;

  private constructor(
    { id, name, hash }: BackboneIdentity,
    pretrained: Pretrained,
    file: WeightFile,
    layers: ReadonlyMap<string, Convolution>,
    head: Head | null,
    precision: Precision,
    inputSize: number,
    recipe: Recipe,
  ) {
    this.id = id;
    this.name = name;
    this.hash = hash;
    this.fileBytes = file.blobs.reduce((sum, { size }) => sum + size, 0);
    this.layout = pretrained.layout;
    this.network = pretrained.network;
    this.inputSize = inputSize;
    this.stagesInFile = pretrained.stagesInFile;
    this.preprocessing = pretrained.preprocessing;
    this.recipe = recipe;
    this.head = head;
    this.precision = precision;
    this.trunk = pretrained.trunk;
    this.notices = pretrained.notices;
    this.convolutions = layers;
    this.parameters = pretrained.layers.reduce(
      (sum, { kernel, cIn, cOut }) => sum + cOut * (cIn * kernel * kernel + 2),
      0,
    );
  }

  /**
   * Loads a ResNet-50's weights layer by layer.
   * @param stages number of stages to use after the stem, of the 4 of a whole ResNet-50
   * @param trunk label of the network to use, if the file has several
   * @param inputSize side of the images in pixels
   * @param sha256 the file's hash, if it is known already
   * @throws UserError naming the weights that are missing, of the wrong shape or not finite
   */
  static async load(
    file: WeightFile,
    { id, name, sha256: known }: { id: string; name: string; sha256?: string | undefined },
    { precision: wanted = 'single', stages, trunk, inputSize, recipe, onLayer = () => {} }: LoadOptions = {},
  ): Promise<Backbone> {
    if (inputSize !== undefined) checkInputSize(inputSize);
    const pretrained = openPretrained(file, { stages, trunk });
    // GPU programs read fp16 four channels at a time.
    const precision = pretrained.layout.baseWidth % 4 === 0 ? wanted : 'single';
    const hash = await hashOf(known ?? (await sha256OfBlobs(file.blobs)), pretrained);
    const layers = new Map<string, Convolution>();
    try {
      for (const spec of pretrained.layers) {
        onLayer(layers.size, pretrained.layers.length);
        layers.set(spec.name, fold(spec, await pretrained.readLayer(spec), precision));
      }
      const head = await pretrained.readHead();
      const size = inputSize ?? pretrained.inputSize;
      const seen = recipe ?? tuningRecipe(size);
      return new Backbone({ id, name, hash }, pretrained, file, layers, head, precision, size, seen);
    } catch (error) {
      for (const layer of layers.values()) disposeConvolution(layer);
      throw error;
    }
  }

  /** `load` for a single weight file in memory. */
  static async fromBytes(
    bytes: Uint8Array<ArrayBuffer>,
    identity: { id: string; name: string },
    precision: Precision = 'single',
  ): Promise<Backbone> {
    const file = await openWeightFile([{ path: identity.name, file: new Blob([bytes]) }]);
    return Backbone.load(file, identity, { precision });
  }

  /** Pooled features `[n, features]` of normalised images `[n, size, size, 3]`, or of activations that enter the stage `from`. */
  features(input: tf.Tensor4D, tuning: Tuning = PRETRAINED, from = 0): tf.Tensor2D {
    return complete(this.featuresInParts(input, tuning, from));
  }

  *featuresInParts(input: tf.Tensor4D, tuning: Tuning = PRETRAINED, from = 0): InParts<tf.Tensor2D> {
    const features: tf.Tensor = yield* infer(this.walk(tuning, { from }), input);
    return features as tf.Tensor2D; // the output of the pooling
  }

  /** The activations of the pretrained network that enter the stage `from` (1 for the first), `[n, h, w, c]`, in fp32. */
  *frozenFeaturesInParts(images: tf.Tensor4D, from: number): InParts<tf.Tensor4D> {
    const entering = yield* infer(this.walk(PRETRAINED, { before: from }), images);
    const converted = toFp32(entering);
    if (converted !== entering) entering.dispose();
    return converted;
  }

  /** A walk over the network with these tuned layers: for inference, or with `visit`, which receives the gradient of every one of them. */
  walk(
    tuning: Tuning,
    options: Omit<WalkOptions, 'isTrained'> = {},
    visit?: (gradient: LayerGradient) => void,
  ): Walk<tf.Tensor4D> {
    const weights = ({ spec: { name } }: ConvolutionNode) => ({
      frozen: this.convolution(name),
      tuned: tuning.get(name),
    });
    const machine = new TensorMachine({ weights, fp16: this.precision === 'half' }, (node, x, dz) => {
      if (node.op === 'convolution') visit?.(new LayerGradient(node.spec, x, dz));
    });
    const isTrained = (node: Node) =>
      visit !== undefined && node.op === 'convolution' && tuning.has(node.spec.name);
    return new Walk(this.network, machine, { ...options, isTrained });
  }

  dispose(): void {
    for (const layer of this.convolutions.values()) disposeConvolution(layer);
  }

  convolution(name: string): Convolution {
    const found = this.convolutions.get(name);
    if (!found) throw new Error(`The backbone has no convolution ${name}.`);
    return found;
  }
}

interface BackboneIdentity {
  id: string;
  name: string;
  hash: string;
}

interface LoadOptions {
  precision?: Precision;
  stages?: number | undefined;
  trunk?: string | undefined;
  /** Overrides the input size of the weight file, pixels. */
  inputSize?: number | undefined;
  /** The recipe published with the weights; by default that of tuning. */
  recipe?: Recipe | undefined;
  /** Called before each layer. Loading stops if it throws, which makes it cancellable. */
  onLayer?: (done: number, total: number) => void;
}

function checkInputSize(size: number): void {
  if (INPUT_SIZES.includes(size)) return;
  throw new UserError(`Images of ${size} pixels cannot be used: choose ${INPUT_SIZE_HELP}.`);
}

/**
 * `whole`: the file's SHA-256. An adapter depends on the exact network, so a network with fewer stages, or one of several networks in
 * a file, has another hash.
 */
async function hashOf(whole: string, { layout, stagesInFile, trunk }: Pretrained): Promise<string> {
  const used = layout.blocks.length;
  const network = trunk.all.length > 1 ? `${whole} ${trunk.used}` : whole;
  const part = used < stagesInFile ? `${network} stages 1-${used}` : network;
  return part === whole ? whole : sha256(new TextEncoder().encode(part));
}

function fold(
  spec: ConvolutionSpec,
  { kernel: pretrained, scale, bias }: LayerWeights,
  precision: Precision,
): Convolution {
  const { kernel, cIn, cOut } = spec;
  // The output channel is the fastest-varying axis in tfjs order.
  const values = toTfjsOrder(pretrained, cOut, cIn);
  for (let index = 0; index < values.length; index++)
    values[index] = (values[index] ?? 0) * (scale[index % cOut] ?? 0);
  const folded = tf.tidy(() => {
    const whole = tf.tensor4d(values, [kernel, kernel, cIn, cOut]);
    return precision === 'half' ? toFp16(whole) : whole;
  });
  declareFrozen(folded);
  return { spec, pretrained, scale: tf.tensor1d(scale), bias: tf.tensor1d(bias), folded };
}

function disposeConvolution({ scale, bias, folded }: Convolution): void {
  releaseFrozen(folded);
  tf.dispose([scale, bias, folded]);
}
