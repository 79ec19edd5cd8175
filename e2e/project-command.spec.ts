/** Projects between the page and the command line: what one has computed the other shows, and computes alike. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { BlobReader, TextWriter, ZipReader } from '@zip.js/zip.js';
import { runSchema } from '../app/project/schema';
import type { RunRecord } from '../app/store/run-record';
import { killTune, tune } from './command';
import { drawStripes } from './draw-stripes';
import { expect, test } from './local';
import { goTo, openPage, run, waitForRun } from './steps';
import { tuneOnStripes } from './stripes';

const SEARCH =
  '?backend=wasm&epochs=2&batch=4&probe.epochs=3&settings=atoms&option.atoms.m=3&augmentation=flips&split=3&test=0.2';

let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'projects-'));
});
test.afterEach(() => {
  // Needed only after a test that timed out.
  killTune();
  rmSync(folder, { recursive: true, force: true });
});

async function importProject(page: Page, zip: string): Promise<void> {
  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByLabel('Zip of a project').setInputFiles(zip);
  // The page has its images again.
  await expect(page.getByRole('button', { name: 'Import a project' })).toBeHidden();
}

/** The runs in a project's zip, in their order. */
async function runsIn(zip: string): Promise<RunRecord[]> {
  const reader = new ZipReader(new BlobReader(new Blob([readFileSync(zip)])), { useWebWorkers: false });
  const entries = (await reader.getEntries()).filter(({ filename }) => filename.startsWith('runs/'));
  return Promise.all(
    entries.map(async (entry) => {
      if (entry.directory) throw new Error('A run is a file.');
      return runSchema.parse(JSON.parse(await entry.getData(new TextWriter())));
    }),
  );
}

/** What a run has computed, without what a clock measures. */
const computed = ({ config, steps, epochs, keptEpoch, result }: RunRecord) => ({
  ...{ config, steps, keptEpoch, validation: result?.validation, test: result?.test },
  epochs: epochs.map((epoch) => ({ ...epoch, seconds: 0 })),
});

test('the command line writes a project, which the page opens with the same accuracies', async ({ page }) => {
  drawStripes(join(folder, 'stripes'), { across: 12, down: 12 });
  const zip = join(folder, 'p.zip');
  const settings = [
    '--setting',
    'linear-probe',
    '--setting',
    'atoms',
    '--option',
    'atoms.m=3',
    '--seeds',
    '2',
  ];
  const { code, stdout, stderr } = await tune([
    ...['--data', join(folder, 'stripes'), ...settings, '--epochs', '1', '--batch', '4'],
    ...['--lr', 'atoms=0.5', '--backend', 'wasm', '--out', zip],
  ]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`Written to ${zip}: the project, with 4 new runs.`);
  await openPage(page, '?backend=wasm');
  await importProject(page, zip);
  await goTo(page, 'Compare');
  const row = run(page, 'Atoms, m = 3');
  const [, line] = /^Atoms, m = 3 \(2 runs\) +(.*?) {2}/m.exec(stdout) ?? [];
  expect(line).toMatch(/%/);
  await expect(row).toContainText(line ?? '');
  await goTo(page, 'Use');
  const models = page.getByRole('list', { name: 'Models' });
  await expect(models.getByRole('checkbox').first()).toBeEnabled({ timeout: 60_000 });
  await expect(models.getByRole('listitem')).toHaveCount(4);
  await goTo(page, 'Data');
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('2 classes');
});

test('a project of the page gives the same numbers on the command line, and comes back with them', async ({
  page,
  browser,
}) => {
  const images = await tuneOnStripes(page, SEARCH);
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Atoms, m = 3', 60_000);
  rmSync(images, { recursive: true, force: true });
  await expect(page.getByRole('banner').getByText('Saved', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Projects' }).click();
  await page.getByRole('button', { name: /^Actions of stripes/ }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Export as zip' }).click(),
  ]);
  const zip = join(folder, 'stripes.zip');
  await download.saveAs(zip);
  const [paged] = await runsIn(zip);

  const { code, stdout, stderr } = await tune(['--project', zip, '--out', zip]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Project: stripes-\w+, 20 images, 1 run, 1 model\.$/m);
  const [before, added, ...others] = await runsIn(zip);
  expect(others).toEqual([]);
  expect(before).toEqual(paged);
  expect(added?.name).toBe('Atoms, m = 3 2');
  expect(added?.steps).toHaveLength(2 * 3);
  expect(added && computed(added)).toEqual(paged && computed(paged));
  expect([added?.basis, added?.style]).toEqual([paged?.basis, paged?.style]);

  // Another machine.
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto('/');
  await importProject(other, zip);
  await goTo(other, 'Compare');
  await expect(other.getByRole('region', { name: 'Runs, table' })).toContainText('Atoms, m = 3 2');
  await goTo(other, 'Use');
  await expect(other.getByRole('list', { name: 'Models' }).getByRole('listitem')).toHaveCount(2);
  await context.close();
});
