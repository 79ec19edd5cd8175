/** User actions that several tests share. */
import { readFileSync } from 'node:fs';
import type { Download, Locator, Page } from '@playwright/test';
import { expect } from './local';

export async function openPage(page: Page, search = ''): Promise<void> {
  await page.goto(`/${search}`);
  // A software adapter starts slowly on a busy machine.
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeEnabled({ timeout: 90_000 });
}

export async function goTo(
  page: Page,
  step: 'Data' | 'Backbone' | 'Tune' | 'Compare' | 'Use',
): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Steps' })
    .getByRole('link', { name: new RegExp(step) })
    .click();
  await expect(page.getByRole('heading', { level: 2, name: step })).toBeVisible();
}

/** A setting in the list on the Tune step. */
export function settingRow(page: Page, label: string): Locator {
  const box = page.getByRole('checkbox', { name: label, exact: true });
  return page.getByRole('list', { name: 'Settings' }).getByRole('listitem').filter({ has: box });
}

/** Selects exactly these settings on the Tune step. */
export async function chooseSettings(page: Page, labels: string[]): Promise<void> {
  await page.getByRole('button', { name: /more setting/ }).click();
  for (const box of await page.getByRole('list', { name: 'Settings' }).getByRole('checkbox').all())
    await box.setChecked(labels.includes((await box.getAttribute('aria-label')) ?? ''));
}

/** Shows the options of a setting and returns their panel. */
export async function focusSetting(page: Page, label: string): Promise<Locator> {
  await settingRow(page, label).locator('button[aria-expanded]').first().click();
  return page.getByRole('region', { name: label, exact: true });
}

/** Unfolds the hyperparameters and the sweep on the Tune step. */
export async function openShared(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change', exact: true }).click();
}

export async function fill(page: Page, label: string, value: number): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(String(value));
  await field.blur();
}

/** The rows of a run, or of a setting with several seeds, in the table of runs. */
export function run(page: Page, name: string): Locator {
  return page.getByRole('region', { name: 'Runs, table' }).getByRole('rowgroup', { name, exact: true });
}

/** Chooses from the menu of a run. */
export async function act(page: Page, name: string, action: string): Promise<void> {
  const actions = { name: `Actions of ${name}`, exact: true };
  await page.getByRole('button', actions).click();
  // The menu of another run may still be closing.
  await page.getByRole('menu', actions).getByRole('menuitem', { name: action, exact: true }).click();
}

/** Shows the single runs of every setting that has several. */
export async function unfoldRuns(page: Page): Promise<void> {
  const folded = page
    .getByRole('region', { name: 'Runs, table' })
    .locator('[aria-expanded="false"]:not([aria-haspopup])');
  while ((await folded.count()) > 0) await folded.first().click();
}

export async function waitForRun(page: Page, name: string, timeout: number): Promise<void> {
  await expect(run(page, name)).toContainText(/finished|failed|stopped/, { timeout });
  await expect(run(page, name)).toContainText('finished');
}

/** The rows of a chart's table as lists of cell texts; the first row is the header. */
export async function chartTable(page: Page, title: string): Promise<string[][]> {
  const chart = page.getByRole('region', { name: title, exact: true });
  await chart.getByText('Table', { exact: true }).click();
  const rows = await page
    .getByRole('region', { name: `${title}, table` })
    .getByRole('row')
    .all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  await chart.getByText('Chart', { exact: true }).click();
  return cells;
}

export async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path());
}
