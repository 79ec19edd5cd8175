/** The first visit: nothing moves while the page loads, words explain themselves, and the help comes with the page. */
import { existsSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expectAccessible } from './accessible';
import { expect, test } from './local';
import { openPage } from './steps';

for (const width of [1280, 390]) {
  test(`at ${width} px nothing moves while the engine loads`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.addInitScript(() => {
      const moved = { sum: 0 };
      Object.assign(window, { moved });
      new PerformanceObserver((list) => {
        // TypeScript's DOM types lack layout shifts.
        for (const { value } of list.getEntries() as (PerformanceEntry & { value: number })[])
          moved.sum += value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await openPage(page, '?backend=wasm');
    expect(
      await page.evaluate(() => (window as unknown as { moved: { sum: number } }).moved.sum), // set above
    ).toBeLessThan(0.02);
  });
}

test('a word explains itself by click and by keyboard, and Escape closes it', async ({ page }) => {
  await openPage(page);
  const word = page.getByRole('region', { name: 'What this is' }).getByRole('button', { name: 'adapter' });
  const meaning = page.getByRole('tooltip');
  await word.click();
  await expect(meaning).toContainText('what one run trained');
  await expect(word).toHaveAccessibleDescription(/what one run trained/);
  await expectAccessible(page, 'a word explained');
  await word.click();
  await expect(meaning).toHaveCount(0);

  await page.getByRole('button', { name: 'Try the sample' }).focus();
  await page.keyboard.press('Shift+Tab');
  await expect(word).toBeFocused();
  await expect(meaning).toContainText('what one run trained');
  await page.keyboard.press('Escape');
  await expect(meaning).toHaveCount(0);
  await expect(word).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(meaning).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(meaning).toHaveCount(0);
});

test('the help, the method and the licence are served with the page', async ({ page }) => {
  await openPage(page);
  await openLink(page, 'Help', async (help) => {
    await expect(help.getByRole('heading', { level: 1 })).toHaveText('atomtune');
    await help.getByRole('link', { name: 'model card' }).click();
    await expect(help.getByRole('heading', { level: 1 })).toContainText('Model card');
    await expectAccessible(help, 'a document');
  });
  await openLink(page, 'The method', (method) =>
    expect(method.getByRole('heading', { level: 1 })).toHaveText('The method'),
  );
  await openLink(page, 'Licence: Apache-2.0', (licence) =>
    expect(licence.getByText('Apache License')).toBeVisible(),
  );
});

test('the source code is served with the page', async ({ page }) => {
  test.skip(!existsSync('.git'), 'The page was not built from a git checkout.');
  await openPage(page);
  const link = page.getByRole('contentinfo').getByRole('link', { name: 'Source code' });
  const address = (await link.getAttribute('href')) ?? '';
  test.skip(address.startsWith('https:'), 'The source has a public repository.');
  const archive = await (await page.request.get(new URL(address, page.url()).href)).body();
  expect(new TextDecoder('latin1').decode(archive)).toContain('src/worker/protocol.ts');
});

async function openLink(page: Page, name: string, look: (opened: Page) => Promise<void>): Promise<void> {
  const opening = page.waitForEvent('popup');
  await page.getByRole('contentinfo').getByRole('link', { name }).click();
  const opened = await opening;
  await look(opened);
  await opened.close();
}
