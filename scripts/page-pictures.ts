/**
 * Pictures of every step of the built page, before and after a short comparison on the sample set, with each page's height, the shift
 * of the layout while it loads, and the times that a person waits: `npm run page-pictures -- --out FOLDER`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { BrowserContextOptions, Page } from 'playwright';
import { withBuiltPage } from './built-page';

/** A long timeout, because training on a busy machine is slow. */
const PATIENCE_MS = 900_000;
const STEPS = ['Data', 'Backbone', 'Tune', 'Compare', 'Use'];

const LOOKS: Record<string, BrowserContextOptions> = {
  light: { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  small: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
};

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'out/pictures' }, search: { type: 'string', default: '' } },
});

await mkdir(values.out, { recursive: true });
const figures: string[] = [];
await withBuiltPage(async (browser, address) => {
  const page = await browser.newPage({ ...LOOKS.light, reducedMotion: 'reduce' });
  page.setDefaultTimeout(PATIENCE_MS);
  await watchShifts(page);
  await page.goto(`${address}?backend=wasm&epochs=3${values.search}`);
  await page.waitForFunction(() => !document.querySelector('main button[disabled]'));
  await page.waitForTimeout(1500);
  figures.push(`layout shift until the engine is ready: ${(await shifts(page)).toFixed(4)}`);
  await inEveryLook(page, 'first-visit');
  const start = Date.now();
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await page.locator('svg.recharts-surface path.recharts-line-curve').first().waitFor();
  figures.push(`from “Try the sample” to the first chart: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  await page.waitForTimeout(4000);
  await inEveryLook(page, 'Compare-running');
  await page.waitForFunction(
    () => {
      const states = [...document.querySelectorAll('table [data-status]')].map(
        ({ textContent }) => textContent,
      );
      return states.length > 0 && states.every((state) => /finished|failed|stopped/.test(state ?? ''));
    },
    null,
    { timeout: PATIENCE_MS },
  );
  await page.waitForTimeout(3000);
  for (const step of STEPS) {
    await page
      .getByRole('navigation', { name: 'Steps' })
      .getByRole('link', { name: new RegExp(step) })
      .click();
    await page.getByRole('heading', { level: 2, name: step }).waitFor();
    await page.waitForTimeout(1500);
    await inEveryLook(page, step);
  }
});
await writeFile(`${values.out}/figures.txt`, `${figures.join('\n')}\n`);
console.log(figures.join('\n'));

/** Takes the whole page in every look. */
async function inEveryLook(page: Page, name: string): Promise<void> {
  for (const [look, { viewport, colorScheme }] of Object.entries(LOOKS)) {
    if (viewport) await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: colorScheme ?? null, reducedMotion: 'reduce' });
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${values.out}/${name}-${look}.png`, fullPage: true });
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    if (look !== 'dark') figures.push(`${name}, ${viewport?.width} px wide: ${height} px high`);
  }
  const { viewport } = LOOKS.light ?? {};
  if (viewport) await page.setViewportSize(viewport);
}

async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const sum = { value: 0 };
    Object.assign(window, { layoutShift: sum });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
        if (!shift.hadRecentInput) sum.value += shift.value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

function shifts(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { layoutShift: { value: number } }).layoutShift.value);
}
