/** Projects: what a reload, a second tab or another machine has of the person's work. */
import { rmSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './local';
import { bytesOf, goTo, run, waitForRun } from './steps';
import { storedRuns } from './stored-project';
import { tuneOnStripes } from './stripes';

const STEPS = 40 * 4;
const SEARCH =
  '?backend=wasm&epochs=40&batch=4&probe.epochs=3&settings=atoms&option.atoms.m=3&augmentation=flips';

const saved = (page: Page) => page.getByRole('banner').getByText('Saved', { exact: true });

/** What a run has computed, without what a clock measures. */
const computed = (all: Awaited<ReturnType<typeof storedRuns>>, name: string) => {
  const found = all.find((each) => each.name === name);
  return { steps: found?.steps, epochs: found?.epochs.map((epoch) => ({ ...epoch, seconds: 0 })) };
};

test('a run goes on after a reload, with the numbers of one that was not interrupted; its project travels as a zip', async ({
  page,
  browser,
}) => {
  const folder = await tuneOnStripes(page, SEARCH);
  await expect(saved(page)).toBeVisible();
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
  await expect(saved(page)).toBeVisible();
  const stored = await storedRuns(page);
  const interrupted = computed(stored, 'Atoms, m = 3');
  expect(stored.find(({ name }) => name === 'Atoms, m = 3')?.resumedAfter).toBeGreaterThan(0);
  expect(interrupted.steps).toHaveLength(STEPS);
  expect(interrupted).toEqual(computed(stored, 'Atoms, m = 3 2'));

  // Another visit, without the files.
  await goTo(page, 'Use');
  await page.reload();
  const models = page.getByRole('list', { name: 'Models' });
  await expect(models.getByRole('checkbox').first()).toBeEnabled({ timeout: 60_000 });
  await expect(models.getByRole('listitem')).toHaveCount(2);

  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: /^Actions of stripes/ }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Export as zip' }).click(),
  ]);

  // Another machine.
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto('/');
  await other.getByRole('button', { name: 'Projects' }).click();
  await other.getByLabel('Zip of a project').setInputFiles({
    name: 'stripes.zip',
    mimeType: 'application/zip',
    buffer: await bytesOf(download),
  });
  await goTo(other, 'Use');
  const theirs = other.getByRole('list', { name: 'Models' });
  await expect(theirs.getByRole('checkbox').first()).toBeEnabled({ timeout: 60_000 });
  expect(computed(await storedRuns(other), 'Atoms, m = 3')).toEqual(interrupted);
  await goTo(other, 'Data');
  await expect(other.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
  // The same images in the same split: a run gives the same numbers.
  await goTo(other, 'Tune');
  await other.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(other, 'Atoms, m = 3 3', 120_000);
  await expect(saved(other)).toBeVisible();
  expect(computed(await storedRuns(other), 'Atoms, m = 3 3')).toEqual(interrupted);
  await context.close();
});

test('a second tab only reads the project until it takes it over', async ({ page, context }) => {
  const folder = await tuneOnStripes(page, SEARCH);
  await expect(saved(page)).toBeVisible();
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await expect(run(page, 'Atoms, m = 3')).toContainText(/[2-9]\d of 160/, { timeout: 60_000 });
  const second = await context.newPage();
  await second.goto('/');
  const note = second.getByText('This tab only shows it.');
  await expect(note).toBeVisible();
  await goTo(second, 'Tune');
  await expect(second.getByRole('button', { name: 'Run 1 setting' })).toBeDisabled();
  await second.getByRole('button', { name: 'Take over here' }).click();
  await expect(note).toBeHidden();
  await expect(page.getByText('This tab only shows it.')).toBeVisible();
  await goTo(second, 'Compare');
  await waitForRun(second, 'Atoms, m = 3', 120_000);
  await expect(saved(second)).toBeVisible();
  const [stored] = await storedRuns(second);
  expect(stored).toMatchObject({ resumedAfter: expect.any(Number), status: 'finished' });
  expect(stored?.steps).toHaveLength(STEPS);
  rmSync(folder, { recursive: true, force: true });
});
