/** A first visit: train five settings on the sample set, download the atoms, and load them into a new page. */
import { encode } from 'fast-png';
import { decodeAdapter } from '../src/export/adapter-file';
import { expect, test } from './local';
import { bytesOf, chartTable, goTo, openPage, run, waitForRun } from './steps';

/** 96×96: a light square on a dark ground. */
function squareImage(light = 220): Buffer {
  const data = new Uint8Array(96 * 96 * 3);
  for (let y = 0; y < 96; y++) {
    for (let x = 0; x < 96; x++)
      data.fill(x > 30 && x < 60 && y > 20 && y < 50 ? light : 40, (y * 96 + x) * 3, (y * 96 + x + 1) * 3);
  }
  return Buffer.from(encode({ width: 96, height: 96, data, channels: 3 }));
}

test('one click trains five settings; the downloaded adapter gives the same predictions in a new page', async ({
  page,
}) => {
  await openPage(page, '?epochs=2&preset=few-shot-16');
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'Compare' })).toBeVisible({ timeout: 60_000 });

  // The charts are updated during training.
  await expect(run(page, 'Atoms')).toContainText('running', { timeout: 60_000 });
  const curve = page
    .getByRole('region', { name: 'Loss per step' })
    .locator('path.recharts-line-curve')
    .last();
  await expect(curve).toBeVisible({ timeout: 60_000 });
  const before = await curve.getAttribute('d');
  await expect.poll(() => curve.getAttribute('d'), { timeout: 60_000 }).not.toBe(before);

  const names = ['Linear probe', 'Atoms', 'Core atoms', 'LoRA', 'Full tuning'];
  for (const name of names) await waitForRun(page, name, 200_000);
  // The answer is about the linear probe and the images that it was measured on.
  await expect(page.locator('main')).toContainText(/the linear probe on these 384 validation images/);
  const points = await chartTable(page, 'Accuracy against cost');
  expect(points.slice(1).map(([name]) => name)).toEqual(names);
  await expect(run(page, 'Atoms')).toContainText('1,737 + 3,078');

  const csv = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save runs as CSV' }).click();
  expect((await bytesOf(await csv)).toString().trim().split('\n')).toHaveLength(6);
  const svg = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save Loss per step as SVG' }).click();
  expect((await bytesOf(await svg)).toString()).toMatch(/^<svg.*>Surface faults, 480 images,/s);

  await goTo(page, 'Use');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download adapter of Atoms' }).click();
  const download = await saving;
  const file = await bytesOf(download);
  const adapter = decodeAdapter(file, download.suggestedFilename());
  expect(adapter.header.setting).toBe('atoms');
  expect(file.byteLength).toBeLessThan(40_000);
  const image = { name: 'square.png', mimeType: 'image/png', buffer: squareImage() };
  await page.getByLabel('Images to classify').setInputFiles(image);
  const prediction = page.getByRole('region', { name: 'Prediction of Atoms' }).getByRole('listitem');
  await expect(prediction).toHaveCount(6);
  const expected = await prediction.allInnerTexts();

  // Several images: a table, a list of those that cannot be decoded, and all probabilities as CSV.
  const squares = Array.from({ length: 30 }, (_, index) => ({
    ...{ name: `square ${index + 1}.png`, mimeType: 'image/png', buffer: squareImage(60 + 5 * index) },
  }));
  const letter = { name: 'letter.png', mimeType: 'image/png', buffer: Buffer.from('Dear all') };
  await page.getByLabel('Images to classify').setInputFiles([...squares.toReversed(), letter]);
  const leftOut = page.getByRole('region', { name: 'Left out' });
  await expect(leftOut).toContainText(/letter\.png\s*Not an image/);
  const table = page.getByRole('region', { name: 'Predictions, table' });
  await expect(table.getByRole('columnheader')).toHaveText(['Image', 'Models', ...names]);
  const rows = table.getByRole('rowheader');
  await expect(rows).toHaveText(squares.map(({ name }) => name));
  const saveCsv = page.getByRole('button', { name: 'Save predictions as CSV' });
  await expect(saveCsv).toBeEnabled({ timeout: 60_000 });
  await expect(table.locator('tbody')).not.toContainText('…');
  const predictions = page.waitForEvent('download');
  await saveCsv.click();
  const lines = (await bytesOf(await predictions)).toString().trim().split('\r\n');
  expect(lines).toHaveLength(1 + squares.length + 1);
  // The image, whether models differ, 5 × (predicted class, its probability, 6 classes), why it was left out.
  for (const line of lines.slice(2)) expect(line.split(',')).toHaveLength(1 + 1 + 5 * 8 + 1);
  expect(lines[1]).toMatch(/^letter\.png,+Not an image/);

  await page.goto('/');
  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: 'New project' }).click();
  await goTo(page, 'Use');
  await page
    .getByLabel('Adapter file')
    .setInputFiles({ name: download.suggestedFilename(), mimeType: '', buffer: file });
  const models = page.getByRole('list', { name: 'Models' });
  for (const fact of [
    ...['Atoms', 'Loaded from atoms.safetensors', /Validation accuracy, \d+ images/],
    ...[/Trained on “.+”/, '6 classes: '],
  ])
    await expect(models).toContainText(fact);
  await page
    .getByLabel('Adapter file')
    .setInputFiles({ name: 'copy.safetensors', mimeType: '', buffer: file });
  await expect(page.getByRole('group', { name: 'Drop an adapter' })).toContainText(
    '“copy.safetensors” is already loaded as “Atoms”.',
  );
  await expect(models.getByRole('listitem')).toHaveCount(1);
  await page.getByLabel('Images to classify').setInputFiles(image);
  await expect(prediction).toHaveCount(6);
  expect(await prediction.allInnerTexts()).toEqual(expected);
});
