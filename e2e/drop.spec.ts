/** Dropping a folder from the desktop onto the page, and splitting its images. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { goTo, openPage } from './steps';

test('a dropped folder is imported with its classes, its duplicates are listed, and it is split as chosen', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    drawStripes(folder);
    for (const name of ['across/again.png', 'down/wrong.png'])
      copyFileSync(join(folder, 'across/0.png'), join(folder, name));
    await openPage(page);
    await drop(page, page.getByRole('group', { name: 'Drop images' }), [folder]);
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
    await expect(page.getByRole('region', { name: 'Class across' })).toContainText(
      '9 training · 2 validation',
    );

    const data = page.getByRole('region', { name: 'Data set' });
    await expect(data).toContainText('18 training, 4 validation');
    await expect(data).toContainText('3 images form 1 group of near-duplicates');
    const conflicts = page.getByRole('region', { name: 'Conflicting labels' });
    for (const name of ['across/0.png', 'across/again.png', 'down/wrong.png'])
      await expect(conflicts).toContainText(name);
    await page.getByLabel(/Hold out 20\s%/).click();
    await expect(data).toContainText('14 training, 4 validation, 4 test');
    await page.getByLabel('Subset', { exact: true }).selectOption('Few-shot, 2 training images per class');
    await expect(data).toContainText(/4 training, \d+ validation, 4 test/);
    await expect(page).toHaveURL(/test=0\.2&preset=few-shot-2/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('files dropped anywhere go to the step that they belong to, and only where no drop area takes them', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    drawStripes(folder);
    await openPage(page);
    await goTo(page, 'Tune');
    const title = page.getByRole('main').getByRole('heading', { level: 2 });
    await drag(page, title, [folder], ['dragEnter', 'dragOver']);
    await expect(page.getByText('Drop it anywhere')).toBeVisible();
    await drag(page, title, [folder], ['drop']);
    await expect(page.getByText('Drop it anywhere')).toHaveCount(0);
    await expect(title).toHaveText('Data');
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');

    await drag(page, page.getByRole('group', { name: 'Drop images' }), [folder], ['dragEnter', 'dragOver']);
    await expect(page.getByText('Drop it anywhere')).toHaveCount(0);

    await drop(page, title, [resolve('bench/core-atoms/surface-faults/core-3.test.1.safetensors')]);
    await expect(title).toHaveText('Use');
    await expect(page.getByRole('region', { name: 'Models' })).toContainText(/core/i);

    await drop(page, title, [resolve('src/backbone/weight-forms/narrow.pth')]);
    await expect(title).toHaveText('Backbone');
    await expect(page.getByLabel('Backbone facts')).toContainText('narrow.pth');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

type DragStep = 'dragEnter' | 'dragOver' | 'drop';

const drop = (page: Page, target: Locator, files: string[]) =>
  drag(page, target, files, ['dragEnter', 'dragOver', 'drop']);

/** As from the desktop. */
async function drag(page: Page, target: Locator, files: string[], steps: DragStep[]): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error('The drop target is not in view.');
  const browser = await page.context().newCDPSession(page);
  for (const type of steps) {
    await browser.send('Input.dispatchDragEvent', {
      type,
      x: box.x + box.width / 2,
      y: box.y + 20,
      data: { items: [], files, dragOperationsMask: 1 },
    });
  }
}
