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

/** The forward pass of one batch. Call either `backward`, once, or `dispose`. */
export class TrainingPass {
  /** Pooled features `[n, features]`. */
  readonly features: tf.Tensor2D;
  /** The blocks from the lowest trained one up. */
  readonly #blocks: KeptBlock[] = [];
  /** The stem's output before pooling; null if the stem is not trained, or with gradient checkpointing. */
  #stem: tf.Tensor4D | null = null;

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
    const { stem, stages } = backbone.network;
    let x: tf.Tensor4D;
    let reached = this.#trained(stem);
    if (from > 0) {
      x = tf.clone(images);
    } else {
      const first = backbone.stem(images, tuning);
      x = maxPool({ x: first }, POOL);
      if (reached && !gradientCheckpointing) this.#stem = first;
      else first.dispose();
    }
    for (const block of stages.slice(Math.max(0, from - 1)).flat()) {
      const { a1, a2, y } = backbone.bottleneck(block, x, tuning);
      const kept = reached || blockConvolutions(block).some((layer) => this.#trained(layer));
      if (kept) this.#blocks.push({ block, x, inner: gradientCheckpointing ? null : { a1, a2 }, y });
      if (!kept || gradientCheckpointing) tf.dispose([a1, a2]);
      if (!kept) x.dispose();
      reached = kept;
      x = y;
    }
    this.features = tf.tidy(() => tf.mean(toFp32(x), [1, 2]));
    if (!reached) x.dispose();
  }

  /** Computes the gradients from ∂L/∂features `[n, features]` and passes them to `visit`. Disposes the kept activations. */
  backward(dFeatures: tf.Tensor2D, visit: GradientVisitor): void {
    this.features.dispose();
    const last = this.#blocks.at(-1);
    if (!last) return;
    const [n, height, width, channels] = shapeOf(last.y);
    // dz is passed from block to block, with the ReLU at the end of the lower block already applied.
    let dz: tf.Tensor4D | null = tf.tidy(() => {
      const perPixel = tf.div(dFeatures, height * width).reshape<tf.Tensor4D>([n, 1, 1, channels]);
      return tf.mul<tf.Tensor4D>(tf.step(toFp32(last.y)), perPixel);
    });
    for (let kept = this.#blocks.pop(); kept && dz; kept = this.#blocks.pop()) {
      const isLowest: boolean = this.#blocks.length === 0 && !this.#trained(this.backbone.network.stem);
      kept.y.dispose();
      dz = this.#block(kept, dz, isLowest, visit);
      if (isLowest) kept.x.dispose();
      else if (dz && this.#blocks.length === 0) this.#throughStem(kept.x, dz, visit);
    }
  }

  dispose(): void {
    const [lowest] = this.#blocks;
    tf.dispose([this.features, this.#stem ?? [], lowest?.x ?? []]);
    for (const { inner, y } of this.#blocks.splice(0)) tf.dispose([inner?.a1 ?? [], inner?.a2 ?? [], y]);
  }

  /** The backward pass of one bottleneck block; disposes `dz3`. Returns dz of the block below; null if nothing below is trained. */
  #block(
    { block, x, inner }: KeptBlock,
    dz3: tf.Tensor4D,
    isLowest: boolean,
    visit: GradientVisitor,
  ): tf.Tensor4D | null {
    const { conv1, conv2, conv3, downsample } = block;
    const { a1, a2 } = inner ?? this.backbone.inner(block, x, this.tuning);
    const toFirst = !isLowest || this.#trained(conv1);
    this.#visit(conv3, a2, dz3, visit);
    if (downsample) this.#visit(downsample, x, dz3, visit);
    if (!toFirst && !this.#trained(conv2)) {
      tf.dispose([a1, a2, dz3]);
      return null;
    }
    const dz2 = this.#inputGradient(conv3, dz3, a2, { mask: a2 });
    a2.dispose();
    this.#visit(conv2, a1, dz2, visit);
    if (!toFirst) {
      tf.dispose([a1, dz2, dz3]);
      return null;
    }
    const dz1 = this.#inputGradient(conv2, dz2, a1, { mask: a1 });
    tf.dispose([a1, dz2]);
    this.#visit(conv1, x, dz1, visit);
    if (isLowest) {
      tf.dispose([dz1, dz3]);
      return null;
    }
    let addend = dz3;
    if (downsample) {
      addend = this.#inputGradient(downsample, dz3, x, {});
      dz3.dispose();
    }
    // The mask x is the output of the ReLU below. It is also correct for the pooled stem: x = 0 means that the whole window is
    // zero, so no gradient passes there.
    const below = this.#inputGradient(conv1, dz1, x, { addend, mask: x });
    tf.dispose([dz1, addend]);
    return below;
  }

  /** The backward pass through the pooling to the first convolution; disposes both tensors. */
  #throughStem(pooled: tf.Tensor4D, dPooled: tf.Tensor4D, visit: GradientVisitor): void {
    const first = this.#stem ?? this.backbone.stem(this.images, this.tuning);
    this.#stem = null;
    // `dPooled` already includes the ReLU before the pooling: a window's maximum is positive exactly where its pixel is.
    const dz = maxPoolGradient({ x: first, y: pooled, dy: dPooled }, POOL);
    tf.dispose([first, pooled, dPooled]);
    this.#visit(this.backbone.network.stem, this.images, dz, visit);
    dz.dispose();
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
