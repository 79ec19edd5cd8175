/**
 * A cache of coefficients with a budget in bytes. Coefficients are as large as kernels, and can be recomputed bit-identically from W
 * and the atoms. So a layer's atoms are kept, and coefficients that were evicted are computed again on request.
 */
import type { Backbone } from '../backbone/backbone';
import type { AtomCoding } from './atom-coding';
import { type LayerCode, type LayerCodes, type LayerDictionary, recodeBackbone } from './layer-codes';
import type { LayerOptions } from './layer-workers';

/** The codes of these layers of `backbone`. */
export type Recall = (
  backbone: Backbone,
  coding: AtomCoding,
  dictionaries: ReadonlyMap<string, LayerDictionary>,
  options?: LayerOptions,
) => Promise<LayerCodes>;

export class CoefficientCache {
  /** Coefficients by the array of their atoms, least recently used first. */
  readonly #kept = new Map<Float32Array, Float32Array>();
  #bytes = 0;

  constructor(readonly budget: number) {}

  /** Bytes of all cached coefficients. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds coefficients that were learned together with their atoms. */
  add(codes: LayerCodes): void {
    for (const code of codes.values()) this.#keep(code);
  }

  /** The codes of these layers. Coefficients that are not cached are computed from the atoms and cached. */
  readonly recall: Recall = async (backbone, coding, dictionaries, options) => {
    const codes = new Map<string, LayerCode>();
    const missing = new Map<string, LayerDictionary>();
    // References are taken before the first await, because another call may evict entries meanwhile.
    for (const [layer, dictionary] of dictionaries) {
      const coefficients = this.#kept.get(dictionary.atoms);
      if (coefficients) codes.set(layer, { ...dictionary, coefficients });
      else missing.set(layer, dictionary);
    }
    if (missing.size > 0) {
      const computed = await recodeBackbone(backbone, coding, missing, options);
      for (const [layer, dictionary] of missing) {
        const code = computed.get(layer);
        if (code) codes.set(layer, { ...dictionary, coefficients: code.coefficients });
      }
    }
    this.add(codes);
    return codes;
  };

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #keep({ atoms, coefficients }: LayerCode): void {
    this.#drop(atoms);
    this.#kept.set(atoms, coefficients);
    this.#bytes += coefficients.byteLength;
    for (const [oldest] of this.#kept) {
      if (this.#bytes <= this.budget) break;
      this.#drop(oldest);
    }
  }

  #drop(atoms: Float32Array): void {
    this.#bytes -= this.#kept.get(atoms)?.byteLength ?? 0;
    this.#kept.delete(atoms);
  }
}
