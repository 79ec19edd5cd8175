/** What was computed of a backbone's layers, kept in the browser's storage by layer name. Without storage nothing is kept. */
import { get, update } from 'idb-keyval';
import { z } from '../schema';

export interface LayerStorage<T> {
  /** The stored values; none if there is no valid entry. */
  read(key: string): Promise<Map<string, T>>;
  /** Adds to the stored values. */
  add(key: string, found: Iterable<readonly [string, T]>): Promise<void>;
}

/** @param schema validates the value of each layer, because other code may have written the entry */
export function layerStorage<T>(schema: z.ZodType<T>): LayerStorage<T> {
  const entry = z.map(z.string(), schema);
  const parsed = (stored: unknown) => new Map(entry.safeParse(stored).data ?? []);
  return {
    read: async (key) => parsed(await get(key).catch(() => null)),
    add: (key, found) => update(key, (stored) => new Map([...parsed(stored), ...found])).catch(() => {}),
  };
}
