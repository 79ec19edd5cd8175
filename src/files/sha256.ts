import { createSHA256 } from 'hash-wasm';
import { chunks } from './chunks';

/** SHA-256 in lowercase hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256, in lowercase hex, of the concatenated blobs. They are hashed in chunks, which WebCrypto does not support. */
export async function sha256OfBlobs(blobs: readonly Blob[]): Promise<string> {
  const hasher = await createSHA256();
  for (const blob of blobs) {
    for await (const piece of chunks(blob.stream())) hasher.update(piece);
  }
  return hasher.digest('hex');
}
