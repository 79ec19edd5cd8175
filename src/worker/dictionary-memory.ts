/** Atoms that were found before, kept in the browser between visits, by the weights' hash. Without storage they are found anew. */
import { get, set } from 'idb-keyval';
import { z } from 'zod';
import type { LayerDictionary } from '../decompose/layer-codes';
import { ALTERNATIONS, CODING_ITERATIONS, LAMBDA, SAMPLE_ROWS } from '../decompose/sparse-coding';

export type Dictionaries = ReadonlyMap<string, LayerDictionary>;

const positive = z.number().positive();
const schema = z.map(
  z.string(),
  z.object({
    atoms: z.instanceof(Float32Array<ArrayBuffer>),
    lipschitz: positive,
    relativeError: z.number().nonnegative(),
  }),
);

/** All that the atoms depend on. */
const keyOf = (weights: string, count: number) =>
  `atoms of ${weights}: ${[count, LAMBDA, CODING_ITERATIONS, ALTERNATIONS, SAMPLE_ROWS].join()}`;

/** Null where there are none, or not `count` for each of these layers. */
export async function readDictionaries(
  weights: string,
  count: number,
  layers: readonly { name: string; kernel: number }[],
): Promise<Dictionaries | null> {
  const stored: unknown = await get(keyOf(weights, count)).catch(() => null);
  const { data } = schema.safeParse(stored);
  const complete =
    data?.size === layers.length &&
    layers.every(({ name, kernel }) => data.get(name)?.atoms.length === count * kernel ** 2);
  return complete ? data : null;
}

export async function writeDictionaries(weights: string, count: number, found: Dictionaries): Promise<void> {
  const kept = new Map(
    [...found].map(([layer, { atoms, lipschitz, relativeError }]) => [
      layer,
      { atoms, lipschitz, relativeError },
    ]),
  );
  await set(keyOf(weights, count), kept).catch(() => {});
}
