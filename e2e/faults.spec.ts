/** Loss of the GPU during a run, and recovery from it. */
import { rmSync } from 'node:fs';
import { loseDevice, makeDevicesLosable, NOTICE } from '../scripts/reliability/losses';
import { expect, test } from './local';
import { run, waitForRun } from './steps';
import { storedRuns } from './stored-project';
import { tuneOnStripes } from './stripes';

test('after the GPU is lost the engine is restarted and the run goes on, then the next', async ({
  browser,
  page,
  baseURL,
}) => {
  await makeDevicesLosable(page, `${baseURL}/`);
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
  await expect(page.getByText(NOTICE)).toBeVisible({ timeout: 90_000 });
  // A driver that resets loses only the device.
  await expect(run(page, 'Biases only (BitFit)')).toContainText(/[5-9] of 12/, { timeout: 120_000 });
  expect(await loseDevice(page)).toBe(true);
  for (const name of ['LoRA', 'Biases only (BitFit)']) await waitForRun(page, name, 120_000);
  const stored = async () =>
    (await storedRuns(page)).map(({ resumedAfter, steps }) => ({ resumedAfter, steps: steps.length }));
  const whole = { resumedAfter: expect.any(Number), steps: 12 };
  await expect.poll(stored).toEqual([whole, whole]);
  rmSync(folder, { recursive: true, force: true });
});

test('after the engine’s worker is gone without a word the engine is restarted and the run goes on', async ({
  page,
}) => {
  const folder = await tuneOnStripes(page, '?backend=wasm&settings=lora&batch=4&epochs=20&warmStart=off');
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await expect(run(page, 'LoRA')).toContainText(/[2-5]\d of 80/, { timeout: 90_000 });
  const engine = page.workers().find((worker) => /\/worker-[^/]*\.js$/.test(worker.url()));
  // It does not answer any more.
  await engine?.evaluate(() => self.close()).catch(() => {});
  await expect(page.getByText('The engine had ended. It was restarted')).toBeVisible({ timeout: 60_000 });
  await waitForRun(page, 'LoRA', 120_000);
  const stored = async () => (await storedRuns(page))[0];
  await expect.poll(async () => (await stored())?.steps.length).toBe(80);
  expect(await stored()).toMatchObject({ resumedAfter: expect.any(Number) });
  rmSync(folder, { recursive: true, force: true });
});
