/**
 * A weight file as a ResNet-50: every weight the layout asks for is found under its library's name and its shape checked
 * before any number is read; then layers are read one at a time, with batch norm, a convolution's own bias and the
 * library's way to prepare images brought to one form.
 */

import type { TrunkChoice } from '../core/backbone';
import { UserError } from '../core/user-error';
import { sameShape } from '../files/number-types';
import {
  FLOATING_POINT,
  listed,
  quotedKey,
  shortened,
  type WeightFile,
  type WeightTensor,
} from '../files/weight-file';
import { toPyTorchOrder } from './kernel-order';
import { type ConvolutionSpec, convolutions, type Layout, type Network, network } from './layout';
import { NAMING_SCHEMES, type Naming, type NamingScheme, namingsOf } from './naming';
import type { Preprocessing } from './preprocessing';
import { chooseTrunk } from './trunk-choice';

/** A convolution's weights with batch norm as one factor and one summand: y = scale·conv(x, kernel) + bias. */
export interface LayerWeights {
  /** `[c_out, c_in, k, k]`, for RGB images where it is the first. */
  kernel: Float32Array;
  /** s = γ/√(σ² + ε), `[c_out]`. */
  scale: Float32Array;
  /** β + s·(b − μ), `[c_out]`. */
  bias: Float32Array;
}

/** A classifier on the pooled features: logits = weight·features + bias. */
export interface Head {
  /** `[classes, features]` */
  weight: Float32Array;
  /** `[classes]` */
  bias: Float32Array;
  classes: number;
  /** The classes' names where the file gives them. */
  names: string[] | null;
}

export interface Pretrained {
  layout: Layout;
  network: Network;
  /** In the order of the forward pass. */
  layers: readonly ConvolutionSpec[];
  /** Of which the first ones are used. */
  stagesInFile: number;
  inputSize: number;
  preprocessing: Preprocessing;
  /** Which of the file's networks this is. */
  trunk: TrunkChoice;
  /** Sentences the person should read: what is used and what is not. */
  notices: readonly string[];
  readLayer(layer: ConvolutionSpec): Promise<LayerWeights>;
  /** Null where the file has no classifier, or one for stages that are not used. */
  readHead(): Promise<Head | null>;
}

const RESNET50 = { baseWidth: 64, blocks: [3, 4, 6, 3] };
const IMAGENET_INPUT_SIZE = 224;
const MAX_BLOCKS = 100;
/** Faults of one kind that a message lists. */
const LISTED = 4;
/** Networks trained without labels (MoCo): what they call `fc` is a projection for training, no classifier. */
const PRETEXT = /(^|[._])(encoder_[qk]|base_encoder|momentum_encoder)\./;

interface OpenOptions {
  /** How many of the file's stages are used, from the first; all of them if left out. */
  stages?: number | undefined;
  /** Which network of the file, by its label in `TrunkChoice.all`; left out: as trunk-choice.ts says. */
  trunk?: string | undefined;
}

/**
 * Finds a ResNet-50 in a weight file: whole, without its last stages, or of another width; under any key of a checkpoint.
 * @throws UserError naming the weights that are missing, of another shape or of another network
 */
export function openPretrained(file: WeightFile, { stages, trunk: wanted }: OpenOptions = {}): Pretrained {
  const found = namingsOf(file).map((naming) => new Weights(file, naming));
  const [first] = found;
  if (!first) throw unknownNames(file);
  const usable = found.filter((each) => each.fault() === null);
  const fault = first.fault();
  if (usable.length === 0 && fault) throw fault;
  const { weights, trunk, notices } = chooseTrunk(file, usable, wanted);
  const whole = weights.layout();
  if (stages !== undefined && !(Number.isInteger(stages) && stages >= 1 && stages <= whole.blocks.length)) {
    throw new UserError(
      `“${file.fileName}” has the stages 1 to ${whole.blocks.length}; ${stages} of them cannot be used. Choose another number.`,
    );
  }
  const layout = { ...whole, blocks: whole.blocks.slice(0, stages) };
  const used = network(layout);
  return {
    layout,
    network: used,
    layers: convolutions(used),
    stagesInFile: whole.blocks.length,
    inputSize: readInputSize(file),
    preprocessing: weights.scheme.preprocessing,
    trunk,
    notices: [...notices, ...weights.notices(), ...file.notices],
    readLayer: (layer) => weights.readLayer(layer, layer === used.stem),
    readHead: async () =>
      layout.blocks.length < whole.blocks.length ? null : weights.readHead(used.features),
  };
}

/** The tensors of a file by what they are to the network. */
class Weights {
  readonly scheme: NamingScheme;
  readonly prefix: string;

  constructor(
    private readonly file: WeightFile,
    { scheme, prefix }: Naming,
  ) {
    this.scheme = scheme;
    this.prefix = prefix;
  }

