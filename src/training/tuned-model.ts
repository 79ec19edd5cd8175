/**
 * A backbone with one setting applied: from parameters to logits. Used by training, by finished runs and by loaded adapters. Owns
 * the setting's frozen tensors; the backbone belongs to the caller.
 */
import * as tf from '@tensorflow/tfjs';
import type { Backbone, Convolution, TunedConvolution, Tuning } from '../backbone/backbone';
import { toTfjsOrder } from '../backbone/kernel-order';
import type { LayerGradient } from '../backbone/layer-gradient';
import { convolutions } from '../backbone/layout';
import type { Random } from '../core/random';
import type { SettingOptions } from '../core/setting';
import { codedShape } from '../decompose/atom-coding';
import { basisShapes } from '../decompose/bases';
import {
  assertDefined,
  type Frozen,
  type Tensors,
  type TuningMethod,
  trainableGradients,
  tunedConvolution,
} from '../methods/method';
import { toFp16 } from '../ops/convert';
import { declareFrozen, releaseFrozen } from '../ops/frozen';
import { complete, type InParts } from '../turns';
import type { Decompositions } from './decompositions';
import { type Head, headLogits } from './head';
import { neededBases, neededCodings, type ParameterTable, parameterTable, slices } from './parameters';

/** A layer that the setting trains. */
interface TunedLayer {
  convolution: Convolution;
  /** Its trainables, by their index in the table. */
  parameters: { index: number; name: string }[];
  frozen: Frozen;
}

export class TunedModel {
  readonly table: ParameterTable;
  /** The decompositions of the tuned layers that the method needs. */
  readonly decompositions: Decompositions;
  readonly #tuned: ReadonlyMap<string, TunedLayer>;

  /** `decompositions` must include every tuned layer for which the method needs one. */
  constructor(
    readonly backbone: Backbone,
    readonly method: TuningMethod,
    readonly options: SettingOptions,
    readonly classes: number,
    decompositions: Decompositions,
  ) {
    const specs = convolutions(backbone.network);
    this.table = parameterTable(method, options, specs, backbone.network.features, classes);
    const codings = neededCodings(method, options, this.table);
    const ofLayers = <T>(all: ReadonlyMap<string, T>, layers: readonly string[] = []) =>
      new Map(layers.map((layer) => [layer, assertDefined(all.get(layer), `the decomposition of ${layer}`)]));
    this.decompositions = {
      plain: ofLayers(decompositions.plain, codings.get('plain')?.layers),
      blocks: ofLayers(decompositions.blocks, codings.get('blocks')?.layers),
      bases: ofLayers(decompositions.bases, neededBases(method, options, this.table)?.layers),
    };
    const layers: [string, TunedLayer][] = [];
    for (const convolution of backbone.convolutions.values()) {
      const { name } = convolution.spec;
      const parameters = this.table.parameters.flatMap(({ layer, trainable }, index) =>
        layer?.name === name && trainable ? [{ index, name: trainable.name }] : [],
      );
      if (parameters.length === 0) continue;
      const { scale, folded, bias } = convolution;
      const coefficients = this.#kept(this.#coefficients(convolution, scale));
      const blockCoefficients = this.#kept(this.#blockCoefficients(convolution));
      const bases = this.#bases(convolution, scale);
      for (const basis of Object.values(bases ?? {})) declareFrozen(basis);
      const frozen = { scale, folded, bias, coefficients, blockCoefficients, bases };
      layers.push([name, { convolution, parameters, frozen }]);
    }
    this.#tuned = new Map(layers);
  }

  /** The initial parameters; the head's are zero. */
  initial(random: Random): Float32Array {
    const flat = new Float32Array(this.table.backbone + this.table.head);
    for (const { name, layer, trainable, offset } of this.table.parameters) {
      if (layer && trainable) {
        flat.set(
          trainable.initial(random.fork(name), this.backbone.convolution(layer.name).pretrained),
          offset,
        );
      }
    }
    return flat;
  }

  /** The tuned kernels and biases, from the parameters in the order of the table. */
  tuning(parameters: readonly tf.Tensor[]): Tuning {
    const tuning = new Map<string, TunedConvolution>();
    for (const [name, { convolution, parameters: own, frozen }] of this.#tuned) {
      const trainables = byName(own, parameters);
      tuning.set(name, tunedConvolution(this.method, trainables, frozen, convolution.spec, this.options));
    }
    return tuning;
  }

  /** The parameters in `values`, flat in the order of the table, and the tuned layers. The caller disposes them. */
  tuned(values: tf.Tensor1D): { parameters: tf.Tensor[]; tuning: Tuning; dispose: () => void } {
    const { parameters, layers } = tf.tidy(() => {
      const kept = slices(values, this.table);
      return { parameters: kept, layers: Object.fromEntries(this.tuning(kept)) };
    });
    return {
      parameters,
      tuning: new Map(Object.entries(layers)),
      dispose: () => tf.dispose([...parameters, ...Object.values(layers)]),
    };
  }

  /** The gradients of one layer's parameters, by their index in the table. */
  gradients(gradient: LayerGradient, parameters: readonly tf.Tensor[]): Map<number, tf.Tensor> {
    const { parameters: own, frozen } = assertDefined(
      this.#tuned.get(gradient.layer.name),
      gradient.layer.name,
    );
    const trainables = byName(own, parameters);
    const gradients = trainableGradients(this.method, gradient, trainables, frozen, this.options);
    return new Map(own.map(({ index, name }) => [index, assertDefined(gradients[name], name)]));
  }

