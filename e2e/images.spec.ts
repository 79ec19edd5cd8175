/** Images of the data set: seen large, and with labels that the person corrects. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { openPage } from './steps';

let folder: string;
test.beforeEach(async ({ page }) => {
  folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  drawStripes(folder);
  copyFileSync(join(folder, 'across/0.png'), join(folder, 'down/wrong.png'));
  await openPage(page);
  await page.getByLabel('Folder of images').setInputFiles(folder);
  await expect(dataSet(page)).toContainText('21 images in 2 classes');
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

const dataSet = (page: Page) => page.getByRole('region', { name: 'Data set' });
const rail = (page: Page) => page.getByRole('navigation', { name: 'Steps' });

test('a thumbnail opens its image with name, class and part; the arrow keys go to the next', async ({
  page,
}) => {
  const thumbnails = page.getByRole('group', { name: 'Thumbnails of across' }).getByRole('button');
  await thumbnails.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(thumbnails.nth(1)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('across · training image · 1 of 10');
  await expect(dialog).toContainText('72 × 72 pixels, the file as it was loaded');
  const first = await dialog.getByRole('heading').innerText();
  await page.keyboard.press('ArrowRight');
  await expect(dialog).toContainText('2 of 10');
  await expect(dialog.getByRole('heading')).not.toHaveText(first);
  await expect(dialog.getByRole('img', { name: /^across\/\d\.png, class across$/ })).toBeVisible();
  await expectAccessible(page, 'an image of the data set');
  for (let step = 0; step < 12; step++) await page.keyboard.press('ArrowRight');
  await expect(dialog).toContainText('validation image · 10 of 10');
  await page.keyboard.press('ArrowLeft');
  await expect(dialog).toContainText('9 of 10');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(thumbnails.first()).toBeFocused();
});

test('conflicting labels are corrected, also after a restart of the engine, and the correction can be undone', async ({
  page,
}) => {
  const conflicts = page.getByRole('region', { name: 'Conflicting labels' });
  await expect(conflicts.getByRole('listitem')).toHaveCount(1);
  const across = page.getByRole('region', { name: 'Class across' });
  const down = page.getByRole('region', { name: 'Class down' });
  await expect(down).toContainText('9 training · 2 validation');
  await conflicts.getByRole('button', { name: 'All are across' }).click();
  const pending = page.getByRole('region', { name: 'Corrections to apply' });
  await expect(pending).toContainText('1 correction not applied yet');
  await expect(page.getByLabel('Class of down/wrong.png')).toHaveValue('class across');
  await expectAccessible(page, 'a correction to apply');
  await page.setViewportSize({ width: 1280, height: 900 });
  await pending.getByRole('button', { name: 'Apply' }).click();

  await expect(across).toContainText('9 training · 2 validation');
  await expect(down).toContainText('8 training · 2 validation');
  await expect(conflicts).toHaveCount(0);
  await expect(pending).toHaveCount(0);
  const corrected = page.getByRole('region', { name: 'Corrected labels' });
  await expect(corrected).toContainText('down/wrong.png');

  // A new engine reads the files again.
  await page.getByLabel('Backend').selectOption('wasm');
  await expect(page).toHaveURL(/backend=wasm/);
  await expect(page.getByLabel('Backend')).toBeEnabled({ timeout: 60_000 });
  await expect(down).toContainText('8 training · 2 validation');
  await expect(corrected).toContainText('class across');

  await corrected.getByRole('button', { name: 'Undo the correction of down/wrong.png' }).click();
  await expect(down).toContainText('9 training · 2 validation');
  await expect(conflicts.getByRole('listitem')).toHaveCount(1);
});

test('a removed image is in no count; the rail and the page show the same numbers', async ({ page }) => {
  await expect(rail(page)).toContainText('21 images · 2 classes');
  await page.getByLabel(/Hold out 20\s%/).click();
  await expect(dataSet(page)).toContainText('4 test');
  await expect(dataSet(page)).toContainText('21 images in 2 classes');
  await expect(rail(page)).toContainText('21 images · 2 classes');
  await page.getByLabel('Class of down/wrong.png').selectOption('Remove the image');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(dataSet(page)).toContainText('20 images in 2 classes');
  await expect(rail(page)).toContainText('20 images · 2 classes');
  await expect(page.getByRole('region', { name: 'Left out' })).toContainText('1 file left out');
  await page
    .getByLabel('Subset', { exact: true })
    .selectOption('800 training + 200 validation images, as in VTAB-1k');
  await expect(dataSet(page)).toContainText('as in VTAB-1k');
  const shown = /(\d+) images in 2 classes/.exec(await dataSet(page).innerText())?.[1];
  await expect(rail(page)).toContainText(`${shown} images · 2 classes`);
});
