/** The accessibility checks of a page state, in two appearances: no violation that axe detects, and no horizontal overflow. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './local';

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
] as const;

export async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    await settled(page, colorScheme);
    await check(page, `${state}, ${colorScheme}, ${width} px`);
  }
}

/** Waits until the page has applied the colour scheme and width, and all animations have ended. */
async function settled(page: Page, colorScheme: string): Promise<void> {
  await page.waitForFunction(
    (scheme) => [undefined, scheme].includes(document.documentElement.dataset.mantineColorScheme),
    colorScheme,
  );
  await page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

async function check(page: Page, where: string): Promise<void> {
  const violations = async () =>
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  // Asked again if there are any: while the page is drawn anew, axe sees colours of before and after.
  await expect.poll(violations, { message: where, timeout: 10_000 }).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${where}: sideways overflow`).toBe(0);
}
