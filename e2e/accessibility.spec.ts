/** Every step, light and dark, wide and small: no violation axe knows, nothing beyond the window's edge. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './local';
import { goTo, openPage, waitForRun } from './steps';

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
] as const;

async function check(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    where,
  ).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${where}: sideways overflow`).toBe(0);
}

test('every step can be used by everyone', async ({ page }) => {
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
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    for (const step of ['Data', 'Backbone', 'Tune', 'Compare', 'Use'] as const) {
      await goTo(page, step);
      await check(page, `${step}, ${colorScheme}, ${width} px`);
    }
  }
});
