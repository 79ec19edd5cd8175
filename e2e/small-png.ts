/** Screenshots as small files: few colours, each pixel as its place in a palette. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { decode, encode } from 'fast-png';
import { reduceColours } from '../scripts/reduce-colours';

/** So few that a file has a third of its bytes; a difference in colour stays below what the comparison allows. */
const COLOURS = 64;

/** Rewrites the PNG, unless it has a palette already. */
export function makeSmall(path: string): void {
  if (!existsSync(path)) return;
  const { width, height, channels, data, palette } = decode(readFileSync(path));
  if (palette) return;
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < 3; channel++)
      rgb[3 * pixel + channel] = data[channels * pixel + channel] ?? 0;
  const reduced = reduceColours(rgb, COLOURS);
  const image = {
    width,
    height,
    channels: 1,
    depth: 8,
    palette: reduced.palette,
    data: reduced.indices,
  } as const;
  writeFileSync(path, encode(image, { zlib: { level: 9 } }));
}
