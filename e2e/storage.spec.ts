/** What is stored: shown and deleted in one place, and what happens when there is no room. */
import { rmSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible';
import { expect, test } from './local';
import { run, waitForRun } from './steps';
import { storedRuns } from './stored-project';
import { tuneOnStripes } from './stripes';

const SEARCH = '?backend=wasm&batch=4&probe.epochs=3&settings=atoms&option.atoms.m=3&augmentation=flips';

const saved = (page: Page) => page.getByRole('banner').getByText('Saved', { exact: true });
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Storage' });

/** How many bytes the browser allows the page; null for as many as usual. */
async function allow(page: Page, quotaSize: number | null): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await browser.send(
    'Storage.overrideQuotaForOrigin',
    quotaSize === null ? { origin } : { origin, quotaSize },
  );
}

const used = (page: Page) => page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);

test('the first import says why the browser is asked to keep it; everything stored is in one place and only the person deletes it', async ({
  page,
}) => {
  const folder = await tuneOnStripes(page, `${SEARCH}&epochs=1`);
  const note = page.getByText('Your work is saved in this browser.');
  await expect(note).toContainText('asked to keep it');
  await expectAccessible(page, 'the first import');
  await page.getByRole('button', { name: 'Hide this note' }).click();
  await expect(note).toBeHidden();
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Atoms, m = 3', 120_000);
  await expect(saved(page)).toBeVisible();

  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: 'New project' }).click();
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeEnabled({ timeout: 60_000 });
  await expect(note).toBeHidden();
  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: 'Storage' }).click();
  const projects = dialog(page).getByRole('region', { name: 'Projects' });
  await expect(projects).toContainText(/stripes.*\d\skB/);
  await expectAccessible(page, 'Storage');

  await dialog(page).getByRole('button', { name: 'Ask the browser to keep it' }).click();
  await expect(dialog(page)).toContainText(/The browser did not agree|The browser keeps all of it/);

  await expect(dialog(page).getByRole('button', { name: 'Clear Computed values' })).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Clear Computed values' }).click();
  await dialog(page).getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(dialog(page).getByRole('button', { name: 'Clear Computed values' })).toBeHidden();

  await projects.getByRole('button', { name: /^Delete stripes/ }).click();
  await projects.getByRole('button', { name: 'Cancel' }).click();
  expect(await storedRuns(page)).toHaveLength(1);
  await projects.getByRole('button', { name: /^Delete stripes/ }).click();
  await projects.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(projects).toContainText('None yet.');
  expect(await storedRuns(page)).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

test('without room training goes on, the page names what could be deleted, and everything is saved when there is room again', async ({
  page,
}) => {
  const folder = await tuneOnStripes(page, `${SEARCH}&epochs=60`);
  await expect(saved(page)).toBeVisible();
  // A second project, for which there is something to delete.
  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: /^Actions of stripes/ }).click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await expect(page.getByRole('dialog')).toContainText('copy');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await expect(run(page, 'Atoms, m = 3')).toContainText(/[1-9]\d of 240/, { timeout: 60_000 });
  await allow(page, await used(page));
  const full = page.getByRole('alert').filter({ hasText: 'no room left' });
  await expect(full).toContainText('Training goes on', { timeout: 60_000 });
  await expect(full).toContainText('You could delete: project “');
  await expect(full).toContainText('copy');
  const steps = async () => Number(/(\d+) of 240/.exec(await run(page, 'Atoms, m = 3').innerText())?.[1]);
  const before = await steps();
  await expect.poll(steps).toBeGreaterThan(before);

  await full.getByRole('button', { name: 'Storage' }).click();
  await dialog(page)
    .getByRole('button', { name: /^Delete .*copy/ })
    .click();
  await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(dialog(page).getByRole('region', { name: 'Projects' })).not.toContainText('copy');
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  await allow(page, null);
  await waitForRun(page, 'Atoms, m = 3', 120_000);
  await expect(saved(page)).toBeVisible({ timeout: 60_000 });
  await expect(full).toBeHidden();
  const [stored] = await storedRuns(page);
  expect(stored).toMatchObject({ status: 'finished' });
  expect(stored?.steps).toHaveLength(240);
  rmSync(folder, { recursive: true, force: true });
});
