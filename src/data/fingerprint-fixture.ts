/** For tests only: fingerprints of images, and images as the grouping takes them. */
import { sharedFile } from '../fixtures';
import { decodeImage } from './decode';
import { type Fingerprint, fingerprinter } from './fingerprint';
import type { ComparedImage } from './groups';

export const SIDE = 73;
const fingerprint = fingerprinter(SIDE);

export async function fingerprintOf(file: Blob): Promise<Fingerprint> {
  const decoded = await decodeImage(file, SIDE);
  if ('reason' in decoded) throw new Error(decoded.reason);
  return fingerprint(decoded.pixels);
}

export async function sharedBlob(path: string): Promise<Blob> {
  return new Blob([(await sharedFile(path)) ?? new Uint8Array()]);
}

const classOf = (path: string) => path.split('/').at(-2) ?? '';

/** Images to group; the folder of each is its class. Images are not identical unless they have the same digest. */
export function compared(
  images: readonly { path: string; fingerprint: Fingerprint; digest?: string }[],
): ComparedImage[] {
  const classes = [...new Set(images.map(({ path }) => classOf(path)))];
  return images.map(({ path, fingerprint, digest = path }) => ({
    path,
    fingerprint,
    digest,
    label: classes.indexOf(classOf(path)),
  }));
}
