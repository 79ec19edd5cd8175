/** A sweep: its size before it starts, changes to its queue, and its results. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './local';
import { bytesOf, goTo, openPage, run } from './steps';
import { drawStripes } from './stripes';

test('values and seeds of two settings are timed, queued, reordered, paused, extended and compared', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'stripes-'));
  drawStripes(folder);
  await openPage(
    page,
    '?backend=wasm&epochs=6&batch=4&test=0.2&probe.epochs=3&settings=linear-probe,atoms&seeds=2&sweep.atoms.m=3,4&memory=200',
  );
  await page.locator('input[webkitdirectory]').setInputFiles(folder);
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');

  await goTo(page, 'Tune');
  const sweep = page.getByRole('region', { name: 'Sweep' });
  await expect(sweep).toContainText(/^.*6 runs · at most [\d.]+\sMB of memory/);
  await sweep.getByRole('button', { name: 'Several values' }).click();
  const atoms = sweep.getByRole('group', { name: 'Atoms' });
  const rates = atoms.getByLabel('Learning rates');
  await rates.fill('fast');
  await rates.press('Enter');
  await expect(atoms).toContainText('“fast” is not from');
  await sweep.getByRole('button', { name: 'Measure time' }).click();
  await expect(sweep).toContainText(/about [\d.]+ (s|min)/, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Run 2 settings, 6 runs' }).click();

  await page.getByRole('switch', { name: 'Pause the queue' }).check();
  const names = () => page.getByRole('list', { name: 'Runs' }).getByRole('heading').allInnerTexts();
  const last = 'Atoms, m = 4, seed 1';
  expect((await names()).at(-1)).toBe(last);
  await page.getByRole('button', { name: `Move up ${last}` }).click();
  await expect.poll(async () => (await names()).at(-2)).toBe(last);
  await page.getByRole('button', { name: 'Remove Linear probe, seed 1' }).click();
  await goTo(page, 'Tune');
  await page.getByRole('button', { name: /^Run 2 settings/ }).click();
  await expect(page.getByRole('list', { name: 'Runs' }).getByRole('listitem')).toHaveCount(11);
  for (const name of (await names()).filter((each) => / 2$/.test(each)))
    await page.getByRole('button', { name: `Remove ${name}`, exact: true }).click();
  await page.getByRole('switch', { name: 'Pause the queue' }).uncheck();
  for (const name of await names())
    await expect(run(page, name).first()).toContainText('finished', { timeout: 120_000 });

  const settings = page.getByRole('region', { name: 'Settings, table' });
  await expect(settings.getByRole('row')).toHaveCount(4);
  await expect(settings.getByRole('row', { name: 'Atoms, m = 3' })).toContainText(
    /579 \+ 1,0262[\d.]+\s% \([\d.]+–[\d.]+\s%\)[\d.]+\s% \([\d.]+–/,
  );
  const differences = page.getByRole('region', { name: 'Differences', exact: true });
  await expect(differences).toContainText('on the same 4 test images');
  await expect(page.getByRole('region', { name: 'Differences, table' }).getByRole('row')).toHaveCount(4);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    differences.getByRole('button', { name: 'Save differences as CSV' }).click(),
  ]);
  const lines = (await bytesOf(download)).toString().trim().split('\r\n');
  expect(lines[0]).toBe('first,second,seeds,difference,low,high,p_adjusted,verdict');
  expect(lines).toHaveLength(4);
  rmSync(folder, { recursive: true, force: true });
});

test('an invalid option keeps all cards, is explained on its own card, and disables only its setting', async ({
  page,
}) => {
  // The address names a sample set, so the page never offers to try one.
  await page.goto(
    '/?backend=wasm&sample=counting&stages=2&option.atoms.from=3&settings=linear-probe,atoms&sweep.lora.r=1,99',
  );
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('5 classes', {
    timeout: 90_000,
  });
  await goTo(page, 'Tune');
  const card = (name: string) => page.getByRole('region', { name, exact: true });
  await expect(page.getByRole('checkbox')).toHaveCount(13);
  await expect(card('Atoms')).toContainText('“Train from stage” must be from 0 to 2, not 3.');
  await expect(card('LoRA')).toContainText('trainable parameters');
  const start = page.getByRole('button', { name: /^Run \d+ setting/ });
  await expect(start).toBeDisabled();
  await expect(start.locator('..')).toContainText('Correct the value or deselect Atoms.');
  await card('Atoms').getByRole('checkbox').uncheck();
  await expect(start).toBeEnabled();
  // The field remains on a card that is not selected.
  await card('Atoms').getByLabel('Train from stage').fill('2');
  await expect(card('Atoms')).not.toContainText('must be');
  await card('LoRA').getByRole('checkbox').check();
  await expect(start.locator('..')).toContainText('“Rank (r)” must be from 1 to 64, not 99.');
  await expect(start).toBeDisabled();
});
