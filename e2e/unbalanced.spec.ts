/** Unbalanced classes with test images: balanced accuracy on the test images leads everywhere, beside the largest class as a baseline. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAdapter } from '../src/export/adapter-file';
import { killTune, tune } from './command';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { bytesOf, goTo, openPage, run, waitForRun } from './steps';

/** Images of each class; a fifth of them are test images, another fifth validation images. */
const IMAGES = { across: 5, down: 10 };
/** One of three test images is of the smaller class. */
const BASELINE =
  /always predicting the largest class would reach 50\.0\s%, although it is right on 66\.7\s% of the images\./;

let folder: string;
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unbalanced-'));
  drawStripes(join(folder, 'stripes'), IMAGES);
});
test.afterEach(() => {
  // Needed only after a test that timed out.
  killTune();
  rmSync(folder, { recursive: true, force: true });
});

test('on Compare, in the report, on Use and in the adapter', async ({ page }) => {
  await openPage(page, '?backend=wasm&test=0.2&probe.epochs=3&settings=linear-probe');
  await page.locator('input[webkitdirectory]').setInputFiles(join(folder, 'stripes'));
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('3 test');
  await goTo(page, 'Tune');
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Linear probe', 120_000);

  const main = page.getByRole('main');
  await expect(main).toContainText(/Linear probe: balanced accuracy [\d.]+\s% \(.*\) on 3 test images\./);
  await expect(main).toContainText(BASELINE);
  const heads = page.getByRole('region', { name: 'Runs, table' }).getByRole('columnheader');
  await expect(heads.nth(1)).toContainText(/^Balanced test accuracy \(95\s%\)/);
  await expect(heads.filter({ hasText: /^Accuracy/ })).toBeVisible();
  const headline = /[\d.]+\s% \(/.exec(await run(page, 'Linear probe').innerText())?.[0] ?? 'none';
  await expect(page.getByRole('region', { name: 'Accuracy against cost' })).toContainText(
    'balanced test accuracy',
  );

  await page.getByRole('button', { name: 'Save a report' }).click();
  const [report] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Markdown' }).click(),
  ]);
  const text = (await bytesOf(report)).toString();
  expect(text).toMatch(BASELINE);
  expect(text).toMatch(/\| Balanced test accuracy \| Balanced validation accuracy \| Accuracy \|/);
  expect(text).toContain(headline);

  await goTo(page, 'Use');
  const model = page.getByRole('list', { name: 'Models' }).getByRole('listitem');
  await expect(model).toContainText('Balanced test accuracy, 3 images');
  await expect(model).toContainText(headline);
  await expect(model).toContainText(/66\.7\s% if the largest class is always predicted/);
  const [adapter] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download adapter of Linear probe' }).click(),
  ]);
  const { training } = decodeAdapter(await bytesOf(adapter), adapter.suggestedFilename()).header;
  expect(training.byClass?.test?.images).toEqual([1, 2]);
});

test('on the command line', async () => {
  const out = join(folder, 'out');
  const { code, stdout, stderr } = await tune([
    ...['--data', join(folder, 'stripes'), '--setting', 'linear-probe', '--test-part', '0.2'],
    ...['--backend', 'wasm', '--out', out],
  ]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Linear probe: finished, balanced test accuracy [\d.]+\s% at the best epoch/m);
  expect(stdout).toMatch(/^Linear probe: balanced accuracy [\d.]+\s% \(.*\) on 3 test images\./m);
  expect(stdout).toMatch(BASELINE);
  expect(stdout).toMatch(/^Setting +Balanced test accuracy \(95\s%\) +Accuracy/m);
  expect(readFileSync(join(out, 'report.md'), 'utf8')).toMatch(BASELINE);
});
