/**
 * The page in every state of `?states`, in three looks, beside the screenshots in e2e/states. After a wanted change:
 * `npx playwright test --project=fast e2e/states.spec.ts --update-snapshots`.
 */
import { existsSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { STATE_NAMES, STATE_TITLES, type StateName } from '../app/states/names';
import { expect, test } from './local';
import { makeSmall } from './small-png';

const LOOKS = [
  { look: 'wide', width: 1280, colorScheme: 'light' },
  { look: 'dark', width: 1280, colorScheme: 'dark' },
  { look: 'narrow', width: 390, colorScheme: 'light' },
] as const;

/** Edges of letters and curves differ a little between versions of the browser. A moved or changed element differs in more pixels. */
const ANTIALIASING = { threshold: 0.2, maxDiffPixels: 40 };

test.use({
  // A quarter of the pixels, so that the repository stays small.
  deviceScaleFactor: 0.5,
  timezoneId: 'UTC',
  contextOptions: { reducedMotion: 'reduce' },
  // A bug report on the page contains it.
  userAgent: 'Chromium',
});

// A hundred pictures take a busy machine several minutes.
test.describe.configure({ timeout: 900_000 });

test.skip(
  process.platform !== 'linux',
  'The screenshots were taken on Linux; other systems draw letters with other fonts and edges.',
);

test.skip(
  !existsSync('.git'),
  'The page was not built from a git checkout, so its footer has no link to the source code.',
);

test('the list of states links to each', async ({ page }) => {
  await page.goto('/?states');
  await expect(page.getByRole('main').getByRole('link')).toHaveCount(STATE_NAMES.length);
  await page.getByRole('link', { name: STATE_TITLES['compare/done'] }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'Compare' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Runs, table' })).toContainText('finished');
});

for (const { look, width, colorScheme } of LOOKS) {
  test(`every state looks as before: ${colorScheme}, ${width} px`, async ({ page }) => {
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.emulateMedia({ colorScheme });
    await page.goto('/?states');
    for (const name of STATE_NAMES)
      await test.step(name, async () => {
        await page.setViewportSize({ width, height: 900 });
        await open(page, name);
        // What sticks to the edge of the window would cover the middle of a longer page.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ width, height });
        const file = ['states', `${name.replace('/', '-')}-${look}.png`];
        const options = { fullPage: true, scale: 'device', timeout: 60_000, ...ANTIALIASING } as const;
        await expect.soft(page).toHaveScreenshot(file, options);
        // One that was just taken.
        makeSmall(test.info().snapshotPath(...file));
        expect.soft(errors, `${name}: errors in the console`).toEqual([]);
        errors.length = 0;
      });
  });
}

/** Opens the state and waits for its images, and for the statistics that a worker computes. */
async function open(page: Page, name: StateName): Promise<void> {
  await page.goto(`/?states#${name}`);
  await expect(page.locator(`[data-state="${name}"] #step-title`)).toBeVisible();
  await expect(page.locator('[aria-busy="true"]:not([aria-label="Predictions, table"])')).toHaveCount(0);
  await page.evaluate(async () => {
    window.scrollTo(0, 0);
    for (let frame = 0; frame < 3; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const loaded = [...document.images].map((image) => {
      // One that is outside of the window would wait until it is not.
      image.loading = 'eager';
      return image.decode().catch(() => {});
    });
    await Promise.all(loaded);
  });
}
