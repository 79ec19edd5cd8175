/**
 * Records the moving images of README.md from the built page: `npm run record-page`. A headless Chromium runs the
 * sample set like a user; each recording is a list of screenshots, written as animated WebP to docs/.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { BlobReader, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js';
import type { Browser, Locator, Page } from 'playwright';
import { animatedWebp, type Frame } from './animated-webp';
import { withBuiltPage } from './built-page';

/** CSS pixels: about the width of a README on GitHub. */
const VIEWPORT = { width: 960, height: 720 };
/** Device pixels per CSS pixel. */
const SCALE = 1.5;
/** Quality of the lossy encoding, 0 to 1. */
const QUALITY = 0.62;
/** The largest size of a recording in bytes. */
const MOST_BYTES = 1.5e6;
const DOCS = new URL('../docs/', import.meta.url);
/** A long timeout, because training on a busy machine is slow. */
const PATIENCE_MS = 900_000;

interface Shot {
  png: Buffer;
  milliseconds: number;
}

const { values } = parseArgs({ options: { frames: { type: 'string' } } });

await withBuiltPage(async (browser, address) => {
  const page = await browser.newPage({
    viewport: VIEWPORT,
    deviceScaleFactor: SCALE,
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${address}?backend=wasm&epochs=8`);
  await write(browser, 'tune-and-compare', await tuneAndCompare(page));
  await write(browser, 'use-adapter', await showAdapter(page));
});

/** From the first visit to the finished comparison. */
async function tuneAndCompare(page: Page): Promise<Shot[]> {
  const shots: Shot[] = [];
  const start = page.getByRole('button', { name: 'Try the sample' });
  await start.isEnabled();
  await page.waitForFunction(() => !document.querySelector('main button[disabled]'));
  shots.push(await shot(page, 2500));
  await start.hover();
  shots.push(await shot(page, 700));
  await start.click();
  await page.getByRole('heading', { level: 2, name: 'Compare' }).waitFor();
  await run(page, 'Atoms').getByText('running').waitFor();
  await page.locator('path.recharts-line-curve').last().waitFor();
  const accuracy = page.getByRole('region', { name: 'Accuracy per epoch', exact: true });
  await toTop(page.getByRole('region', { name: 'Loss per step' }));
  let seen = '';
  let changes = 0;
  // One frame for every second epoch, until the last run has ended.
  while (!(await run(page, 'Full tuning').innerText()).includes('finished')) {
    const now = await drawn(accuracy);
    if (now !== seen && changes++ % 2 === 0) shots.push(await shot(page, 700));
    seen = now;
    await page.waitForTimeout(400);
  }
  shots.push(await shot(page, 2500));
  await toTop(page.getByRole('region', { name: 'Accuracy against cost' }));
  shots.push(await shot(page, 3500));
  await page.evaluate(() => window.scrollTo(0, 0));
  shots.push(await shot(page, 4500));
  return shots;
}

/** The models of these runs: an image of the sample set, classified, and the atoms before and after tuning. */
async function showAdapter(page: Page): Promise<Shot[]> {
  const shots: Shot[] = [];
  await goTo(page, 'Tune');
  shots.push(await shot(page, 3000));
  await goTo(page, 'Use');
  shots.push(await shot(page, 3000));
  await page.getByLabel('Images to classify').setInputFiles(await sampleImage());
  const predictions = page.getByRole('region', { name: /^Prediction of / });
  await predictions.getByRole('listitem').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-label="Classifying"]'));
  await toTop(page.getByRole('region', { name: 'Classify images' }));
  shots.push(await shot(page, 3500));
  const changes = page.getByRole('region', { name: 'Kernel changes' });
  await changes.getByRole('img').first().waitFor();
  await toTop(changes);
  shots.push(await shot(page, 4000));
  return shots;
}

async function goTo(page: Page, step: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Steps' })
    .getByRole('link', { name: new RegExp(step) })
    .click();
  await page.getByRole('heading', { level: 2, name: step }).waitFor();
}

function run(page: Page, name: string): Locator {
  return page.getByRole('region', { name: 'Runs, table' }).getByRole('rowgroup', { name, exact: true });
}

/** A string that changes with every drawn epoch. */
function drawn(chart: Locator): Promise<string> {
  return chart
    .locator('path.recharts-line-curve')
    .evaluateAll((paths) => paths.map((path) => path.getAttribute('d')?.length ?? 0).join());
}

async function toTop(part: Locator): Promise<void> {
  await part.evaluate((element) => {
    // The rail of steps stays at the top of the window.
    const rail = document.querySelector('nav')?.getBoundingClientRect().height ?? 0;
    window.scrollTo(0, element.getBoundingClientRect().top + window.scrollY - rail - 12);
  });
}

async function shot(page: Page, milliseconds: number): Promise<Shot> {
  // Two animation frames, so that the change is laid out and drawn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { png: await page.screenshot(), milliseconds };
}

/** The first image of a scratch in the sample set. */
async function sampleImage(): Promise<{ name: string; mimeType: string; buffer: Buffer }> {
  const zip = readFileSync(new URL('../public/samples/surface-faults.zip', import.meta.url));
  const reader = new ZipReader(new BlobReader(new Blob([zip])));
  const entry = (await reader.getEntries()).find(({ filename }) => filename === 'scratch/001.png');
  if (!entry || entry.directory) throw new Error('The sample set has no scratch/001.png.');
  const bytes = await entry.getData(new Uint8ArrayWriter());
  await reader.close();
  return { name: 'scratch.png', mimeType: 'image/png', buffer: Buffer.from(bytes) };
}

async function write(browser: Browser, name: string, shots: readonly Shot[]): Promise<void> {
  if (values.frames !== undefined) {
    await mkdir(values.frames, { recursive: true });
    shots.forEach(({ png }, index) => {
      writeFileSync(`${values.frames}/${name}-${String(index).padStart(2, '0')}.png`, png);
    });
  }
  const frames = await encoded(browser, shots);
  const file = animatedWebp(frames);
  if (file.length > MOST_BYTES) throw new Error(`${name} has ${file.length} bytes, more than ${MOST_BYTES}.`);
  writeFileSync(new URL(`${name}.webp`, DOCS), file);
  console.log(`docs/${name}.webp: ${shots.length} frames, ${(file.length / 1e6).toFixed(2)} MB`);
}

/** Encodes the screenshots as WebP, in Chromium. */
async function encoded(from: Browser, shots: readonly Shot[]): Promise<Frame[]> {
  const page = await from.newPage();
  const frames: Frame[] = [];
  for (const { png, milliseconds } of shots) {
    const base64 = await page.evaluate(
      async ([image, quality]) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${image}`)).blob());
        const canvas = document.createElement('canvas');
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
        canvas.getContext('2d', { alpha: false })?.drawImage(bitmap, 0, 0);
        return canvas.toDataURL('image/webp', quality).split(',')[1] ?? '';
      },
      [png.toString('base64'), QUALITY] as const,
    );
    frames.push({ image: Buffer.from(base64, 'base64'), milliseconds });
  }
  await page.close();
  return frames;
}
