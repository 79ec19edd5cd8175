import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { encode } from 'fast-png';
import { seededRandom } from '../src/random';
import { expect } from './local';
import { goTo, openPage } from './steps';

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

/** Opens the page with stripes as its data, on the Tune step. Returns their folder, which the caller removes. */
export async function tuneOnStripes(page: Page, search: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  drawStripes(folder);
  await openPage(page, search);
  await page.locator('input[webkitdirectory]').setInputFiles(folder);
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
  await goTo(page, 'Tune');
  return folder;
}
