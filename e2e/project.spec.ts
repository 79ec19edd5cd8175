/** Projects: what a reload, a closed tab or a second tab leaves of the person's work. */
import { rmSync } from 'node:fs';
import { expect, test } from './local';
import { act, goTo, run, waitForRun } from './steps';
import { storedRuns } from './stored-project';
import { tuneOnStripes } from './stripes';

const SEARCH =
  '?backend=wasm&epochs=40&batch=4&probe.epochs=3&settings=atoms&option.atoms.m=3&augmentation=flips';

test('a run goes on after the page was reloaded in its middle, and ends with the numbers of one that was not', async ({
  page,
}) => {
  const folder = await tuneOnStripes(page, SEARCH);
  const saved = page.getByRole('banner').getByText('Saved', { exact: true });
  await expect(saved).toBeVisible();
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await expect(run(page, 'Atoms, m = 3')).toContainText(/[2-9]\d of 160/, { timeout: 60_000 });
  await page.reload();
  // The files are not needed any more.
  rmSync(folder, { recursive: true, force: true });
  await expect(page.getByRole('heading', { level: 2, name: 'Compare' })).toBeVisible();
  await waitForRun(page, 'Atoms, m = 3', 120_000);
  await goTo(page, 'Tune');
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Atoms, m = 3 2', 120_000);
  await expect(saved).toBeVisible();
  const [interrupted, whole] = await storedRuns(page);
  expect(interrupted?.steps).toHaveLength(40 * 4);
  expect(interrupted?.steps).toEqual(whole?.steps);
  const untimed = (each: typeof whole) => each?.epochs.map((epoch) => ({ ...epoch, seconds: 0 }));
  expect(untimed(interrupted)).toEqual(untimed(whole));

  // Models and the rest are there after another reload, without the files.
  await goTo(page, 'Use');
  await page.reload();
  const models = page.getByRole('list', { name: 'Models' });
  await expect(models.getByRole('listitem')).toHaveCount(2);
  await expect(models.getByRole('checkbox').first()).toBeEnabled({ timeout: 60_000 });
  await goTo(page, 'Compare');
  await act(page, 'Atoms, m = 3 2', 'Remove');
});
