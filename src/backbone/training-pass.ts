/**
 * The forward and backward pass, written out over the network's table of layers. The forward pass keeps only the activations that
 * the backward pass reads. The backward pass frees every activation and gradient after its last use, and stops at the lowest
 * trained layer. So the peak memory is the kept activations and a few gradients; an autodiff tape would keep all of them.
 */
import * as tf from '@tensorflow/tfjs';
import { toFp32 } from '../ops/convert';
import { shapeOf } from '../ops/fp16';
import { inputGradient } from '../ops/input-gradient';
import { maxPool, maxPoolGradient } from '../ops/max-pool';
import { OwnedTensors } from '../owned-tensors';
import type { InParts } from '../turns';
import { type Backbone, type BottleneckActivations, POOL, type Tuning } from './backbone';
import { LayerGradient } from './layer-gradient';
import { type BlockSpec, blockConvolutions, type ConvolutionSpec } from './layout';

/** Receives the gradient of every trained layer, from the last to the first; its tensors are valid only during the call. */
export type GradientVisitor = (gradient: LayerGradient) => void;

/** What is kept of a bottleneck block for the backward pass. */
interface KeptBlock {
  block: BlockSpec;
  /** The input; it is the output of the block below, which frees it. */
  x: tf.Tensor4D;
  /** Null with gradient checkpointing, which recomputes them. */
  inner: Omit<BottleneckActivations, 'y'> | null;
  y: tf.Tensor4D;
}

/** The pass of one batch, in parts: `forward`, then `backward`. `dispose` frees what is kept, at any time. */
export class TrainingPass {
  /** The blocks from the lowest trained one up. */
  readonly #blocks: KeptBlock[] = [];
  /** The input of the lowest kept block; before there is one, the output of the last block. */
  #lowest: tf.Tensor4D | null = null;
  /** The stem's output before pooling; null if the stem is not trained, or with gradient checkpointing. */
  #stem: tf.Tensor4D | null = null;
  /** Pooled features `[n, features]`. */
  #features: tf.Tensor2D | null = null;
  readonly #gradientCheckpointing: boolean;
  readonly #from: number;

  /**
   * `tuning` has the trained layers. `images` are images, or the activations that enter the stage `from` (1 for the first), below
   * which nothing is trained. With `gradientCheckpointing` only the inputs of the blocks are kept, and the
   * activations within each block are recomputed in the backward pass.
   */
  constructor(
    readonly backbone: Backbone,
    readonly images: tf.Tensor4D,
    readonly tuning: Tuning,
    { gradientCheckpointing = false, from = 0 }: { gradientCheckpointing?: boolean; from?: number } = {},
  ) {
    this.#gradientCheckpointing = gradientCheckpointing;
    this.#from = from;
  }

