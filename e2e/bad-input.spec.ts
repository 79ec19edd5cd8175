/** Bad input: the page shows a clear message, keeps its state and keeps working. Each kind of file has its own unit test. */
import { expect, test } from './local';
import { goTo, openPage } from './steps';

const NOISE = Buffer.from(Array.from({ length: 4000 }, (_, index) => (index * 7919) % 256));

test('a bad zip and a bad adapter are rejected with a message; the data set is kept', async ({ page }) => {
  await openPage(page);
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  const data = page.getByRole('region', { name: 'Data set' });
  await expect(data).toContainText('6 classes', { timeout: 60_000 });

  const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), NOISE]);
  await page
    .getByLabel('Archive of images')
    .setInputFiles({ name: 'broken.zip', mimeType: 'application/zip', buffer: zip });
  await expect(page.getByRole('alert')).toContainText('broken.zip');
  await expect(data).toContainText('6 classes');

  await page
    .getByLabel('Archive of images')
    .setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all') });
  await expect(page.getByRole('alert')).toContainText('None of the dropped files could be read');
  await expect(data).toContainText('6 classes');

  await goTo(page, 'Use');
  const hugeHeader = Buffer.alloc(64);
  hugeHeader.writeBigUInt64LE(4n * 1024n ** 3n);
  const files = [
    { name: 'huge.safetensors', buffer: hugeHeader },
    { name: 'noise.safetensors', buffer: NOISE },
    { name: 'empty.safetensors', buffer: Buffer.alloc(0) },
  ];
  for (const { name, buffer } of files) {
    await page.getByLabel('Adapter file').setInputFiles({ name, mimeType: '', buffer });
    await expect(page.getByRole('alert')).toContainText(name);
  }
  await goTo(page, 'Data');
  await expect(data).toContainText('6 classes');
});

test('a link with invalid parameters opens the page with its defaults', async ({ page }) => {
  await page.goto('/?epochs=-4&backend=quantum&settings=%3Cscript%3E&lr.atoms=fast');
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeEnabled();
  await expect(page.getByText('epochs=-4')).toBeVisible();
});
