/** The decompositions of a backbone that a setting needs. */
import type { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import type { AtomCoding } from '../decompose/atom-coding';
import { decomposeBackbone, type LayerCodes, type LayerDictionary } from '../decompose/layer-codes';
import type { Codings, TuningMethod } from '../methods/method';
import type { SettingOptions } from '../worker/protocol';
import { neededCodings, parameterTable } from './parameters';

/** Codes for plain atoms and for block atoms; empty if the setting does not need them. */
export type AtomCodes = Readonly<Record<keyof Codings, LayerCodes>>;

export const NO_CODES: AtomCodes = { plain: new Map(), blocks: new Map() };

/** The atoms without the coefficients, which can be recomputed from them. */
export type AtomDictionaries = Readonly<Record<keyof Codings, ReadonlyMap<string, LayerDictionary>>>;

export function dictionariesOf({ plain, blocks }: AtomCodes): AtomDictionaries {
  const withoutCoefficients = (codes: LayerCodes) =>
    new Map([...codes].map(([layer, { coefficients: _, ...dictionary }]) => [layer, dictionary]));
  return { plain: withoutCoefficients(plain), blocks: withoutCoefficients(blocks) };
}

/** All decompositions that a setting needs, computed by `find`. Throws `UserError` if the backbone lacks the setting's layers. */
export async function codesFor(
  backbone: Backbone,
  method: TuningMethod,
  options: SettingOptions,
  find: (coding: AtomCoding, layers: readonly string[]) => Promise<LayerCodes> = (coding, layers) =>
    decomposeBackbone(backbone, coding, layers),
): Promise<AtomCodes> {
  const { network } = backbone;
  // The number of classes does not affect the atoms.
  const table = parameterTable(method, options, convolutions(network), network.features, 0);
  const found = { ...NO_CODES };
  for (const [kind, { coding, layers }] of neededCodings(method, options, table))
    found[kind] = await find(coding, layers);
  return found;
}
