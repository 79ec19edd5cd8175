/** Checks the accessibility of every step, in light and dark colours, at a wide and a narrow width, and which words explain themselves. */
import type { Page } from '@playwright/test';
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
  await page.getByRole('button', { name: 'Decompose' }).click();
  await expect(page.getByRole('region', { name: 'Layer layer4.2.conv2' })).toBeVisible({ timeout: 60_000 });
  await goTo(page, 'Tune');
  await page.getByRole('button', { name: 'Run 1 setting' }).click();
  await waitForRun(page, 'Linear probe', 60_000);
  const steps = ['Data', 'Backbone', 'Tune', 'Compare', 'Use'] as const;
  for (const step of steps) {
    await goTo(page, step);
    await expectAccessible(page, step);
    if (step in EXPLAINED) await expectWords(page, step);
  }
});

/** Words that a step explains; each is explained once. */
const EXPLAINED: Record<string, string[]> = {
  Tune: ['settings', 'backbone', 'head', 'atoms', 'ΔD', 'trainable parameters', 'epoch', 'learning rate'],
  Compare: ['Runs', 'split', 'seed', 'linear probe', 'best epoch', '95 % interval', 'Pareto front', 'loss'],
  Use: ['adapters', 'Validation accuracy', 'Trainable parameters', 'head', 'kernel'],
};

async function expectWords(page: Page, step: string): Promise<void> {
  const words = page.getByRole('main').locator('span[role="button"][aria-expanded]');
  const texts = (await words.evaluateAll((all) => all.map(({ textContent }) => textContent ?? ''))).map(
    singular,
  );
  expect(texts, step).toEqual(expect.arrayContaining((EXPLAINED[step] ?? []).map(singular)));
  expect(new Set(texts).size, `${step}: ${texts.join(', ')}`).toBe(texts.length);
  const word = words.filter({ visible: true }).last();
  await word.click();
  await expect(page.getByRole('tooltip')).toBeVisible();
  await expectAccessible(page, `${step}, a word explained`);
  await page.keyboard.press('Escape');
}

const singular = (word: string) => word.toLowerCase().replace(/s$/, '');
