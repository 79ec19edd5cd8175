import { encode } from 'fast-png';
import { SIDE } from './drawing';
import type { IndexedImage } from './reduce-colours';

/** A drawn image as a PNG file with a palette. */
export function samplePng({ palette, indices }: IndexedImage): Uint8Array<ArrayBuffer> {
  const image = { width: SIDE, height: SIDE, channels: 1, depth: 8, palette, data: indices } as const;
  return new Uint8Array(encode(image, { zlib: { level: 9 } }));
}
