/** The person's own images through the file chooser, with the data set's own train and val folders. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './local';
import { chartTable, chooseSettings, goTo, openPage, openShared, run, waitForRun } from './steps';

const FLOWERS = '../shared/data/flowers5';
const PER_CLASS = { train: 16, val: 8 };

test('a folder of images is imported with its own split and tuned', async ({ page }) => {
  test.skip(!existsSync(FLOWERS), `needs ${FLOWERS}`);
  const folder = mkdtempSync(join(tmpdir(), 'flowers-'));
  try {
    for (const [part, count] of Object.entries(PER_CLASS)) {
      for (const name of readdirSync(join(FLOWERS, part))) {
        for (const file of readdirSync(join(FLOWERS, part, name)).slice(0, count)) {
          cpSync(join(FLOWERS, part, name, file), join(folder, part, name, file));
        }
      }
    }
    writeFileSync(join(folder, 'train', 'daisy', '<img src=x onerror=alert(1)>.jpg'), 'not an image');
    await openPage(page);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await (await chooser).setFiles(folder);
    await expect(page.getByRole('region', { name: 'Data set' })).toContainText('5 classes', {
      timeout: 60_000,
    });
    await expect(page.getByRole('region', { name: 'Class tulips' })).toContainText('16');
    await expect(page.getByRole('region', { name: 'Left out' })).toContainText(
      '<img src=x onerror=alert(1)>.jpg',
    );
    await expect(page.getByRole('region', { name: 'Left out' })).toContainText('Not an image');

    await goTo(page, 'Backbone');
    await page.getByRole('button', { name: 'Decompose' }).click();
    await expect(page.getByRole('region', { name: 'Layer layer4.2.conv2' })).toContainText('%', {
      timeout: 60_000,
    });

    await goTo(page, 'Tune');
    await chooseSettings(page, ['Linear probe', 'Atoms']);
    await openShared(page);
    await page.getByLabel('Epochs', { exact: true }).fill('3');
    await page.getByRole('button', { name: 'Run 2 settings' }).click();
    await waitForRun(page, 'Linear probe', 90_000);
    await waitForRun(page, 'Atoms', 90_000);
    const accuracies = await chartTable(page, 'Accuracy per epoch');
    expect(accuracies.length).toBeGreaterThan(4);
    // The images resemble the pretraining images: far above chance, one in five, on 40 images.
    // Columns: setting, accuracy of the best epoch.
    const accuracy = (await run(page, 'Atoms').locator('th, td').allTextContents())[1] ?? '';
    expect(Number.parseFloat(accuracy), accuracy).toBeGreaterThan(35);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
