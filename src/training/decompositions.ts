/** The decompositions of a backbone's kernels that a setting needs: atoms with their coefficients, and bases. */
import type { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import type { SettingOptions } from '../core/setting';
import type { AtomCoding } from '../decompose/atom-coding';
import type { BasisSpec } from '../decompose/bases';
import { type BackboneBases, findBases } from '../decompose/layer-bases';
import { decomposeBackbone, type LayerCodes, type LayerDictionary } from '../decompose/layer-codes';
import type { AtomKind, TuningMethod } from '../methods/method';
import { neededBases, neededCodings, parameterTable } from './parameters';

/** By layer; empty where the setting does not need them. */
export type Decompositions = Readonly<Record<AtomKind, LayerCodes> & { bases: BackboneBases }>;

export const NO_DECOMPOSITIONS: Decompositions = { plain: new Map(), blocks: new Map(), bases: new Map() };

/** The atoms without the coefficients, which can be recomputed from them. */
export type AtomDictionaries = Readonly<Record<AtomKind, ReadonlyMap<string, LayerDictionary>>>;

export function dictionariesOf({ plain, blocks }: Decompositions): AtomDictionaries {
  const withoutCoefficients = (codes: LayerCodes) =>
    new Map([...codes].map(([layer, { coefficients: _, ...dictionary }]) => [layer, dictionary]));
  return { plain: withoutCoefficients(plain), blocks: withoutCoefficients(blocks) };
}

/** The bases that another program may not find again from the kernels alone. */
export const ambiguousBases = ({ bases }: Decompositions): BackboneBases =>
  new Map([...bases].filter(([, { isAmbiguous }]) => isAmbiguous));

/** How decompositions are found: computed, or taken from a cache. */
export interface Finder {
  codes(coding: AtomCoding, layers: readonly string[]): Promise<LayerCodes>;
  bases(spec: BasisSpec, layers: readonly string[]): Promise<BackboneBases>;
}

const computed = (backbone: Backbone): Finder => ({
  codes: (coding, layers) => decomposeBackbone(backbone, coding, layers),
  bases: (spec, layers) => findBases(backbone, spec, layers),
});

/** All decompositions that a setting needs. Throws `UserError` if the backbone lacks the setting's layers. */
export async function decompositionsFor(
  backbone: Backbone,
  method: TuningMethod,
  options: SettingOptions,
  find: Finder = computed(backbone),
): Promise<Decompositions> {
  const { network } = backbone;
  // The number of classes does not affect the decompositions.
  const table = parameterTable(method, options, convolutions(network), network.features, 0);
  const found = { ...NO_DECOMPOSITIONS };
  for (const [kind, { coding, layers }] of neededCodings(method, options, table))
    found[kind] = await find.codes(coding, layers);
  const bases = neededBases(method, options, table);
  return bases ? { ...found, bases: await find.bases(bases.spec, bases.layers) } : found;
}
