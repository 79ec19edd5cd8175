/** Checks the accessibility of every step, in light and dark colours, at a wide and a narrow width. */
import { expectAccessible } from './accessible';
import { expect, test } from './local';
import { goTo, openPage, waitForRun } from './steps';

test('every step passes the accessibility checks', async ({ page }) => {
  await openPage(page, '?settings=linear-probe&probe.epochs=3');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
  await goTo(page, 'Backbone');
  await page.getByRole('button', { name: 'Find atoms' }).click();
  await expect(page.getByRole('region', { name: 'Layer layer4.2.conv2' })).toBeVisible({ timeout: 60_000 });
  await goTo(page, 'Tune');
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Linear probe', 60_000);
  const steps = ['Data', 'Backbone', 'Tune', 'Compare', 'Use'] as const;
  for (const step of steps) {
    await goTo(page, step);
    await expectAccessible(page, step);
  }
});
