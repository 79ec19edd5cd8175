/** A report from the page, and repeating its runs from the results file. */
import { rmSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { resultsSchema } from '../app/report/results';
import { expectAccessible } from './accessible';
import { expect, test } from './local';
import { bytesOf, waitForRun } from './steps';
import { tuneOnStripes } from './stripes';

async function save(page: Page, item: string): Promise<string> {
  await page.getByRole('button', { name: 'Save a report' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: item }).click(),
  ]);
  return (await bytesOf(download)).toString();
}

test('the report contains the runs, and repeating them gives the same results', async ({ page, context }) => {
  const folder = await tuneOnStripes(
    page,
    '?backend=wasm&epochs=1&batch=8&probe.epochs=3&settings=linear-probe,atoms',
  );
  await page.getByRole('button', { name: /^Run 2 settings/ }).click();
  await waitForRun(page, 'Atoms', 120_000);

  const text = await save(page, 'JSON');
  const first = resultsSchema.parse(JSON.parse(text));
  expect(first.runs.map(({ setting, outcome }) => [setting, outcome])).toEqual([
    ['linear-probe', 'finished'],
    ['atoms', 'finished'],
  ]);
  expect(await save(page, 'Markdown')).toMatch(/^\| Atoms \| 1,737 \| 1,026 \| 1 \| [\d.]+\s% \(/m);
  const report = await context.newPage();
  await report.setContent(await save(page, 'HTML'));
  await expect(report.getByRole('heading', { level: 1 })).toHaveText(/^Tuning report: stripes-/);
  await expect(report.locator('figure')).toHaveCount(5);
  await expectAccessible(report, 'report');
  await report.close();

  const again = (name: string, given: unknown) =>
    page
      .getByRole('region', { name: 'Rerun', exact: true })
      .locator('input[type=file]')
      .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(given)) });
  await again('others.json', { ...first, dataset: { ...first.dataset, hash: 'another' } });
  await expect(page.getByRole('region', { name: 'Rerun', exact: true })).toContainText('The images differ');
  await again('results.json', first);
  await waitForRun(page, 'Atoms, rerun', 120_000);
  const { runs } = resultsSchema.parse(JSON.parse(await save(page, 'JSON')));
  const losses = runs.map(({ epochs }) => epochs.map(({ trainLoss, valLoss }) => [trainLoss, valLoss]));
  expect(losses.slice(2)).toEqual(losses.slice(0, 2));
  const verdicts = page.getByRole('list', { name: 'Results of the rerun' }).getByRole('listitem');
  await expect(verdicts).toHaveText([
    'Linear probe, rerun: the same numbers, bit for bit.',
    'Atoms, rerun: the same numbers, bit for bit.',
  ]);

  const altered = {
    ...first,
    runs: first.runs.slice(0, 1).map((run) => ({ ...run, validation: null })),
  };
  await again('altered.json', altered);
  await expect(verdicts.last()).toHaveText(
    'Linear probe, rerun 2: the numbers differ: predictions on the validation images.',
    { timeout: 30_000 },
  );
  rmSync(folder, { recursive: true, force: true });
});
