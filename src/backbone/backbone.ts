/**
 * A pretrained network ready to be tuned: kernels as stored, batch norm folded into each convolution
 * (METHOD §0), and the forward pass; training-pass.ts has the way back. Tensors belong to the `Backbone`; `dispose()`
 * frees them.
 */
import * as tf from '@tensorflow/tfjs';
import { float32, readSafetensors, type Safetensors } from '../files/safetensors';
import { sha256 } from '../files/sha256';
import { inHalves, inSingles } from '../ops/convert';
import { convolution } from '../ops/convolution';
import { declareFrozen, releaseFrozen } from '../ops/frozen';
import type { Precision } from '../ops/half';
import { maxPool } from '../ops/max-pool';
import { UserError } from '../user-error';
import { toTfjsOrder } from './kernel-order';
import {
  type BlockSpec,
  type ConvolutionSpec,
  convolutions,
  type Layout,
  type Network,
  network,
} from './layout';

/** Added to the running variance, as in PyTorch. */
const BATCH_NORM_EPSILON = 1e-5;
const IMAGENET_INPUT_SIZE = 224;

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

/** Kernels to use in place of the folded pretrained ones, `[k, k, c_in, c_out]` by layer name, scale included. */
export type Kernels = ReadonlyMap<string, tf.Tensor4D>;

const PRETRAINED: Kernels = new Map();

interface StagesOptions {
  onStage?: (output: tf.Tensor4D) => void;
  from?: number;
  before?: number;
}

/** The pooling after the stem. */
export const POOL = { k: 3, stride: 2, pad: 1 };

/** A bottleneck's maps: after the first and the second convolution `[n, h', w', width]`, and its output. */
export interface BottleneckMaps {
  a1: tf.Tensor4D;
  a2: tf.Tensor4D;
  y: tf.Tensor4D;
}

export class Backbone {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly layout: Layout;
  readonly network: Network;
  readonly inputSize: number;
  /** Kernels and batch norm affine parameters. */
  readonly parameters: number;
  readonly fileBytes: number;
  /** What frozen kernels and the maps on the way are kept in. */
  readonly precision: Precision;
  readonly convolutions: ReadonlyMap<string, Convolution>;

  private constructor(
    identity: BackboneIdentity,
    file: Safetensors,
    fileBytes: number,
    precision: Precision,
  ) {
    this.id = identity.id;
    this.name = identity.name;
    this.hash = identity.hash;
    this.fileBytes = fileBytes;
    this.layout = readLayout(file);
    // Halves are read four channels at a time.
    this.precision = this.layout.baseWidth % 4 === 0 ? precision : 'single';
    this.inputSize = readInputSize(file);
    this.network = network(this.layout);
    const specs = convolutions(this.network);
    this.convolutions = new Map(specs.map((spec) => [spec.name, foldBatchNorm(spec, file, this.precision)]));
    this.parameters = specs.reduce(
      (sum, { kernel, cIn, cOut }) => sum + cOut * (cIn * kernel * kernel + 2),
      0,
    );
  }

  /**
   * Reads a safetensors file with torchvision's names. Throws `UserError` naming the layer when a weight is missing
   * or of the wrong shape.
   */
  static async load(
    bytes: Uint8Array<ArrayBuffer>,
    { id, name }: { id: string; name: string },
    precision: Precision = 'single',
  ): Promise<Backbone> {
    const file = readSafetensors(bytes, name);
    return new Backbone({ id, name, hash: await sha256(bytes) }, file, bytes.byteLength, precision);
  }

  /** Pooled features `[n, features]` of normalised images `[n, size, size, 3]`, or of the maps that enter the stage `from`. */
  features(input: tf.Tensor4D, kernels: Kernels = PRETRAINED, from = 0): tf.Tensor2D {
    return tf.tidy(() => tf.mean(inSingles(this.stages(input, kernels, { from })), [1, 2]));
  }

  /** The maps that enter the stage `from` (1 for the first) of the pretrained network, `[n, h, w, c]`, in single precision. */
  prefix(images: tf.Tensor4D, from: number): tf.Tensor4D {
    return tf.tidy(() => inSingles(this.stages(images, PRETRAINED, { before: from })));
  }

  /**
   * The last stage's output `[n, h, w, features]`, in the backbone's precision; `onStage` sees the stem's (after pooling) and
   * every stage's. Maps on the way are freed as soon as they are used. `input` enters the stage `from`, 0 being the stem; the
   * last stage is the one below `before`.
   */
  stages(
    input: tf.Tensor4D,
    kernels: Kernels = PRETRAINED,
    { onStage = () => {}, from = 0, before = this.network.stages.length + 1 }: StagesOptions = {},
  ): tf.Tensor4D {
    let x = from > 0 ? tf.clone(input) : tf.tidy(() => maxPool({ x: this.stem(input, kernels) }, POOL));
    onStage(x);
    for (const stage of this.network.stages.slice(Math.max(0, from - 1), before - 1)) {
      for (const block of stage) {
        const y = tf.tidy(() => this.bottleneck(block, x, kernels).y);
        x.dispose();
        x = y;
      }
      onStage(x);
    }
    return x;
  }

