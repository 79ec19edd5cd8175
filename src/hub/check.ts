/** Verifies a stored file against its stated size and hash before it is recorded as whole. */
import { createSHA256 } from 'hash-wasm';
import { readAll, type SyncAccessHandle } from '../files/sync-access';
import { yieldToEventLoop } from '../yield-to-event-loop';
import type { Place } from './place';
import type { Statement } from './sources';

/** Bytes read at a time. */
const CHUNK = 2 ** 22;

interface Options {
  /** Bytes hashed so far. */
  onProgress: (hashed: number) => void;
  signal: AbortSignal | undefined;
}

/** The file does not have the stated size or hash. The message says which. */
export class Mismatch extends Error {}

/**
 * Verifies the bytes of a place and records them as whole.
 * @throws Mismatch if their number or their SHA-256 differs from the stated one
 */
export async function settle(
  place: Place,
  stated: Statement,
  origin: { label: string; fileName: string; url: string | null },
  options: Options,
): Promise<void> {
  const { bytes, sha256 } = await place.use('original', async (handle) => {
    const bytes = handle.getSize();
    if (stated.bytes !== null && bytes !== stated.bytes) {
      throw new Mismatch(`it has ${bytes} bytes instead of ${stated.bytes}`);
    }
    return { bytes, sha256: await hashOf(handle, options) };
  });
  if (stated.sha256 !== null && sha256 !== stated.sha256) {
    throw new Mismatch(
      `its SHA-256 begins with ${sha256.slice(0, 8)} instead of ${stated.sha256.slice(0, 8)}`,
    );
  }
  const { label, fileName, url } = origin;
  await place.write({
    kind: 'whole',
    ...{ label, fileName, url, bytes, sha256 },
    savedAt: Date.now(),
    verified: stated.sha256 !== null,
    precision: 'original',
  });
}

/** SHA-256 in lowercase hex, read back from the disk in chunks, so that the hash covers the bytes as stored. */
async function hashOf(handle: SyncAccessHandle, { onProgress, signal }: Options): Promise<string> {
  const hasher = await createSHA256();
  const total = handle.getSize();
  const chunk = new Uint8Array(Math.min(CHUNK, total));
  for (let at = 0; at < total; at += chunk.length) {
    const part = chunk.subarray(0, total - at);
    readAll(handle, part, at);
    hasher.update(part);
    onProgress(at + part.length);
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  return hasher.digest();
}
