import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { seededRandom } from '../src/core/random';

/** Writes two classes of noisy stripes, horizontal and vertical, as small PNGs. */
export function drawStripes(folder: string, images = { across: 10, down: 10 }): void {
  const random = seededRandom(4);
  for (const [name, count] of Object.entries(images)) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let index = 0; index < count; index++) {
      const data = new Uint8Array(72 * 72 * 3);
      for (let pixel = 0; pixel < 72 * 72; pixel++) {
        const place = name === 'across' ? Math.floor(pixel / 72) : pixel % 72;
        const shade = Math.floor((place + index) / 6) % 2 === 0 ? 60 : 150;
        for (let channel = 0; channel < 3; channel++) data[pixel * 3 + channel] = shade + random.integer(80);
      }
      writeFileSync(join(folder, name, `${index}.png`), encode({ width: 72, height: 72, data, channels: 3 }));
    }
  }
}
