/** What a person sees of long work: the title of the tab, stopping at once, and a warning before hours of training. */
import { rmSync } from 'node:fs';
import { expectAccessible } from './accessible';
import { expect, test } from './local';
import { goTo, run } from './steps';
import { tuneOnStripes } from './stripes';

test('a sweep of hours is warned of, shortened by keyboard, and all of it is stopped at once', async ({
  page,
}) => {
  const folder = await tuneOnStripes(
    page,
    '?backend=wasm&backbone=starter&size=224&epochs=500&seeds=20&batch=4&probe.epochs=3&settings=atoms',
  );
  // The pace is measured in the background.
  const warning = page.getByRole('alert').filter({ hasText: 'on this device' });
  await expect(warning).toContainText(/This takes roughly [\d.]+ h/);
  await expectAccessible(page, 'a warning of a long sweep');
  await page.setViewportSize({ width: 1280, height: 900 });

  await page.getByRole('button', { name: /^Run/ }).click();
  await expect(page).toHaveTitle(/^\d+\s% Atoms, seed 0 · atomtune$/);
  await expect(run(page, 'Atoms')).toContainText('running, 0 of 20 finished');
  await page.getByRole('button', { name: 'Stop all' }).press('Enter');
  // The waiting runs are gone, so the setting has one run, which has a row of its own name.
  await expect(run(page, 'Atoms, seed 0')).toContainText('stopped');
  await expect(page).toHaveTitle('Compare · atomtune');

  await goTo(page, 'Tune');
  const shorter = warning.getByRole('button').first();
  await shorter.press('Enter');
  await expect(warning).toBeHidden();
  rmSync(folder, { recursive: true });
});