  /** Width and number of stages are in the weights; where blocks stride, and other depths, in what the file says of itself. */
  layout(): Layout {
    const { inStage, firstStage, order } = this.scheme;
    const stem = this.#tensor(this.scheme.weights(network({ ...RESNET50, strideIn1x1: false }).stem).kernel);
    const baseWidth = stem?.shape[order === 'oihw' ? 0 : 3] || RESNET50.baseWidth;
    const last = this.#names().reduce(
      (greatest, name) => Math.max(greatest, Number(inStage.exec(name)?.[1] ?? 0)),
      firstStage,
    );
    const depths = this.#statedBlocks() ?? RESNET50.blocks.slice(0, last - firstStage + 1);
    return { baseWidth, blocks: depths, strideIn1x1: this.scheme.strideIn1x1(this.file) };
  }

  /** Null where the file has every weight of the layout in its shape, and no other within the stages. */
  fault(): UserError | null {
    const whole = network(this.layout());
    const missing: string[] = [];
    const misshapen: string[] = [];
    const mistyped: string[] = [];
    const expected = new Set<string>();
    const expect = (name: string, shape: readonly number[]) => {
      expected.add(name);
      const tensor = this.#tensor(name);
      const full = shortened(this.prefix + name);
      const other = this.file.unreadable.get(this.prefix + name);
      if (!tensor && other === undefined) missing.push(full);
      else if (!tensor) mistyped.push(`${full} is ${other}`);
      else if (!sameShape(tensor.shape, shape))
        misshapen.push(`${full} is [${tensor.shape.slice(0, 8)}], not [${shape}]`);
      else if (!FLOATING_POINT.includes(tensor.dtype)) mistyped.push(`${full} is stored as ${tensor.dtype}`);
    };
    for (const layer of convolutions(whole)) {
      const { kernel, bias, gamma, beta, mean, variance } = this.scheme.weights(layer);
      expect(kernel, this.#kernelShape(layer));
      for (const name of [gamma, beta, mean, variance]) expect(name, [layer.cOut]);
      if (bias !== null && this.#tensor(bias)) expect(bias, [layer.cOut]);
    }
    const foreign = this.#names()
      .filter((name) => this.scheme.inStage.test(name) && !expected.has(name))
      .filter((name) => !name.endsWith('num_batches_tracked'));
    const faults = [
      ...faultsOf('it lacks', missing),
      ...faultsOf('of another shape:', misshapen),
      ...faultsOf('a ResNet-50 does not have', foreign.map(shortened)),
      ...faultsOf('of another type than F32, F16, BF16 or F64:', mistyped),
    ];
    if (faults.length === 0) return this.#headFault(whole.features);
    return new UserError(
      `“${this.file.fileName}” has the names of ${this.scheme.library}, but is not a ResNet-50: ${faults.join('; ')}. Choose a ResNet-50 file.`,
    );
  }

  /** What is changed in reading the numbers. */
  notices(): string[] {
    const isDouble = [...this.file.tensors].some(
      ([name, { dtype }]) => name.startsWith(this.prefix) && dtype === 'F64',
    );
    return isDouble
      ? [
          'The file stores its weights as 64-bit numbers. They are rounded to 32 bits, the precision that is computed with.',
        ]
      : [];
  }

  async readLayer(layer: ConvolutionSpec, isFirst: boolean): Promise<LayerWeights> {
    const { cIn, cOut, kernel: side } = layer;
    const { epsilon, order, caffeInput, preprocessing } = this.scheme;
    const named = this.scheme.weights(layer);
    const stored = await this.#read(named.kernel);
    let kernel = order === 'hwio' ? toPyTorchOrder(stored, cOut, cIn) : stored;
    if (isFirst && caffeInput) kernel = forNormalisedRgb(kernel, side * side, preprocessing.std);
    const gamma = await this.#read(named.gamma);
    const beta = await this.#read(named.beta);
    const mean = await this.#read(named.mean);
    const variance = await this.#read(named.variance);
    const own = named.bias !== null && this.#tensor(named.bias) ? await this.#read(named.bias) : null;
    const scale = gamma.map((value, channel) => value / Math.sqrt((variance[channel] ?? 0) + epsilon));
    const bias = beta.map(
      (value, channel) => value + (scale[channel] ?? 0) * ((own?.[channel] ?? 0) - (mean[channel] ?? 0)),
    );
    for (const numbers of [kernel, scale, bias]) {
      if (!numbers.every(Number.isFinite)) throw notFinite(this.file.fileName, this.prefix + named.kernel);
    }
    return { kernel, scale, bias };
  }

  async readHead(features: number): Promise<Head | null> {
    const head = this.#head();
    if (!head) return null;
    const classes = head.bias.shape[0] ?? 0;
    const stored = await head.weight.read();
    const weight = this.scheme.order === 'hwio' ? toPyTorchOrder(stored, classes, features) : stored;
    const bias = await head.bias.read();
    if (![weight, bias].every((numbers) => numbers.every(Number.isFinite)))
      throw notFinite(this.file.fileName, 'the classifier');
    const names = this.file.metadata.classes?.split(',') ?? [];
    return { weight, bias, classes, names: names.length === classes ? names : null };
  }

  #headFault(features: number): UserError | null {
    const head = this.#head();
    if (!head) return null;
    const classes = head.bias.shape[0] ?? 0;
    const shape = this.scheme.order === 'oihw' ? [classes, features] : [features, classes];
    if (head.bias.shape.length === 1 && sameShape(head.weight.shape, shape)) return null;
    return new UserError(
      `“${this.file.fileName}”: its classifier has the shapes [${head.weight.shape.slice(0, 8)}] and [${head.bias.shape.slice(0, 8)}], ` +
        `which do not belong to ${features} features. Choose a ResNet-50 file.`,
    );
  }

  /** The classifier under the trunk's own prefix, or a part of that: `resnet.` has it beside it. Others are auxiliary ones. */
  #head(): { weight: WeightTensor; bias: WeightTensor } | null {
    if (PRETEXT.test(this.prefix)) return null;
    const { tensors } = this.file;
    for (const prefix of enclosing(this.prefix)) {
      for (const [weightName, biasName] of this.scheme.heads) {
        const [weight, bias] = [tensors.get(prefix + weightName), tensors.get(prefix + biasName)];
        if (weight && bias) return { weight, bias };
      }
    }
    return null;
  }

  #kernelShape({ kernel, cIn, cOut }: ConvolutionSpec): number[] {
    return this.scheme.order === 'oihw' ? [cOut, cIn, kernel, kernel] : [kernel, kernel, cIn, cOut];
  }

  #statedBlocks(): number[] | null {
    const { fileName, metadata } = this.file;
    if (metadata.blocks === undefined) return null;
    const blocks = metadata.blocks.split(',').map(Number);
    const valid = blocks.length <= RESNET50.blocks.length;
    if (!valid || !blocks.every((count) => Number.isInteger(count) && count >= 1 && count <= MAX_BLOCKS)) {
      throw new UserError(
        `“${fileName}” states the blocks “${shortened(metadata.blocks)}”; a ResNet has 1 to 4 stages, like “3,4,6,3”.`,
      );
    }
    return blocks;
  }

  #names(): string[] {
    return [...this.file.tensors.keys()].flatMap((name) =>
      name.startsWith(this.prefix) ? [name.slice(this.prefix.length)] : [],
    );
  }

  #tensor(name: string): WeightTensor | undefined {
    return this.file.tensors.get(this.prefix + name);
  }

  async #read(name: string): Promise<Float32Array> {
    const tensor = this.#tensor(name);
    if (!tensor) throw new Error(`${name} was not checked.`);
    return tensor.read();
  }
}