  /** The first convolution's output, before pooling. */
  stem(images: tf.Tensor4D, kernels: Kernels): tf.Tensor4D {
    return this.#convolve(this.network.stem, images, kernels, true);
  }

  /** One bottleneck of the input x: what its convolutions give after their ReLUs. */
  bottleneck(block: BlockSpec, x: tf.Tensor4D, kernels: Kernels): BottleneckMaps {
    const { a1, a2 } = this.inner(block, x, kernels);
    const { downsample } = block;
    const shortcut = downsample ? this.#convolve(downsample, x, kernels, false) : x;
    const y = this.#convolve(block.conv3, a2, kernels, true, shortcut);
    if (downsample) shortcut.dispose();
    return { a1, a2, y };
  }

  /** The inside of a bottleneck alone. */
  inner({ conv1, conv2 }: BlockSpec, x: tf.Tensor4D, kernels: Kernels): Omit<BottleneckMaps, 'y'> {
    const a1 = this.#convolve(conv1, x, kernels, true);
    return { a1, a2: this.#convolve(conv2, a1, kernels, true) };
  }

  /** The kernel a layer convolves with: the tuned one, or the folded pretrained one. */
  kernel(name: string, kernels: Kernels): tf.Tensor4D {
    return kernels.get(name) ?? this.convolution(name).folded;
  }

  dispose(): void {
    for (const { scale, bias, folded } of this.convolutions.values()) {
      releaseFrozen(folded);
      tf.dispose([scale, bias, folded]);
    }
  }

  #convolve(
    spec: ConvolutionSpec,
    x: tf.Tensor4D,
    kernels: Kernels,
    relu: boolean,
    residual?: tf.Tensor4D,
  ): tf.Tensor4D {
    const { bias } = this.convolution(spec.name);
    const kernel = this.kernel(spec.name, kernels);
    const { stride, pad } = spec;
    return convolution({ x, kernel, bias, residual }, { stride, pad, relu, half: this.precision === 'half' });
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

function foldBatchNorm(spec: ConvolutionSpec, file: Safetensors, precision: Precision): Convolution {
  const { name, batchNorm, kernel, cIn, cOut } = spec;
  const pretrained = float32(file, `${name}.weight`, [cOut, cIn, kernel, kernel]);
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    float32(file, `${batchNorm}.${part}`, [cOut]),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array]; // four parts in, four out
  const scale = gamma.map(
    (value, channel) => value / Math.sqrt((variance[channel] ?? 0) + BATCH_NORM_EPSILON),
  );
  const bias = beta.map((value, channel) => value - (scale[channel] ?? 0) * (mean[channel] ?? 0));
  // In tfjs order the output channel runs fastest.
  const values = toTfjsOrder(pretrained, cOut, cIn).map((value, index) => value * (scale[index % cOut] ?? 0));
  const folded = tf.tidy(() => {
    const whole = tf.tensor4d(values, [kernel, kernel, cIn, cOut]); // [k, k, c_in, c_out]
    return precision === 'half' ? inHalves(whole) : whole;
  });
  declareFrozen(folded);
  return {
    spec,
    pretrained,
    scale: tf.tensor1d(scale),
    bias: tf.tensor1d(bias),
    folded,
  };
}

/** Width and depth are in the weights themselves; where the stride sits is only in the file's own description. */
function readLayout(file: Safetensors): Layout {
  const [baseWidth] = file.tensors.get('conv1.weight')?.shape ?? [];
  const blocks: number[] = [];
  for (const name of file.tensors.keys()) {
    const [, stage, block] = /^layer(\d+)\.(\d+)\.conv1\.weight$/.exec(name) ?? [];
    if (stage && block)
      blocks[Number(stage) - 1] = Math.max(blocks[Number(stage) - 1] ?? 0, Number(block) + 1);
  }
  if (
    !baseWidth ||
    blocks.length === 0 ||
    blocks.length > 4 ||
    Object.keys(blocks).length !== blocks.length
  ) {
    throw new UserError(
      `“${file.fileName}” is not a ResNet with bottleneck blocks: it lacks conv1 or a stage. Choose a ResNet-50 file.`,
    );
  }
  return { baseWidth, blocks, strideIn1x1: file.metadata.stride_in_1x1 === 'true' };
}

function readInputSize(file: Safetensors): number {
  const size = Number(file.metadata.input_size ?? IMAGENET_INPUT_SIZE);
  if (!Number.isInteger(size) || size < 32 || size > 1024) {
    throw new UserError(
      `“${file.fileName}” asks for images of ${file.metadata.input_size} pixels; 32 to 1,024 are possible.`,
    );
  }
  return size;
}
