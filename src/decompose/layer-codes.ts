/** The decomposition of a backbone's layers: every kernel as coefficients × atoms (docs/method.md §1). */
import type { Backbone, Convolution } from '../backbone/backbone';
import { type AtomCoding, codedShape } from './atom-coding';
import type { Coding, CodingWay } from './coder';
import { kernelToRows } from './kernel-rows';
import { type LayerOptions, onLayers } from './layer-workers';

/** The atoms and coefficients of one layer; `n`, `cols` and `rows` as in its `codedShape`. */
export interface LayerCode {
  /** D, `[n, cols]`; rows have unit norm. */
  atoms: Float32Array;
  /** α, `[rows, n]`. */
  coefficients: Float32Array;
  /** The largest eigenvalue of D·Dᵀ; its inverse is FISTA's step size. */
  lipschitz: number;
  /** ‖W − αD‖ / ‖W‖ over all rows. */
  relativeError: number;
}

/** The part from which the coefficients can be recomputed. */
export type LayerDictionary = Omit<LayerCode, 'coefficients'>;

/** Codes by layer name. */
export type LayerCodes = ReadonlyMap<string, LayerCode>;

/** Learns atoms for these layers, with as many layers in parallel as there are cores. */
export function decomposeBackbone(
  backbone: Backbone,
  coding: AtomCoding,
  layers: readonly string[],
  options: LayerOptions = {},
): Promise<LayerCodes> {
  return codeLayers(
    backbone,
    coding,
    layers,
    (layer) => ({
      learn: { count: codedShape(coding, layer.spec).atoms, seed: seedOf(backbone, layer) },
    }),
    options,
  );
}

/** Recomputes the coefficients from the layers' kernels and stored atoms, bit-identical to those of the decomposition. */
export function recodeBackbone(
  backbone: Backbone,
  coding: AtomCoding,
  atoms: ReadonlyMap<string, LayerDictionary>,
  options: LayerOptions = {},
): Promise<LayerCodes> {
  return codeLayers(
    backbone,
    coding,
    [...atoms.keys()],
    ({ spec }) => ({ known: atoms.get(spec.name) as LayerDictionary }), // the names are the keys of `atoms`
    options,
  );
}

/**
 * The seed of a layer: its index among the layers with kernels larger than 1×1, or among the 1×1 layers. It does not depend on which
 * layers are decomposed together. The seed matters because learned 3×3 atoms stay close to their initial values.
 */
function seedOf(backbone: Backbone, { spec }: Convolution): number {
  const alike = [...backbone.convolutions.values()].filter(
    (other) => other.spec.kernel > 1 === spec.kernel > 1,
  );
  return alike.findIndex((other) => other.spec === spec);
}

function codeLayers(
  backbone: Backbone,
  coding: AtomCoding,
  names: readonly string[],
  wayOf: (layer: Convolution) => CodingWay,
  options: LayerOptions,
): Promise<LayerCodes> {
  return onLayers<Coding, LayerCode>(
    names.map((name) => backbone.convolution(name)),
    () => new Worker(new URL('./coder.ts', import.meta.url), { type: 'module' }),
    (layer) => {
      const { kernel, block } = codedShape(coding, layer.spec);
      const rows = kernelToRows(layer.pretrained, kernel, block);
      return { request: { rows, ...wayOf(layer) }, transfer: [rows.data.buffer] };
    },
    ({ pretrained }) => pretrained.length,
    'Decomposing kernels',
    options,
  );
}
