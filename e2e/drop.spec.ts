/** Dropping a folder from the desktop onto the page, and splitting its images. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './local';
import { openPage } from './steps';
import { drawStripes } from './stripes';

test('a dropped folder is imported with its classes, its duplicates are listed, and it is split as chosen', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    drawStripes(folder);
    for (const name of ['across/again.png', 'down/wrong.png'])
      copyFileSync(join(folder, 'across/0.png'), join(folder, name));
    await openPage(page);
    const target = page.getByRole('group', { name: 'Drop images' });
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (!box) throw new Error('The drop target is not in view.');
    const browser = await page.context().newCDPSession(page);
    const dragged = { items: [], files: [folder], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await browser.send('Input.dispatchDragEvent', {
        type,
        x: box.x + box.width / 2,
        y: box.y + 20,
        data: dragged,
      });
    }
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
    await expect(page.getByRole('region', { name: 'Class across' })).toContainText('9 train · 2 val');

    const data = page.getByRole('region', { name: 'Data set' });
    await expect(data).toContainText('18 training, 4 validation');
    await expect(data).toContainText('3 images form 1 group of duplicates, near-duplicates or burst shots');
    const conflicts = page.getByRole('region', { name: 'Conflicting labels' });
    for (const name of ['across/0.png', 'across/again.png', 'down/wrong.png'])
      await expect(conflicts).toContainText(name);
    await page.getByLabel(/Hold out 20\s%/).click();
    await expect(data).toContainText('14 training, 4 validation, 4 test');
    await page.getByLabel('Subset', { exact: true }).selectOption('Few-shot, 2 per class');
    await expect(data).toContainText(/4 training, \d+ validation, 4 test/);
    await expect(page).toHaveURL(/test=0\.2&preset=few-shot-2/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
