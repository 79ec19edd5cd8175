/** Loss of the GPU during a run, and recovery from it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './local';
import { openPage, run } from './steps';
import { drawStripes } from './stripes';

test('a lost GPU ends the run with instructions; after a restart the data is kept and the next run starts', async ({
  browser,
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    drawStripes(folder);
    await openPage(page, '?backend=webgpu&settings=lora,full&batch=2&warmStart=off');
    const engine = page.getByRole('region', { name: 'Engine' });
    await expect(engine).toContainText('WebGPU');
    await page.getByLabel('Folder of images').setInputFiles(folder);
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
    await page.goto(`${page.url().split('#')[0]}#tune`);
    await page.getByRole('button', { name: 'Run 2 settings' }).click();
    await expect(run(page, 'LoRA')).toContainText('running', { timeout: 60_000 });

    // Simulates a driver failure by ending the GPU process.
    const devTools = await browser.newBrowserCDPSession();
    await devTools.send('Browser.crashGpuProcess').catch(() => {});
    await expect(run(page, 'LoRA')).toContainText('failed', { timeout: 60_000 });
    await expect(run(page, 'LoRA')).toContainText('The GPU device was lost');
    await expect(run(page, 'Full tuning')).toContainText('waiting');
    await expect(engine).toContainText('Not running');
    const note = page
      .getByRole('alert')
      .filter({ has: page.getByRole('button', { name: 'Restart the engine' }) });
    await expect(note).toContainText('The GPU device was lost');
    await note.getByText('Technical details').click();
    await expect(note).toContainText('device.lost (');

    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

    await note.getByRole('button', { name: 'Restart the engine' }).click();
    await expect(engine).toContainText('WebGPU', { timeout: 60_000 });
    await expect(note).toHaveCount(0);
    await expect(run(page, 'Full tuning')).toContainText('running', { timeout: 60_000 });
    await expect(run(page, 'LoRA')).toContainText('failed');
    await page.goto(`${page.url().split('#')[0]}#data`);
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
