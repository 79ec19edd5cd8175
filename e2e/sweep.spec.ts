/** A sweep: its size before it starts, changes to its queue, and its results. */
import { rmSync } from 'node:fs';
import { expect, test } from './local';
import {
  act,
  bytesOf,
  focusSetting,
  goTo,
  openShared,
  run,
  settingRow,
  unfoldRuns,
  waitForRun,
} from './steps';
import { tuneOnStripes } from './stripes';

test('values and seeds of two settings are timed, queued, reordered, paused, extended and compared', async ({
  page,
}) => {
  const folder = await tuneOnStripes(
    page,
    '?backend=wasm&epochs=6&batch=4&test=0.2&probe.epochs=3&settings=linear-probe,atoms&seeds=2&sweep.atoms.m=3,4&memory=200',
  );
  const bar = page.getByRole('region', { name: 'Run', exact: true });
  await expect(bar).toContainText(/^6 runs · at most [\d.]+\sMB of memory/);
  await openShared(page);
  const sweep = page.getByRole('region', { name: 'Sweep', exact: true });
  await sweep.getByRole('button', { name: 'Several values' }).click();
  const atoms = sweep.getByRole('group', { name: 'Atoms' });
  const rates = atoms.getByLabel('Learning rates');
  await rates.fill('fast');
  await rates.press('Enter');
  await expect(atoms).toContainText('“fast” is not from');
  await bar.getByRole('button', { name: 'Measure time' }).click();
  await expect(bar).toContainText(/about [\d.]+ (s|min)/, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Run 2 settings, 6 runs' }).click();

  await page.getByRole('switch', { name: 'Pause the queue' }).check();
  await unfoldRuns(page);
  const table = page.getByRole('region', { name: 'Runs, table' });
  const names = async () => {
    const labels = await table
      .getByRole('rowgroup')
      .evaluateAll((bodies) => bodies.map((body) => body.ariaLabel));
    return labels.flatMap((label) => (label && / seed /.test(label) ? [label] : []));
  };
  const last = 'Atoms, m = 4, seed 1';
  expect((await names()).at(-1)).toBe(last);
  const place = async () => Number(/no\. (\d+)/.exec(await run(page, last).innerText())?.[1]);
  const before = await place();
  await act(page, last, 'Move up');
  await expect.poll(place).toBe(before - 1);
  await act(page, 'Linear probe, seed 1', 'Remove');
  await goTo(page, 'Tune');
  await page.getByRole('button', { name: /^Run 2 settings/ }).click();
  await unfoldRuns(page);
  await expect.poll(async () => (await names()).length).toBe(11);
  for (const name of (await names()).filter((each) => / 2$/.test(each))) await act(page, name, 'Remove');
  await page.getByRole('switch', { name: 'Pause the queue' }).uncheck();
  for (const name of await names()) await waitForRun(page, name, 120_000);

  await expect(run(page, 'Atoms, m = 3')).toContainText(/[\d.]+\s% \([\d.]+–[\d.]+\s%\).*579 \+ 1,026/);
  await expect(table.getByRole('columnheader', { name: /^Test accuracy \(95\s%\)/ })).toBeVisible();
  await page.getByText('3 paired tests behind this answer').click();
  const differences = page.getByRole('region', { name: 'Differences, table' });
  await expect(differences.locator('..')).toContainText('on the same 4 test images');
  await expect(differences.getByRole('row')).toHaveCount(4);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save differences as CSV' }).click(),
  ]);
  const lines = (await bytesOf(download)).toString().trim().split('\r\n');
  expect(lines[0]).toBe('first,second,seeds,difference,low,high,p_adjusted,verdict');
  expect(lines).toHaveLength(4);
  rmSync(folder, { recursive: true, force: true });
});

test('an invalid option is explained in the list and beside its field, and disables only its setting', async ({
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
  // The linear probe, atoms and core atoms come first; the others are folded.
  const boxes = page.getByRole('list', { name: 'Settings' }).getByRole('checkbox');
  await expect(boxes).toHaveCount(3);
  await page.getByRole('button', { name: /^10 more settings/ }).click();
  await expect(boxes).toHaveCount(13);
  await expect(settingRow(page, 'Atoms')).toContainText('“Train from stage” must be from 0 to 2, not 3.');
  await expect(settingRow(page, 'LoRA')).not.toContainText('must be');
  const bar = page.getByRole('region', { name: 'Run', exact: true });
  const start = bar.getByRole('button', { name: /^Run \d+ setting/ });
  await expect(start).toBeDisabled();
  await expect(bar).toContainText('Correct the value or deselect Atoms.');
  await settingRow(page, 'Atoms').getByRole('checkbox').uncheck();
  await expect(start).toBeEnabled();
  // The field remains for a setting that is not selected.
  const atoms = await focusSetting(page, 'Atoms');
  await atoms.getByLabel('Train from stage').fill('2');
  await expect(settingRow(page, 'Atoms')).not.toContainText('must be');
  await settingRow(page, 'LoRA').getByRole('checkbox').check();
  await expect(bar).toContainText('“Rank (r)” must be from 1 to 64, not 99.');
  await expect(start).toBeDisabled();
});
