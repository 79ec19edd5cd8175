/** Images of the data set: seen large, and with labels that the person corrects. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { bytesOf, openPage } from './steps';

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

test('labels are corrected without the files after a reload, removals are taken back, and the zip has both', async ({
  page,
  browser,
}) => {
  const saved = page.getByRole('banner').getByText('Saved', { exact: true });
  const corrected = (on: Page) => on.getByRole('region', { name: 'Corrected labels' });
  const down = (on: Page) => on.getByRole('region', { name: 'Class down' });
  await expect(saved).toBeVisible();
  rmSync(folder, { recursive: true, force: true });
  const reload = async () => {
    await expect(saved).toBeVisible();
    await page.reload();
    await expect(page.getByLabel('Backend')).toBeEnabled({ timeout: 60_000 });
  };
  await reload();
  await page.getByLabel('Class of down/wrong.png').selectOption('Remove the image');
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(dataSet(page)).toContainText('20 images in 2 classes');
  await expect.poll(() => keptCorrections(page)).toEqual([[{ path: 'down/wrong.png', className: null }]]);

  await reload();
  await expect(dataSet(page)).toContainText('20 images in 2 classes');
  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: /^Actions of stripes/ }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Export as zip' }).click(),
  ]);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  // Another machine has the removed image, too.
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto('/');
  await other.getByRole('button', { name: 'Projects' }).click();
  await other
    .getByLabel('Zip of a project')
    .setInputFiles({ name: 'stripes.zip', mimeType: 'application/zip', buffer: await bytesOf(download) });
  await corrected(other).getByRole('button', { name: 'Undo the correction of down/wrong.png' }).click();
  await expect(down(other)).toContainText('9 training · 2 validation');
  await context.close();

  await corrected(page).getByRole('button', { name: 'Undo the correction of down/wrong.png' }).click();
  await expect(dataSet(page)).toContainText('21 images in 2 classes');
  await page.getByRole('button', { name: 'All are across' }).click();
  await page.getByRole('button', { name: 'Apply', exact: true }).click();
  await expect(down(page)).toContainText('8 training · 2 validation');
  await reload();
  await expect(down(page)).toContainText('8 training · 2 validation');
  await expect(corrected(page)).toContainText('class across');
  await expect.poll(() => keptCorrections(page)).toEqual([[{ path: 'down/wrong.png', className: 'across' }]]);
});

/** The corrections in every description of kept images. */
function keptCorrections(page: Page): Promise<unknown[]> {
  return page.evaluate(async () => {
    const found: unknown[] = [];
    const root = await navigator.storage.getDirectory();
    for await (const project of (await root.getDirectoryHandle('projects')).values()) {
      const data = await (project as FileSystemDirectoryHandle).getDirectoryHandle('data');
      for await (const set of data.values()) {
        const file = await (set as FileSystemDirectoryHandle).getFileHandle('dataset.json').catch(() => null);
        if (file) found.push(JSON.parse(await (await file.getFile()).text()).reading.corrections);
      }
    }
    return found;
  });
}
