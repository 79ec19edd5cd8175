/**
 * A backbone with one setting applied: from the trained numbers to logits. Shared by training, by a finished run and by a
 * loaded adapter. Owns the setting's frozen tensors; the backbone belongs to its caller.
 */
import * as tf from '@tensorflow/tfjs';
import type { Backbone, Kernels } from '../backbone/backbone';
import { toTfjsOrder } from '../backbone/kernel-order';
import { convolutions } from '../backbone/layout';
import type { LayerCodes } from '../decompose/layer-codes';
import type { Frozen, TuningMethod } from '../methods/method';
import { matMul } from '../ops/mat-mul';
import type { Random } from '../random';
import type { SettingOptions } from '../worker/protocol';
import { type ParameterTable, parameterTable, slices } from './parameters';

export class TunedModel {
  readonly table: ParameterTable;
  /** The decomposition, for methods with atoms; empty otherwise. */
  readonly codes: LayerCodes;
  readonly #tuned: { name: string; frozen: Frozen; parameters: number[] }[];

  /** `codes` must hold every tuned layer when the method has atoms. */
  constructor(
    readonly backbone: Backbone,
    readonly method: TuningMethod,
    readonly options: SettingOptions,
    readonly classes: number,
    codes: LayerCodes,
  ) {
    const specs = convolutions(backbone.network);
    this.table = parameterTable(method, options, specs, backbone.network.features, classes);
    this.codes = method.atoms(options) === null ? new Map() : codes;
    this.#tuned = specs.flatMap(({ name }) => {
      const parameters = this.table.parameters.flatMap(({ layer }, index) =>
        layer?.name === name ? [index] : [],
      );
      return parameters.length > 0 ? [{ name, parameters, frozen: this.#freeze(name) }] : [];
    });
  }

  /** Starting values, the head's zero. */
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

  /** The tuned layers' kernels (W + ΔW) ⊙ s from the parameters in the table's order. Differentiable. */
  kernels(parameters: readonly tf.Tensor[]): Kernels {
    return new Map(
      this.#tuned.map((tuned) => {
        const { folded, scale } = this.backbone.convolution(tuned.name);
        return [
          tuned.name,
          tf.tidy(() => tf.add(folded, tf.mul(this.#update(tuned, parameters), scale)) as tf.Tensor4D),
        ];
      }),
    );
  }

  /** ‖ΔW‖ of every tuned layer, by name. */
  async updateNorms(flat: Float32Array): Promise<Map<string, number>> {
    const norms = tf.tidy(() => {
      const parameters = slices(tf.tensor1d(flat), this.table);
      return this.#tuned.map((tuned) => tf.norm(this.#update(tuned, parameters)));
    });
    const values = await Promise.all(norms.map((norm) => norm.data()));
    tf.dispose(norms);
    return new Map(this.#tuned.map(({ name }, index) => [name, values[index]?.[0] ?? 0]));
  }

  /** Logits `[n, classes]` from pooled features `[n, features]`. Differentiable. */
  head(features: tf.Tensor2D, parameters: readonly tf.Tensor[]): tf.Tensor2D {
    // The table ends with the head's weight and bias.
    const [weight, bias] = parameters.slice(-2) as [tf.Tensor2D, tf.Tensor1D];
    return tf.tidy(() => tf.add(matMul(features, tf.transpose(weight)), bias));
  }

  /** Logits `[n, classes]` of normalised images `[n, size, size, 3]`. */
  logits(images: tf.Tensor4D, kernels: Kernels, parameters: readonly tf.Tensor[]): tf.Tensor2D {
    return tf.tidy(() => this.head(this.backbone.features(images, kernels), parameters));
  }

  dispose(): void {
    for (const { frozen } of this.#tuned)
      tf.dispose([frozen.coefficients, frozen.pretrained].filter((tensor) => tensor !== null));
  }

  #update(
    { name, frozen, parameters }: { name: string; frozen: Frozen; parameters: number[] },
    values: readonly tf.Tensor[],
  ): tf.Tensor4D {
    const byName: Record<string, tf.Tensor> = {};
    for (const index of parameters) {
      const trainable = this.table.parameters[index]?.trainable;
      const value = values[index];
      if (trainable && value) byName[trainable.name] = value;
    }
    return this.method.update(byName, frozen, this.backbone.convolution(name).spec, this.options);
  }

  #freeze(name: string): Frozen {
    const { spec, pretrained } = this.backbone.convolution(name);
    const { cIn, cOut, kernel } = spec;
    const code = this.codes.get(name);
    return {
      coefficients: code
        ? tf.tensor2d(toTfjsOrder(code.coefficients, cOut, cIn), [
            code.coefficients.length / (cIn * cOut),
            cIn * cOut,
          ])
        : null,
      pretrained: this.method.needsPretrained
        ? tf.tensor4d(toTfjsOrder(pretrained, cOut, cIn), [kernel, kernel, cIn, cOut])
        : null,
    };
  }
}