/**
 * The first kernel, made for BGR bytes less their means, for RGB images (x/255 − mean)/std with the same means: a padded zero is
 * then the same pixel to both, so that they agree at the borders as well.
 */
function forNormalisedRgb(kernel: Float32Array, taps: number, std: Preprocessing['std']): Float32Array {
  return kernel.map((_, index) => {
    const channel = Math.floor(index / taps) % 3;
    const mirrored = index + (2 - 2 * channel) * taps;
    return (kernel[mirrored] ?? 0) * 255 * (std[channel] ?? 1);
  });
}

/** A prefix, and what is left of it without its last parts: `a.b.`, `a.`, and none; each also with mmpretrain's `head.` */
function enclosing(prefix: string): string[] {
  const parts = prefix.split(/(?<=[./])/).filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, fewer) =>
    parts.slice(0, parts.length - fewer).join(''),
  ).flatMap((each) => [each, `${each}head.`]);
}

function faultsOf(what: string, faults: readonly string[]): string[] {
  return faults.length === 0 ? [] : [`${what} ${listed(faults, LISTED)}`];
}

function unknownNames({ fileName, tensors, keys, unreadable }: WeightFile): UserError {
  const libraries = NAMING_SCHEMES.map(({ library }) => library).join(', ');
  const first = listed([...tensors.keys()].map(shortened), LISTED);
  const isNested = keys.some((key) => !tensors.has(key));
  const outermost = isNested ? ` Its keys are ${listed(keys.map((key) => quotedKey(key, unreadable)))}.` : '';
  return new UserError(
    `“${fileName}” is not a ResNet-50 with names of ${libraries}: it lacks the first block. It has ${tensors.size} weights: ${first}.${outermost} Choose a ResNet-50 file.`,
  );
}

function notFinite(fileName: string, name: string): UserError {
  return new UserError(
    `“${fileName}”: the weights of ${shortened(name)} are not all finite numbers. The file is damaged; download it again.`,
  );
}

function readInputSize({ fileName, metadata }: WeightFile): number {
  const size = Number(metadata.input_size ?? IMAGENET_INPUT_SIZE);
  if (!Number.isInteger(size) || size < 32 || size > 1024) {
    throw new UserError(
      `“${fileName}” asks for images of ${shortened(metadata.input_size ?? '')} pixels; 32 to 1,024 are possible.`,
    );
  }
  return size;
}
