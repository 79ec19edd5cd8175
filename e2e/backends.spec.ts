/** The same short run on wasm and on real WebGPU (a software adapter where there is no GPU) must tell the same story. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { encode } from 'fast-png';
import { seededRandom } from '../src/random';
import { expect, test } from './local';
import { chartTable, openPage, waitForRun } from './steps';

/** Two classes of stripes, across and down, with noise. */
function draw(folder: string): void {
  const random = seededRandom(4);
  for (const name of ['across', 'down']) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let index = 0; index < 10; index++) {
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

async function losses(page: Page, backend: 'wasm' | 'webgpu', folder: string): Promise<number[]> {
  // From an untrained head, without chance: 8 steps of 8 images.
  await openPage(
    page,
    `?backend=${backend}&settings=atoms&epochs=4&batch=8&dropout=0&warmStart=off&headLr=0.01&augmentation=none`,
  );
  await expect(page.getByRole('region', { name: 'Engine' })).toContainText(
    backend === 'wasm' ? 'WebAssembly' : 'WebGPU',
  );
  await page.getByLabel('Folder of images').setInputFiles(folder);
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
  await page.goto(`${page.url().split('#')[0]}#tune`);
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Atoms', 400_000);
  const rows = await chartTable(page, 'Loss per step');
  return rows.slice(1).map((cells) => Number(cells.at(-1)));
}

test('the loss falls on WebGPU, and is that of wasm to 1 %', async ({ page }) => {
  test.setTimeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    draw(folder);
    const onWasm = await losses(page, 'wasm', folder);
    const onWebgpu = await losses(page, 'webgpu', folder);
    expect(onWasm).toHaveLength(8);
    expect(onWebgpu).toHaveLength(8);
    expect(onWebgpu[0]).toBeCloseTo(Math.log(2), 3);
    expect(onWebgpu[7]).toBeLessThan(0.9 * Math.log(2));
    for (const [step, loss] of onWebgpu.entries()) {
      expect(Math.abs(loss - (onWasm[step] ?? Number.NaN)), `step ${step + 1}`).toBeLessThan(0.01);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
