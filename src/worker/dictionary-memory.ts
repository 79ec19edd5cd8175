/** Keeps computed atoms in the browser's storage between visits, by the weights' hash. Without storage they are computed again. */

import type { ConvolutionSpec } from '../backbone/layout';
import { type AtomCoding, codedShape, codingKey } from '../decompose/atom-coding';
import type { LayerDictionary } from '../decompose/layer-codes';
import { ALTERNATIONS, CODING_ITERATIONS, LAMBDA, SAMPLE_ROWS } from '../decompose/sparse-coding';
import { z } from '../schema';
import { layerStorage } from './layer-storage';

export type Dictionaries = ReadonlyMap<string, LayerDictionary>;

const positive = z.number().positive();
const storage = layerStorage<LayerDictionary>(
  z.object({
    atoms: z.instanceof(Float32Array<ArrayBuffer>),
    lipschitz: positive,
    relativeError: z.number().nonnegative(),
  }),
);

/** Covers everything that the atoms depend on. */
const keyOf = (weights: string, coding: AtomCoding) =>
  `atoms of ${weights}: ${[codingKey(coding), LAMBDA, CODING_ITERATIONS, ALTERNATIONS, SAMPLE_ROWS].join()}`;

/** Returns the stored atoms of those `layers` that have any. */
export async function readDictionaries(
  weights: string,
  coding: AtomCoding,
  layers: readonly ConvolutionSpec[],
): Promise<Dictionaries> {
  const stored = await storage.read(keyOf(weights, coding));
  return new Map(
    layers.flatMap((layer) => {
      const { atoms, cols } = codedShape(coding, layer);
      const found = stored.get(layer.name);
      return found?.atoms.length === atoms * cols ? [[layer.name, found]] : [];
    }),
  );
}

/** Adds to the stored atoms. */
export async function writeDictionaries(
  weights: string,
  coding: AtomCoding,
  found: Dictionaries,
): Promise<void> {
  const added = [...found].map(
    ([layer, { atoms, lipschitz, relativeError }]) => [layer, { atoms, lipschitz, relativeError }] as const,
  );
  await storage.add(keyOf(weights, coding), added);
}