  /** The pooled features `[n, features]`, which stay the pass's. */
  *forward(): InParts<tf.Tensor2D> {
    const { backbone, images, tuning } = this;
    const { stem, stages } = backbone.network;
    const blocks = stages.slice(Math.max(0, this.#from - 1)).flat();
    let reached = this.#trained(stem);
    if (this.#from > 0) {
      this.#lowest = tf.clone(images);
    } else {
      this.#stem = backbone.stem(images, tuning);
      yield 0;
      this.#lowest = maxPool({ x: this.#stem }, POOL);
      if (!reached || this.#gradientCheckpointing) this.#freeStem();
    }
    let x = this.#lowest;
    for (const [passed, block] of blocks.entries()) {
      const done = (passed + 1) / (blocks.length + 1);
      yield done;
      const { a1, a2, y } = yield* backbone.bottleneckInParts(block, x, tuning, done);
      reached ||= blockConvolutions(block).some((layer) => this.#trained(layer));
      if (!reached || this.#gradientCheckpointing) tf.dispose([a1, a2]);
      if (reached) {
        this.#blocks.push({ block, x, inner: this.#gradientCheckpointing ? null : { a1, a2 }, y });
      } else {
        x.dispose();
        this.#lowest = y;
      }
      x = y;
    }
    this.#features = tf.tidy(() => tf.mean<tf.Tensor2D>(toFp32(x), [1, 2]));
    if (!reached) x.dispose();
    return this.#features;
  }

  /** Computes the gradients from ∂L/∂features `[n, features]` and passes them to `visit`. Disposes the kept activations. */
  *backward(dFeatures: tf.Tensor2D, visit: GradientVisitor): InParts<void> {
    this.#features?.dispose();
    const last = this.#blocks.at(-1);
    if (!last) return;
    const [n, height, width, channels] = shapeOf(last.y);
    const count = this.#blocks.length;
    // dz is passed from block to block, with the ReLU at the end of the lower block already applied.
    let dz: tf.Tensor4D | null = tf.tidy(() => {
      const perPixel = tf.div(dFeatures, height * width).reshape<tf.Tensor4D>([n, 1, 1, channels]);
      return tf.mul<tf.Tensor4D>(tf.step(toFp32(last.y)), perPixel);
    });
    const trainsStem = this.#trained(this.backbone.network.stem);
    try {
      for (let kept = this.#blocks.at(-1); kept && dz; kept = this.#blocks.at(-1)) {
        const done = 1 - this.#blocks.length / count;
        yield done;
        kept.y.dispose();
        const isLowest = this.#blocks.length === 1 && !trainsStem;
        dz = yield* this.#block(kept, dz, isLowest, visit, done);
        this.#blocks.pop();
      }
      yield 1;
      if (dz && this.#lowest) this.#throughStem(this.#lowest, dz, visit);
    } finally {
      dz?.dispose();
      this.dispose();
    }
  }

  dispose(): void {
    tf.dispose([this.#features ?? [], this.#lowest ?? []]);
    this.#freeStem();
    for (const { inner, y } of this.#blocks.splice(0)) tf.dispose([inner?.a1 ?? [], inner?.a2 ?? [], y]);
  }

  /**
   * The backward pass of one bottleneck block, which disposes `dz3`. Returns dz of the block below; null if nothing below is trained.
   * Yields `done` between two layers.
   */
  *#block(
    { block, x, inner: kept }: KeptBlock,
    dz3: tf.Tensor4D,
    isLowest: boolean,
    visit: GradientVisitor,
    done: number,
  ): InParts<tf.Tensor4D | null> {
    const { conv1, conv2, conv3, downsample } = block;
    const owned = new OwnedTensors();
    owned.own(dz3);
    try {
      const { a1, a2 } = owned.ownAll(
        kept ?? (yield* this.backbone.innerInParts(block, x, this.tuning, done)),
      );
      const toFirst = !isLowest || this.#trained(conv1);
      this.#visit(conv3, a2, dz3, visit);
      yield done;
      if (downsample) this.#visit(downsample, x, dz3, visit);
      if (!toFirst && !this.#trained(conv2)) return null;
      yield done;
      const dz2 = owned.own(this.#inputGradient(conv3, dz3, a2, { mask: a2 }));
      owned.free(a2);
      yield done;
      this.#visit(conv2, a1, dz2, visit);
      if (!toFirst) return null;
      yield done;
      const dz1 = owned.own(this.#inputGradient(conv2, dz2, a1, { mask: a1 }));
      owned.free(a1);
      owned.free(dz2);
      yield done;
      this.#visit(conv1, x, dz1, visit);
      if (isLowest) return null;
      let addend = dz3;
      if (downsample) {
        yield done;
        addend = owned.own(this.#inputGradient(downsample, dz3, x, {}));
        owned.free(dz3);
      }
      yield done;
      // The mask x is the output of the ReLU below. It is also correct for the pooled stem: x = 0 means that the whole window is
      // zero, so no gradient passes there.
      return this.#inputGradient(conv1, dz1, x, { addend, mask: x });
    } finally {
      owned.dispose();
    }
  }

  /** The backward pass through the pooling to the first convolution. */
  #throughStem(pooled: tf.Tensor4D, dPooled: tf.Tensor4D, visit: GradientVisitor): void {
    this.#stem ??= this.backbone.stem(this.images, this.tuning);
    // `dPooled` already includes the ReLU before the pooling: a window's maximum is positive exactly where its pixel is.
    const dz = maxPoolGradient({ x: this.#stem, y: pooled, dy: dPooled }, POOL);
    this.#freeStem();
    tf.dispose([pooled, dPooled]);
    this.#visit(this.backbone.network.stem, this.images, dz, visit);
    dz.dispose();
  }

  #freeStem(): void {
    this.#stem?.dispose();
    this.#stem = null;
  }

  #inputGradient(
    { name, stride, pad }: ConvolutionSpec,
    dz: tf.Tensor4D,
    { shape: [, height, width] }: tf.Tensor4D,
    { addend, mask }: { addend?: tf.Tensor4D; mask?: tf.Tensor4D },
  ): tf.Tensor4D {
    const kernel = this.backbone.kernel(name, this.tuning);
    return inputGradient({ dz, kernel, addend, mask }, { height, width, stride, pad });
  }

  #visit(layer: ConvolutionSpec, x: tf.Tensor4D, dz: tf.Tensor4D, visit: GradientVisitor): void {
    if (this.#trained(layer)) visit(new LayerGradient(layer, x, dz));
  }

  #trained({ name }: ConvolutionSpec): boolean {
    return this.tuning.has(name);
  }
}
