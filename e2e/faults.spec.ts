/** Loss of the GPU during a run, and recovery from it. */
import { rmSync } from 'node:fs';
import { expect, test } from './local';
import { run, waitForRun } from './steps';
import { storedRuns } from './stored-project';
import { tuneOnStripes } from './stripes';

test('after the GPU is lost the engine is restarted and the run goes on, then the next', async ({
  browser,
  page,
}) => {
  const folder = await tuneOnStripes(
    page,
    '?backend=webgpu&settings=lora,bitfit&batch=4&epochs=3&warmStart=off',
  );
  await page.getByRole('button', { name: 'Run 2 settings' }).click();
  // The first epoch is done, so there is a point to go on from.
  await expect(run(page, 'LoRA')).toContainText(/[5-9] of 12/, { timeout: 90_000 });

  // Simulates a driver failure by ending the GPU process.
  const devTools = await browser.newBrowserCDPSession();
  await devTools.send('Browser.crashGpuProcess').catch(() => {});
  await expect(page.getByText('The GPU device was lost. The engine was restarted')).toBeVisible({
    timeout: 90_000,
  });
  for (const name of ['LoRA', 'Biases only (BitFit)']) await waitForRun(page, name, 120_000);
  await expect(page.getByRole('banner').getByText('Saved', { exact: true })).toBeVisible();
  const lora = (await storedRuns(page)).find(({ name }) => name === 'LoRA');
  expect(lora).toMatchObject({ resumedAfter: expect.any(Number) });
  expect(lora?.steps).toHaveLength(12);
  rmSync(folder, { recursive: true, force: true });
});
