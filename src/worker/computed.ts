/**
 * What was computed and is kept between visits: atoms and bases of backbones (layer-storage.ts), and the tile sizes chosen for GPU adapters
 * (tile-memory.ts). They are all entries of one database, and nothing else is in it. What is missing is computed again.
 */
import { clear, get, keys } from 'idb-keyval';

/** Bytes of the numbers and texts; the browser may store them in fewer. */
export async function computedBytes(): Promise<number> {
  let sum = 0;
  // One at a time: together they can be large.
  for (const key of await keys()) sum += bytesOf(await get(key));
  return sum;
}

export const deleteComputed = () => clear();

function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value === 'string') return value.length;
  if (value instanceof Map) return bytesOf([...value]);
  if (typeof value === 'object' && value !== null)
    return Object.values(value).reduce((sum: number, each) => sum + bytesOf(each), 0);
  return Float64Array.BYTES_PER_ELEMENT;
}
