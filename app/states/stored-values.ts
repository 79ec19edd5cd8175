/** Values of a session as JSON. Blobs, typed arrays and maps, which JSON does not have, are objects with one key. */
import { z } from '../../src/schema';

const BLOB = 'blob';
const FLOATS = 'floats';
const MAP = 'map';

const special = z.union([
  z.strictObject({ [BLOB]: z.object({ type: z.string(), base64: z.string() }) }),
  z.strictObject({ [FLOATS]: z.string() }),
  z.strictObject({ [MAP]: z.array(z.tuple([z.unknown(), z.unknown()])) }),
]);

/** The value for `JSON.stringify`. */
export async function toStored(value: unknown): Promise<unknown> {
  if (value instanceof Blob)
    return { [BLOB]: { type: value.type, base64: toBase64(new Uint8Array(await value.arrayBuffer())) } };
  if (value instanceof Float32Array)
    return { [FLOATS]: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  if (value instanceof Map) return { [MAP]: await toStored([...value]) };
  if (Array.isArray(value)) return Promise.all(value.map(toStored));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([key, each]) => [key, await toStored(each)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The value that `toStored` was given. */
export function fromStored(stored: unknown): unknown {
  if (Array.isArray(stored)) return stored.map(fromStored);
  if (typeof stored !== 'object' || stored === null) return stored;
  const { data } = special.safeParse(stored);
  if (!data) return Object.fromEntries(Object.entries(stored).map(([key, each]) => [key, fromStored(each)]));
  if (BLOB in data) return new Blob([fromBase64(data.blob.base64)], { type: data.blob.type });
  if (FLOATS in data) return new Float32Array(fromBase64(data.floats).buffer);
  return new Map(data.map.map(([key, each]) => [fromStored(key), fromStored(each)]));
}

const toBase64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
