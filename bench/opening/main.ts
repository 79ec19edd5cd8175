/**
 * How soon the page is of use, with WebAssembly: `npm run opening`. A first visit up to the first live chart, with an empty profile of the
 * browser and with one that has been here; and a project of 1,000 images and 20 runs, from a started browser and after a reload.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright';
import { drawStripes } from '../../e2e/draw-stripes';
import { storedRuns } from '../../e2e/stored-project';
import { withBuiltAddress } from '../../scripts/built-page';
import { table } from '../../scripts/markdown';
import { OwnBrowser } from '../../scripts/reliability/own-browser';
import { importImages, untilSaved } from '../../scripts/reliability/trials';
import { median } from '../results';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '5' },
    images: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '20' },
  },
});
const times = Number(values.times);
const images = Number(values.images);
const runs = Number(values.runs);
const PATIENCE = 600_000;

const found = new Map<string, { clicks: number; seconds: number[] }>();
function note(what: string, clicks: number, milliseconds: number): void {
  const row = found.get(what) ?? { clicks, seconds: [] };
  row.seconds.push(milliseconds / 1000);
  found.set(what, row);
}

const firstPoint = (page: Page) =>
  page.locator('svg.recharts-surface path.recharts-line-curve').first().waitFor({ timeout: PATIENCE });

/** From the address to the first point of a live chart, with one click. */
async function firstChart(page: Page, address: string, visit: string): Promise<void> {
  const began = performance.now();
  await page.goto(`${address}?backend=wasm`);
  const button = page.locator('button:enabled', { hasText: 'Try the sample' });
  await button.waitFor({ timeout: PATIENCE });
  note(`${visit}: page ready`, 0, performance.now() - began);
  const clicked = performance.now();
  await button.click();
  await firstPoint(page);
  note(`${visit}: first live chart, from the click`, 1, performance.now() - clicked);
  note(`${visit}: first live chart, from opening the page`, 1, performance.now() - began);
}

const inFolder = async (work: (folder: string) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'opening-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

async function visits(address: string): Promise<void> {
  for (let time = 0; time < times; time++)
    await inFolder(async (folder) => {
      for (const visit of ['first visit, empty profile', 'next visit, browser started anew']) {
        const own = await OwnBrowser.open(folder);
        const page = await own.page();
        await firstChart(page, address, visit);
        // The service worker has the whole page when it is ready.
        await page.evaluate(() => navigator.serviceWorker.ready);
        await deleteProjects(page, address);
        await own.close();
      }
    });
}

/** So that the next visit is shown the empty page again. */
async function deleteProjects(page: Page, address: string): Promise<void> {
  // A file of the page that is not the page, so that nothing has the database open.
  await page.goto(`${address}manifest.webmanifest`);
  await page.evaluate(async () => {
    indexedDB.deleteDatabase('atomtune projects');
    const root = await navigator.storage.getDirectory();
    await root.removeEntry('projects', { recursive: true }).catch(() => {});
  });
}

async function project(address: string): Promise<void> {
  await inFolder(async (folder) => {
    const stripes = join(folder, 'stripes');
    drawStripes(stripes, { across: images / 2, down: images / 2 });
    const profile = join(folder, 'profile');
    const made = await OwnBrowser.open(profile);
    const page = await made.page();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(
      `${address}?backend=wasm&epochs=3&settings=linear-probe,bitfit&seeds=${runs / 2}&findRates=off`,
    );
    await importImages(page, stripes);
    await page.goto(`${address}#tune`);
    await page.getByRole('button', { name: /^Run 2 settings/ }).click();
    while ((await storedRuns(page)).filter(({ status }) => status === 'finished').length < runs)
      await sleep(500);
    await untilSaved(page);
    await made.close();
    const what = `project of ${images} images and ${runs} runs`;
    for (let time = 0; time < times; time++) {
      const own = await OwnBrowser.open(profile);
      const again = await own.page();
      await opened(again, `${what}, browser started anew`, () => again.goto(address));
      await opened(again, `${what}, reloaded`, () => again.reload());
      await own.close();
    }
  });
}

/** Until the page stands where it stood: its step, its runs, its chart; and until its engine has images and models. */
async function opened(page: Page, what: string, open: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await open();
  await page.getByRole('heading', { level: 2, name: 'Compare' }).waitFor({ timeout: PATIENCE });
  await page.getByRole('region', { name: 'Runs, table' }).getByText('finished').first().waitFor();
  await firstPoint(page);
  note(`${what}: shown with its charts`, 0, performance.now() - began);
  await page.locator('button:enabled', { hasText: 'Save a report' }).waitFor({ timeout: PATIENCE });
  await page.getByText('WebAssembly on the CPU').waitFor({ timeout: PATIENCE });
  note(`${what}: engine ready`, 0, performance.now() - began);
}

await withBuiltAddress(async (address) => {
  await visits(address);
  await project(address);
});
console.log(
  table(
    ['', 'clicks', 'seconds, median', 'least to most'],
    [...found].map(([what, { clicks, seconds }]) => [
      what,
      String(clicks),
      median(seconds).toFixed(2),
      `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`,
    ]),
  ),
);
