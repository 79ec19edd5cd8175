/** Keeps computed bases in memory and, by the weights' hash, in the browser's storage between visits. */

import type { Backbone } from '../backbone/backbone';
import { sizeOf } from '../core/shape';
import { type BasisSpec, basisKey, basisNumbers, basisShapes, type LayerBases } from '../decompose/bases';
import { type FindBases, findBases } from '../decompose/layer-bases';
import { z } from '../schema';
import { layerStorage } from './layer-storage';

/** Bases of more bytes than this are computed at each use: those of all singular vectors are twice as large as the kernels. */
const KEPT_BYTES = 64e6;

const storage = layerStorage<LayerBases>(
  z.object({ tensors: z.record(z.string(), z.instanceof(Float32Array)), isAmbiguous: z.boolean() }),
);

type Found = Map<string, LayerBases>;

export class BasisStore {
  /** By `storageKey`, then by layer. */
  readonly #known = new Map<string, Found>();

  /** `compute` finds bases that are not kept. */
  constructor(private readonly compute: FindBases = findBases) {}

  clear(): void {
    this.#known.clear();
  }

  /** The bases of these layers: from memory, from storage, or computed now. */
  readonly find: FindBases = async (backbone, spec, layers, options) => {
    const shapes = new Map(layers.map((layer) => [layer, shapesOf(backbone, spec, layer)]));
    const sizes = layers.map((layer) => basisNumbers(spec, backbone.convolution(layer).spec));
    if (4 * sizes.reduce((sum, size) => sum + size, 0) > KEPT_BYTES)
      return this.compute(backbone, spec, layers, options);
    const key = storageKey(backbone, spec);
    const known = this.#known.get(key) ?? new Map<string, LayerBases>();
    this.#known.set(key, known);
    const missing = () => layers.filter((layer) => !known.has(layer));
    if (missing().length > 0) {
      const stored = await storage.read(key);
      for (const layer of missing()) {
        const bases = stored.get(layer);
        if (bases && fits(bases, shapes.get(layer) ?? {})) known.set(layer, bases);
      }
    }
    if (missing().length > 0) {
      const found = await this.compute(backbone, spec, missing(), options);
      for (const [layer, bases] of found) known.set(layer, bases);
      await storage.add(key, found);
    }
    return new Map([...known].filter(([layer]) => shapes.has(layer)));
  };
}

const shapesOf = (backbone: Backbone, spec: BasisSpec, layer: string) =>
  basisShapes(spec, backbone.convolution(layer).spec);

const storageKey = ({ hash }: Backbone, spec: BasisSpec) => `bases of ${hash}: ${basisKey(spec)}`;

const fits = ({ tensors }: LayerBases, shapes: Record<string, number[]>) =>
  Object.entries(shapes).every(([name, shape]) => tensors[name]?.length === sizeOf(shape));
