/**
 * All trained numbers of a run as one flat vector: one optimizer update serves them all, a checkpoint is one array,
 * and the tensors the forward pass uses are slices of it.
 */
import type * as tf from '@tensorflow/tfjs';
import type { ConvolutionSpec } from '../backbone/layout';
import type { Trainable, TuningMethod } from '../methods/method';
import { part } from '../ops/part';
import type { SettingOptions } from '../worker/protocol';

export interface Parameter {
  /** `<layer>.<method>.<name>`, `head.weight` or `head.bias`. */
  name: string;
  /** The convolution it belongs to; null for the head. */
  layer: ConvolutionSpec | null;
  /** How it starts; null for the head, which starts from a linear probe or from zero. */
  trainable: Trainable | null;
  shape: number[];
  /** Its place in the flat vector. */
  offset: number;
  size: number;
}

export interface ParameterTable {
  parameters: Parameter[];
  /** Numbers the setting trains in the backbone; they come first. */
  backbone: number;
  /** Numbers of the head. */
  head: number;
}

/** Every tensor the setting trains on these layers, then the head `[classes, features]` and its bias. */
export function parameterTable(
  method: TuningMethod,
  options: SettingOptions,
  layers: readonly ConvolutionSpec[],
  features: number,
  classes: number,
): ParameterTable {
  const parameters: Parameter[] = [];
  let offset = 0;
  const add = (name: string, shape: number[], layer: ConvolutionSpec | null, trainable: Trainable | null) => {
    const size = shape.reduce((product, side) => product * side, 1);
    parameters.push({ name, layer, trainable, shape, offset, size });
    offset += size;
  };
  for (const layer of layers) {
    for (const trainable of method.trainables(layer, options)) {
      add(parameterName(layer.name, method.id, trainable.name), trainable.shape, layer, trainable);
    }
  }
  const backbone = offset;
  add('head.weight', [classes, features], null, null);
  add('head.bias', [classes], null, null);
  return { parameters, backbone, head: offset - backbone };
}

export function parameterName(layer: string, method: string, trainable: string): string {
  return `${layer}.${method}.${trainable}`;
}

/** The parameters as tensors, slices of the flat vector, in the table's order. */
export function slices(flat: tf.Tensor1D, { parameters }: ParameterTable): tf.Tensor[] {
  return parameters.map(({ offset, shape }) => part(flat, offset, shape));
}

/** One parameter's numbers in a flat array. */
export function valuesOf(flat: Float32Array, { offset, size }: Parameter): Float32Array {
  return flat.slice(offset, offset + size);
}
