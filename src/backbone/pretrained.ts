/**
 * A weight file as a ResNet-50: every weight the layout asks for is found under its library's name and its shape checked
 * before any number is read; then layers are read one at a time, with batch norm, a convolution's own bias and the
 * library's way to prepare images brought to one form.
 */
import { sameShape } from '../files/number-types';
import { shortened, type WeightFile, type WeightTensor } from '../files/weight-file';
import { UserError } from '../user-error';
import { toPyTorchOrder } from './kernel-order';
import { type ConvolutionSpec, convolutions, type Layout, type Network, network } from './layout';
import { NAMING_SCHEMES, type NamingScheme, namingOf } from './naming';
import type { Preprocessing } from './preprocessing';

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
  readLayer(layer: ConvolutionSpec): Promise<LayerWeights>;
  /** Null where the file has no classifier, or one for stages that are not used. */
  readHead(): Promise<Head | null>;
}

const RESNET50 = { baseWidth: 64, blocks: [3, 4, 6, 3] };
const IMAGENET_INPUT_SIZE = 224;
const MAX_BLOCKS = 100;
/** Faults of one kind that a message lists. */
const LISTED = 4;

/**
 * Finds a ResNet-50 in a weight file: whole, without its last stages, or of another width.
 * @param stages how many of the file's stages are used, from the first; all of them if left out
 * @throws UserError naming the weights that are missing, of another shape or of another network
 */
export function openPretrained(file: WeightFile, stages?: number): Pretrained {
  const weights = new Weights(file);
  const whole = weights.layout();
  if (stages !== undefined && !(Number.isInteger(stages) && stages >= 1 && stages <= whole.blocks.length)) {
    throw new UserError(
      `“${file.fileName}” has the stages 1 to ${whole.blocks.length}; ${stages} of them cannot be used. Choose another number.`,
    );
  }
  weights.check(whole);
  const layout = { ...whole, blocks: whole.blocks.slice(0, stages) };
  const used = network(layout);
  return {
    layout,
    network: used,
    layers: convolutions(used),
    stagesInFile: whole.blocks.length,
    inputSize: readInputSize(file),
    preprocessing: weights.scheme.preprocessing,
    readLayer: (layer) => weights.readLayer(layer, layer === used.stem),
    readHead: async () =>
      layout.blocks.length < whole.blocks.length ? null : weights.readHead(used.features),
  };
}

/** The tensors of a file by what they are to the network. */
class Weights {
  readonly scheme: NamingScheme;
  readonly #prefix: string;

  constructor(private readonly file: WeightFile) {
    const naming = namingOf(file);
    if (!naming) throw unknownNames(file);
    this.scheme = naming.scheme;
    this.#prefix = naming.prefix;
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

  /** @throws UserError unless the file has every weight of the layout in its shape, and no other within the stages */
  check(layout: Layout): void {
    const whole = network(layout);
    const missing: string[] = [];
    const misshapen: string[] = [];
    const expected = new Set<string>();
    const expect = (name: string, shape: readonly number[]) => {
      expected.add(name);
      const tensor = this.#tensor(name);
      if (!tensor) missing.push(shortened(this.#prefix + name));
      else if (!sameShape(tensor.shape, shape))
        misshapen.push(`${shortened(this.#prefix + name)} is [${tensor.shape.slice(0, 8)}], not [${shape}]`);
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
      ...listed('it lacks', missing),
      ...listed('of another shape:', misshapen),
      ...listed('a ResNet-50 does not have', foreign.map(shortened)),
    ];
    if (faults.length > 0) {
      throw new UserError(
        `“${this.file.fileName}” has the names of ${this.scheme.library}, but is not a ResNet-50: ${faults.join('; ')}. Choose a ResNet-50 file.`,
      );
    }
    this.#checkHead(whole.features);
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
      if (!numbers.every(Number.isFinite)) throw notFinite(this.file.fileName, this.#prefix + named.kernel);
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

  #checkHead(features: number): void {
    const head = this.#head();
    if (!head) return;
    const classes = head.bias.shape[0] ?? 0;
    const shape = this.scheme.order === 'oihw' ? [classes, features] : [features, classes];
    if (head.bias.shape.length !== 1 || !sameShape(head.weight.shape, shape)) {
      throw new UserError(
        `“${this.file.fileName}”: its classifier has the shapes [${head.weight.shape.slice(0, 8)}] and [${head.bias.shape.slice(0, 8)}], ` +
          `which do not belong to ${features} features. Choose a ResNet-50 file.`,
      );
    }
  }

  #head(): { weight: WeightTensor; bias: WeightTensor } | null {
    const { tensors } = this.file;
    const ending = (name: string) => {
      const found = [...tensors.keys()].find((key) => key === name || /[./]$/.test(before(key, name)));
      return found === undefined ? undefined : tensors.get(found);
    };
    for (const [weightName, biasName] of this.scheme.heads) {
      const [weight, bias] = [ending(weightName), ending(biasName)];
      if (weight && bias) return { weight, bias };
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
      name.startsWith(this.#prefix) ? [name.slice(this.#prefix.length)] : [],
    );
  }

  #tensor(name: string): WeightTensor | undefined {
    return this.file.tensors.get(this.#prefix + name);
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

/** What stands before `name` in `key`; empty where `key` does not end in it. */
function before(key: string, name: string): string {
  return key.endsWith(name) ? key.slice(0, -name.length) : '';
}

function listed(what: string, faults: readonly string[]): string[] {
  if (faults.length === 0) return [];
  const more = faults.length > LISTED ? ` and ${faults.length - LISTED} more` : '';
  return [`${what} ${faults.slice(0, LISTED).join(', ')}${more}`];
}

function unknownNames({ fileName, tensors }: WeightFile): UserError {
  const libraries = NAMING_SCHEMES.map(({ library }) => library).join(', ');
  const first = [...tensors.keys()].slice(0, LISTED).map(shortened).join(', ');
  return new UserError(
    `“${fileName}” is not a ResNet-50 with names of ${libraries}: it lacks the first block. It has ${tensors.size} weights: ${first}…. Choose a ResNet-50 file.`,
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
