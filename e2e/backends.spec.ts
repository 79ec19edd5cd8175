/** The same short run on wasm and on WebGPU (a software adapter if there is no GPU) must give the same losses. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { chartTable, openPage, waitForRun } from './steps';

/** The engine panel's text for each backend. */
const PANEL = { wasm: 'WebAssembly', webgpu: 'fp32', 'webgpu-half': 'fp16 storage, fp32 sums' };

async function losses(page: Page, backend: keyof typeof PANEL, folder: string): Promise<number[]> {
  // An untrained head and no randomness: 8 steps of 8 images.
  await openPage(
    page,
    `?backend=${backend}&settings=atoms&epochs=4&batch=8&dropout=0&warmStart=off&headLr=0.01&augmentation=none`,
  );
  await expect(page.getByRole('region', { name: 'Engine' })).toContainText(PANEL[backend]);
  await page.getByLabel('Folder of images').setInputFiles(folder);
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
  await page.goto(`${page.url().split('#')[0]}#tune`);
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Atoms', 400_000);
  const rows = await chartTable(page, 'Loss per step');
  return rows.slice(1).map((cells) => Number(cells.at(-1)));
}

test('the loss falls on WebGPU in both precisions, and agrees with wasm within 0.01', async ({ page }) => {
  test.setTimeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    drawStripes(folder);
    const onWasm = await losses(page, 'wasm', folder);
    expect(onWasm).toHaveLength(8);
    for (const backend of ['webgpu', 'webgpu-half'] as const) {
      const onWebgpu = await losses(page, backend, folder);
      expect(onWebgpu).toHaveLength(8);
      expect(onWebgpu[0]).toBeCloseTo(Math.log(2), 3);
      expect(onWebgpu[7]).toBeLessThan(0.9 * Math.log(2));
      for (const [step, loss] of onWebgpu.entries()) {
        expect(Math.abs(loss - (onWasm[step] ?? Number.NaN)), `step ${step + 1}`).toBeLessThan(0.01);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
