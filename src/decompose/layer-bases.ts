/** The bases of a backbone's layers. */
import type { Backbone } from '../backbone/backbone';
import type { BasisSpec, LayerBases } from './bases';
import type { BasisRequest } from './basis-finder';
import { type LayerOptions, onLayers } from './layer-workers';

/** Bases by layer name. */
export type BackboneBases = ReadonlyMap<string, LayerBases>;

/** Computes the bases of these layers. */
export type FindBases = (
  backbone: Backbone,
  spec: BasisSpec,
  layers: readonly string[],
  options?: LayerOptions,
) => Promise<BackboneBases>;

export const findBases: FindBases = (backbone, spec, layers, options = {}) =>
  onLayers<BasisRequest, LayerBases>(
    layers.map((name) => backbone.convolution(name)),
    () => new Worker(new URL('./basis-finder.ts', import.meta.url), { type: 'module' }),
    ({ pretrained, spec: { cIn, cOut, kernel: k } }) => ({
      request: { ...spec, cIn, cOut, k, kernel: pretrained },
      transfer: [],
    }),
    ({ pretrained, spec: { cIn, cOut } }) => pretrained.length * Math.min(cIn, cOut),
    'Computing bases of kernels',
    options,
  );
