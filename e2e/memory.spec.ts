/** What the page says about memory before a run, and the effect of the memory cap. */
import { expect, test } from './local';
import {
  chooseSettings,
  fill,
  focusSetting,
  goTo,
  openPage,
  openShared,
  run,
  settingRow,
  waitForRun,
} from './steps';

test('a memory cap divides the batch or says what does not fit, and applies to the run', async ({ page }) => {
  await openPage(page, '?backend=wasm&settings=full&memory=60&epochs=1');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
  await goTo(page, 'Tune');
  const full = await focusSetting(page, 'Full tuning');
  await expect(settingRow(page, 'Full tuning')).toContainText(
    /Does not fit: .* the limit is 60\sMB\. Raise the memory cap/,
  );
  await expect(page.getByText('Full tuning does not fit into memory')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Run 1 setting' })).toBeDisabled();

  await openShared(page);
  await page.getByRole('button', { name: 'More hyperparameters' }).click();
  await fill(page, 'Memory cap, MB', 200);
  await expect(full).toContainText(/About \d+\sMB of memory at batch 16/);
  await expect(page.getByRole('button', { name: 'Run 1 setting' })).toBeEnabled();
  await expect(page).toHaveURL(/memory=200/);

  await chooseSettings(page, ['Atoms']);
  await fill(page, 'Batch size', 32);
  await fill(page, 'Memory cap, MB', 32);
  const parts =
    /Batch 32 is trained in \d+ micro-batches of \d+ images? to stay under 32\sMB of memory; the result is the same/;
  await expect(await focusSetting(page, 'Atoms')).toContainText(parts);
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await expect(run(page, 'Atoms')).toContainText(parts);
  await waitForRun(page, 'Atoms', 120_000);
});

test('an empty memory cap means the default of the engine', async ({ page }) => {
  await openPage(page, '?backend=wasm&memory=500');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
  await goTo(page, 'Tune');
  await openShared(page);
  await page.getByRole('button', { name: 'More hyperparameters' }).click();
  const cap = page.getByLabel('Memory cap, MB');
  await expect(cap).toHaveValue('500');
  await cap.fill('');
  await cap.blur();
  await expect(cap).toHaveValue('');
  await expect(page).not.toHaveURL(/memory=/);
  await expect(page.getByText('Default: 2,000.')).toBeVisible();
});
