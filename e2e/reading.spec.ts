/** A data set whose folders can be read in several ways: the page asks, and applies the answer. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectAccessible } from './accessible';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { goTo, openPage } from './steps';

test('the page asks which folders are the classes, and applies the answer again to the same data set', async ({
  page,
}) => {
  const place = mkdtempSync(join(tmpdir(), 'reading-'));
  try {
    drawStripes(place);
    for (const [outer, inner] of [
      ['warm', 'across'],
      ['cold', 'down'],
    ] as const) {
      mkdirSync(join(place, 'set', outer), { recursive: true });
      renameSync(join(place, inner), join(place, 'set', outer, inner));
    }
    await openPage(page);
    await page.getByLabel('Folder of images').setInputFiles(join(place, 'set'));
    const question = page.getByRole('alert');
    await expect(question).toContainText('More than one level of folders could name the classes');
    await expect(question).toContainText('warm/ 10 images');
    const read = page.getByRole('button', { name: 'Read the images this way' });
    await expect(read).toBeDisabled();
    await expect(question.getByRole('radio')).toHaveCount(2);
    await expect(question).toContainText('Classes: cold (10), warm (10).');
    await expectAccessible(page, 'a question about folders');
    await page.getByRole('radio', { name: /across/ }).check();
    await read.click();
    await expect(page.getByRole('region', { name: 'Class across' })).toContainText(
      '8 training · 2 validation',
    );
    await expect(question).toHaveCount(0);

    await page.getByLabel('Subset', { exact: true }).selectOption('Few-shot, 2 training images per class');
    await expect(page.getByRole('region', { name: 'Class across' })).toContainText('2 train');
    await goTo(page, 'Tune');
    await expect(
      page.getByText(/^Images of all parts\. Classes: across \(\d+\), down \(\d+\)\.$/),
    ).toBeVisible();
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