  /** ‖ΔW‖ of every tuned layer by name; zero if the method leaves its kernel unchanged. */
  async updateNorms(flat: Float32Array): Promise<Map<string, number>> {
    const norms = tf.tidy(() => {
      const parameters = slices(tf.tensor1d(flat), this.table);
      return [...this.#tuned.values()].map(({ convolution, parameters: own }) =>
        tf.tidy(() => {
          const { spec } = convolution;
          const trainables = byName(own, parameters);
          const update = this.method.update?.(trainables, this.#unscaled(convolution), spec, this.options);
          return update ? tf.norm(update) : tf.scalar(0);
        }),
      );
    });
    const values = await Promise.all(norms.map((norm) => norm.data()));
    tf.dispose(norms);
    return new Map([...this.#tuned.keys()].map((name, index) => [name, values[index]?.[0] ?? 0]));
  }

  /** The head's parameters, which are the last two of the table. */
  headOf(parameters: readonly tf.Tensor[]): Head {
    const [weight, bias] = parameters.slice(-2) as [tf.Tensor2D, tf.Tensor1D];
    return { weight, bias };
  }

  /** Logits `[n, classes]` of normalised images `[n, size, size, 3]`, or of activations that enter the stage `from`. */
  logits(input: tf.Tensor4D, tuning: Tuning, parameters: readonly tf.Tensor[], from = 0): tf.Tensor2D {
    return complete(this.logitsInParts(input, tuning, parameters, from));
  }

  *logitsInParts(
    input: tf.Tensor4D,
    tuning: Tuning,
    parameters: readonly tf.Tensor[],
    from = 0,
  ): InParts<tf.Tensor2D> {
    const features = yield* this.backbone.featuresInParts(input, tuning, from);
    const logits = headLogits(features, this.headOf(parameters));
    features.dispose();
    return logits;
  }

  dispose(): void {
    for (const { frozen } of this.#tuned.values()) {
      const { coefficients, blockCoefficients, bases } = frozen;
      for (const tensor of [coefficients, blockCoefficients, ...Object.values(bases ?? {})]) {
        if (!tensor) continue;
        releaseFrozen(tensor);
        tensor.dispose();
      }
    }
  }

  /** The frozen tensors of a layer with s = 1. */
  #unscaled(convolution: Convolution): Frozen {
    const { pretrained, spec, bias } = convolution;
    const { kernel, cIn, cOut } = spec;
    const scale = tf.ones<tf.Rank.R1>([cOut]);
    return {
      scale,
      folded: tf.tensor4d(toTfjsOrder(pretrained, cOut, cIn), [kernel, kernel, cIn, cOut]),
      bias,
      coefficients: this.#coefficients(convolution, scale),
      blockCoefficients: this.#blockCoefficients(convolution),
      bases: this.#bases(convolution, scale),
    };
  }

  /** The coefficients in the backbone's precision, declared frozen; takes ownership of its argument. */
  #kept(coefficients: tf.Tensor2D | null): tf.Tensor2D | null {
    if (!coefficients) return null;
    let kept = coefficients;
    // GPU programs read fp16 four numbers at a time.
    if (this.backbone.precision === 'half' && coefficients.shape[1] % 4 === 0) {
      kept = toFp16(coefficients);
      coefficients.dispose();
    }
    declareFrozen(kept);
    return kept;
  }

  /** α ⊙ scale of plain atoms, `[m, c_in·c_out]`; null if the method has none. */
  #coefficients({ spec }: Convolution, scale: tf.Tensor1D): tf.Tensor2D | null {
    const { cIn, cOut } = spec;
    const code = this.decompositions.plain.get(spec.name);
    if (!code) return null;
    return tf.tidy(() => {
      const rows = tf.tensor2d(toTfjsOrder(code.coefficients, cOut, cIn), [
        code.coefficients.length / cOut,
        cOut,
      ]);
      return tf.mul(rows, scale).reshape([-1, cIn * cOut]);
    });
  }

  /** α_c of block atoms, `[n, (I O)]`; null if the method has none. */
  #blockCoefficients({ spec }: Convolution): tf.Tensor2D | null {
    const code = this.decompositions.blocks.get(spec.name);
    const coding = this.method.decompositions(spec, this.options).blocks;
    if (!code || !coding) return null;
    const { rows, atoms, block } = codedShape(coding, spec);
    const byBlock = [spec.cOut / block.out, spec.cIn / block.in, atoms];
    return tf.tidy(() =>
      tf.transpose(tf.tensor(code.coefficients, byBlock), [2, 1, 0]).reshape<tf.Tensor2D>([atoms, rows]),
    );
  }

  /** The bases by name, rows of U multiplied by the scale; null if the method has none. */
  #bases({ spec }: Convolution, scale: tf.Tensor1D): Record<string, tf.Tensor> | null {
    const found = this.decompositions.bases.get(spec.name);
    const needed = this.method.decompositions(spec, this.options).bases;
    if (!found || !needed) return null;
    return tf.tidy(() =>
      Object.fromEntries(
        Object.entries(basisShapes(needed, spec)).map(([name, shape]) => {
          const basis = tf.tensor(assertDefined(found.tensors[name], name), shape);
          return [name, name === 'U' ? tf.mul(basis, scale.expandDims(1)) : basis];
        }),
      ),
    );
  }
}

function byName(own: TunedLayer['parameters'], parameters: readonly tf.Tensor[]): Tensors {
  return Object.fromEntries(own.map(({ index, name }) => [name, assertDefined(parameters[index], name)]));
}
