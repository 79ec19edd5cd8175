/** A folder dragged from the desktop onto the page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './local';
import { openPage } from './steps';
import { drawStripes } from './stripes';

test('a dropped folder is imported with its classes', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  try {
    drawStripes(folder);
    await openPage(page);
    const target = page.getByRole('group', { name: 'Drop images' });
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (!box) throw new Error('The drop target is not in view.');
    const browser = await page.context().newCDPSession(page);
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await browser.send('Input.dispatchDragEvent', { type, x: box.x + box.width / 2, y: box.y + 20, data });
    }
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
    await expect(page.getByRole('region', { name: 'Class across' })).toContainText('8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
