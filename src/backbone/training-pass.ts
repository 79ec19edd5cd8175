/**
 * The network forth and back, written out over its table. The forward pass keeps only what the backward pass will read;
 * the backward pass frees every map and gradient as soon as nothing below needs it, and stops at the lowest layer that
 * is trained. So the peak is the kept maps and a few gradients, where a tape would keep them all.
 */
import * as tf from '@tensorflow/tfjs';
import { inSingles } from '../ops/convert';
import { shapeOf } from '../ops/half';
import { inputGradient } from '../ops/input-gradient';
import { maxPool, maxPoolGradient } from '../ops/max-pool';
import { type Backbone, type BottleneckMaps, POOL, type Tuning } from './backbone';
import { LayerGradient } from './layer-gradient';
import { type BlockSpec, blockConvolutions, type ConvolutionSpec } from './layout';

/** Told the gradient of every trained layer, from the last to the first; its tensors live only during the call. */
export type GradientVisitor = (gradient: LayerGradient) => void;

/** A bottleneck on the way back. */
interface KeptBlock {
  block: BlockSpec;
  /** Its input; the output of the block below, which frees it. */
  x: tf.Tensor4D;
  /** Null when it is to be computed again. */
  inner: Omit<BottleneckMaps, 'y'> | null;
  y: tf.Tensor4D;
}

/** One batch's forward pass. Use it up with `backward`, once, or free it with `dispose`. */
export class TrainingPass {
  /** Pooled features `[n, features]`. */
  readonly features: tf.Tensor2D;
  /** The blocks from the lowest trained one on. */
  readonly #blocks: KeptBlock[] = [];
  /** The stem's output before pooling; null when it is not trained, or to be computed again. */
  #stem: tf.Tensor4D | null = null;

  /**
   * The layers in `tuning` are the trained ones. `images` are images, or the maps that enter the stage `from` (1 for the
   * first), below which nothing is trained. With `recompute` only the blocks' inputs are kept, and the inside of
   * each block is computed a second time on the way back.
   */
  constructor(
    readonly backbone: Backbone,
    readonly images: tf.Tensor4D,
    readonly tuning: Tuning,
    { recompute = false, from = 0 }: { recompute?: boolean; from?: number } = {},
  ) {
    const { stem, stages } = backbone.network;
    let x: tf.Tensor4D;
    let reached = this.#trained(stem);
    if (from > 0) {
      x = tf.clone(images);
    } else {
      const first = backbone.stem(images, tuning);
      x = maxPool({ x: first }, POOL);
      if (reached && !recompute) this.#stem = first;
      else first.dispose();
    }
    for (const block of stages.slice(Math.max(0, from - 1)).flat()) {
      const { a1, a2, y } = backbone.bottleneck(block, x, tuning);
      const kept = reached || blockConvolutions(block).some((layer) => this.#trained(layer));
      if (kept) this.#blocks.push({ block, x, inner: recompute ? null : { a1, a2 }, y });
      if (!kept || recompute) tf.dispose([a1, a2]);
      if (!kept) x.dispose();
      reached = kept;
      x = y;
    }
    this.features = tf.tidy(() => tf.mean(inSingles(x), [1, 2]));
    if (!reached) x.dispose();
  }

  /** Goes back from ∂L/∂features `[n, features]`. */
  backward(dFeatures: tf.Tensor2D, visit: GradientVisitor): void {
    this.features.dispose();
    const last = this.#blocks.at(-1);
    if (!last) return;
    const [n, height, width, channels] = shapeOf(last.y);
    // Gradients pass from block to block as dz, the ReLU that ends the lower block already applied.
    let dz: tf.Tensor4D | null = tf.tidy(() => {
      const perPixel = tf.div(dFeatures, height * width).reshape<tf.Tensor4D>([n, 1, 1, channels]);
      return tf.mul<tf.Tensor4D>(tf.step(inSingles(last.y)), perPixel);
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

  /** One bottleneck; uses up `dz3`. Returns the same for the block below, null when nothing below is trained. */
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
    // x is the ReLU's output below; where x is pooled, zero everywhere in a window, its gradient stops there as well.
    const below = this.#inputGradient(conv1, dz1, x, { addend, mask: x });
    tf.dispose([dz1, addend]);
    return below;
  }

  /** From the pooled map to the first convolution's kernel; uses up both. */
  #throughStem(pooled: tf.Tensor4D, dPooled: tf.Tensor4D, visit: GradientVisitor): void {
    const first = this.#stem ?? this.backbone.stem(this.images, this.tuning);
    this.#stem = null;
    // The ReLU before pooling is in `dPooled`: a window's maximum is above zero where the pixel that gave it is.
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
