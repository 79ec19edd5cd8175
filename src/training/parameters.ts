/**
 * All trainable parameters of a run as one flat vector, so that the optimizer updates them at once and a checkpoint is one array.
 * The tensors of the forward pass are slices of it.
 */
import type * as tf from '@tensorflow/tfjs';
import type { ConvolutionSpec } from '../backbone/layout';
import type { SettingOption, SettingOptions } from '../core/setting';
import { sizeOf } from '../core/shape';
import { UserError } from '../core/user-error';
import { type AtomCoding, codedShape } from '../decompose/atom-coding';
import type { BasisSpec } from '../decompose/bases';
import {
  ATOM_KINDS,
  type AtomKind,
  FROM_STAGE,
  option,
  type Trainable,
  type TuningMethod,
} from '../methods/method';
import { part } from '../ops/part';

export interface Parameter {
  /** `<layer>.<method>.<name>`, `head.weight` or `head.bias`. */
  name: string;
  /** The convolution it belongs to; null for the head. */
  layer: ConvolutionSpec | null;
  /** Gives the initial value; null for the head, which starts from a linear probe or from zero. */
  trainable: Trainable | null;
  shape: number[];
  /** Index of the first value in the flat vector. */
  offset: number;
  size: number;
}

export interface ParameterTable {
  parameters: Parameter[];
  /** The number of trainable parameters in the backbone; they come first. */
  backbone: number;
  /** The number of parameters of the head. */
  head: number;
}

/**
 * Every tensor that the setting trains in these layers, then the head's weight `[classes, features]` and bias.
 * @throws UserError if the backbone does not have the stage from which the setting is to train
 */
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
    const size = sizeOf(shape);
    parameters.push({ name, layer, trainable, shape, offset, size });
    offset += size;
  };
  const from = firstStage(method, options, layers);
  const all = method.options.every(({ id }) => id !== 'layers') || option(method, options, 'layers') === 1;
  for (const layer of layers) {
    if (layer.stage < from || (layer.kernel === 1 && !all)) continue;
    for (const trainable of method.trainables(layer, options)) {
      add(parameterName(layer.name, method.id, trainable.name), trainable.shape, layer, trainable);
    }
  }
  const backbone = offset;
  add('head.weight', [classes, features], null, null);
  add('head.bias', [classes], null, null);
  return { parameters, backbone, head: offset - backbone };
}

/** The method's options with bounds for the backbone: `from` is at most its last stage. */
export const optionsFor = (
  { options }: Pick<TuningMethod, 'options'>,
  layers: readonly ConvolutionSpec[],
): SettingOption[] =>
  options.map((known) => (known === FROM_STAGE ? { ...known, max: lastStage(layers) } : known));

const lastStage = (layers: readonly ConvolutionSpec[]) => Math.max(...layers.map(({ stage }) => stage));

/** The stage chosen by the option `from`: layers below it are not trained. */
function firstStage(
  method: TuningMethod,
  options: SettingOptions,
  layers: readonly ConvolutionSpec[],
): number {
  if (!method.options.includes(FROM_STAGE)) return 0;
  const from = option(method, options, FROM_STAGE.id);
  const last = lastStage(layers);
  if (Number.isInteger(from) && from >= 0 && from <= last) return from;
  throw new UserError(
    `${method.label} cannot train from stage ${from}: this backbone has the stages 1 to ${last}. Choose one of them, or 0 for all layers.`,
  );
}

/** The lowest stage with a trained layer, 0 for the stem; null if only the head is trained. */
export function lowestStage({ parameters }: ParameterTable): number | null {
  const stages = parameters.flatMap(({ layer }) => (layer ? [layer.stage] : []));
  return stages.length === 0 ? null : Math.min(...stages);
}

/** The names of the trained layers. */
export function tunedLayers({ parameters }: ParameterTable): ReadonlySet<string> {
  return new Set(parameters.flatMap(({ layer }) => (layer ? [layer.name] : [])));
}

/** The codings that the setting needs for its trained layers, by kind of atoms. */
export function neededCodings(
  method: TuningMethod,
  options: SettingOptions,
  table: ParameterTable,
): Map<AtomKind, { coding: AtomCoding; layers: string[] }> {
  const needed = new Map<AtomKind, { coding: AtomCoding; layers: string[] }>();
  for (const { kind, layer, coding } of codedLayers(method, options, table)) {
    const { layers } = needed.get(kind) ?? { layers: [] };
    needed.set(kind, { coding, layers: [...layers, layer.name] });
  }
  return needed;
}

/** The atoms of the trained layers that the setting needs, with their shapes; an adapter file contains them. */
export function neededAtoms(
  method: TuningMethod,
  options: SettingOptions,
  table: ParameterTable,
): { kind: AtomKind; layer: string; shape: number[] }[] {
  return codedLayers(method, options, table).map(({ kind, layer, coding }) => {
    const { atoms, cols } = codedShape(coding, layer);
    return { kind, layer: layer.name, shape: [atoms, cols] };
  });
}

/** Every coding of a trained layer. */
const codedLayers = (
  method: TuningMethod,
  options: SettingOptions,
  table: ParameterTable,
): { kind: AtomKind; layer: ConvolutionSpec; coding: AtomCoding }[] =>
  trainedLayers(table).flatMap((layer) => {
    const decompositions = method.decompositions(layer, options);
    return ATOM_KINDS.flatMap((kind) => {
      const coding = decompositions[kind];
      return coding ? [{ kind, layer, coding }] : [];
    });
  });

/** The bases that the setting needs of its trained layers; null if it needs none. */
export function neededBases(
  method: TuningMethod,
  options: SettingOptions,
  table: ParameterTable,
): { spec: BasisSpec; layers: string[] } | null {
  const needed = trainedLayers(table).flatMap((layer) => {
    const spec = method.decompositions(layer, options).bases;
    return spec ? [{ spec, layer: layer.name }] : [];
  });
  const [first] = needed;
  return first ? { spec: first.spec, layers: needed.map(({ layer }) => layer) } : null;
}

/** The trained layers in order, each once. */
const trainedLayers = ({ parameters }: ParameterTable): ConvolutionSpec[] => [
  ...new Set(parameters.flatMap(({ layer }) => layer ?? [])),
];

export function parameterName(layer: string, method: string, trainable: string): string {
  return `${layer}.${method}.${trainable}`;
}

/** The parameters as tensors sliced from the flat vector, in the order of the table. */
export function slices(flat: tf.Tensor1D, { parameters }: ParameterTable): tf.Tensor[] {
  return parameters.map(({ offset, shape }) => part(flat, offset, shape));
}

/** The values of one parameter tensor from a flat array. */
export function valuesOf(flat: Float32Array, { offset, size }: Parameter): Float32Array {
  return flat.slice(offset, offset + size);
}
