/**
 * The service worker, on a host that sends no headers: the page can be installed, is isolated, opens without a network, and changes to a new
 * version as a whole and only when it is asked to.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { decode } from 'fast-png';
import { build } from 'vite';
import { z } from 'zod';
import { expectAccessible } from './accessible';
import { expect, test as local } from './local';
import { type Site, startSite } from './static-server';
import { waitForRun } from './steps';

const FIRST = 'dist';

const test = local.extend<{ site: Site }, { second: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright requires this pattern for a fixture without dependencies
  site: async ({}, use) => {
    const site = await startSite(FIRST);
    await use(site);
    await site.close();
  },
  second: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright requires this pattern for a fixture without dependencies
    async ({}, use) => {
      const outDir = 'out/second-version';
      await build({ logLevel: 'warn', define: { __APP_VERSION__: '"second"' }, build: { outDir } });
      await use(outDir);
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

test.use({ serviceWorkers: 'allow' });

const manifestSchema = z.object({
  name: z.literal('atomtune'),
  short_name: z.string().max(12),
  start_url: z.string(),
  scope: z.string(),
  display: z.literal('standalone'),
  theme_color: z.string(),
  background_color: z.string(),
  icons: z.array(
    z.object({
      src: z.string(),
      sizes: z.string(),
      type: z.literal('image/png'),
      purpose: z.enum(['any', 'maskable']),
    }),
  ),
});

test('the page can be installed: its manifest, its icons and its colours', async ({ page, site }) => {
  await open(page, site);
  const href = await page.locator('link[rel="manifest"]').evaluate((link: HTMLLinkElement) => link.href);
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(fileOf(href, site), 'utf8')));
  const scope = new URL(manifest.scope, href).href;
  expect(scope).toBe(site.address);
  expect(new URL(manifest.start_url, href).href.startsWith(scope)).toBe(true);
  const drawn = manifest.icons.map(({ src, purpose, sizes }) => {
    const { width, height } = decode(readFileSync(fileOf(new URL(src, href).href, site)));
    expect(sizes).toBe(`${width}x${height}`);
    return `${purpose} ${width}`;
  });
  expect(drawn).toEqual(['any 192', 'any 512', 'maskable 512']);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    const theme = page.locator(`meta[name="theme-color"][media*="${colorScheme}"]`);
    const colour = (await theme.getAttribute('content')) ?? '';
    // The page takes the scheme over a moment later.
    await expect
      .poll(() =>
        page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()),
      )
      .toBe(colour);
    if (colorScheme === 'light')
      expect([manifest.theme_color, manifest.background_color]).toEqual([colour, colour]);
  }
  const browser = await page.context().newCDPSession(page);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // Contexts of tests are as private windows.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});

test('the first visit reloads itself once and is then isolated; later visits need no network', async ({
  page,
  site,
}) => {
  const visits = countVisits(page);
  await page.goto(`${site.address}?backend=wasm&epochs=1&preset=few-shot-16`);
  await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true);
  await expect.poll(() => visits.count).toBe(2);
  await ready(page);
  const engine = page.workers().find((worker) => worker.url().startsWith(`${site.address}assets/worker`));
  expect(await engine?.evaluate(() => [crossOriginIsolated, typeof SharedArrayBuffer])).toEqual([
    true,
    'function',
  ]);
  // The policy of the worker comes with its script.
  const refused = await engine?.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
        fetch('https://elsewhere.invalid/').catch(() => {});
      }),
  );
  expect(refused).toBe('connect-src');

  await site.close();
  await page.context().setOffline(true);
  await page.reload();
  await ready(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.getByRole('button', { name: 'Try the sample' }).click();
  for (const name of ['Linear probe', 'Atoms']) await waitForRun(page, name, 120_000);
  const help = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'The method' }).click();
  await expect((await help).getByRole('heading', { level: 1 })).toHaveText('The method');
  expect(visits.count).toBe(3);
});

test('the first visit does not reload itself when something has begun', async ({ page, site }) => {
  let arrives = () => {};
  site.hold(
    'service-worker.js',
    new Promise<void>((resolve) => {
      arrives = resolve;
    }),
  );
  const visits = countVisits(page);
  await page.goto(`${site.address}?backend=wasm`);
  await ready(page);
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
  arrives();
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    // Longer than the page needs to reload itself.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  });
  expect(visits.count).toBe(1);
});

test('a new version is used when the person asks for it, as a whole', async ({ page, site, second }) => {
  await open(page, site);
  const visits = countVisits(page);
  await page.reload();
  await ready(page);
  expect(await keptFiles(page)).toEqual(filesOf(FIRST));
  const note = page.getByRole('alert').filter({ hasText: 'A new version is ready' });
  const lookForVersion = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      const ended = new Promise<void>((resolve) => {
        registration?.addEventListener('updatefound', () => {
          const { installing } = registration;
          const consider = () => installing?.state !== 'installing' && resolve();
          installing?.addEventListener('statechange', consider);
        });
      });
      await registration?.update();
      await ended;
    });

  // The host is between two versions.
  site.show(second, { 'index.html': FIRST });
  await lookForVersion();
  await expect(note).toHaveCount(0);

  site.show(second);
  await lookForVersion();
  await expect(note).toContainText('Until then this version stays in use.');
  await expectAccessible(page, 'a new version is ready');
  const other = await page.context().newPage();
  await other.goto(site.address);
  await ready(other);
  expect(loaded(await other.evaluate(() => document.documentElement.outerHTML))).toEqual(entriesOf(FIRST));
  const take = note.getByRole('button', { name: 'Reload with the new version' });
  await take.click();
  await expect(note).toContainText('Other tabs still use this version.');
  await other.close();
  expect(visits.count).toBe(1);

  site.asked();
  await take.click();
  await expect.poll(() => visits.count).toBe(2);
  await ready(page);
  await expect(note).toHaveCount(0);
  expect(loaded(await page.content())).toEqual(entriesOf(second));
  expect(entriesOf(second)).not.toEqual(entriesOf(FIRST));
  await expect.poll(() => keptFiles(page)).toEqual(filesOf(second));
  // All of it was fetched before it was used.
  expect(site.asked().filter((name) => name !== 'service-worker.js')).toEqual([]);
});

/** Waits until the page has all its files and has reloaded itself for its headers. */
async function open(page: Page, site: Site): Promise<void> {
  await page.goto(site.address);
  await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true);
  await ready(page);
}

async function ready(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'Try the sample' })).toBeEnabled({ timeout: 90_000 });
}

/** Of the page itself. */
function countVisits(page: Page): { count: number } {
  const visits = { count: 0 };
  page.on('domcontentloaded', () => visits.count++);
  return visits;
}

const fileOf = (address: string, site: Site) => join(FIRST, address.slice(site.address.length));

/** The scripts and style sheets that an index.html names. */
const loaded = (html: string) =>
  [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file).sort();
const entriesOf = (folder: string) => loaded(readFileSync(join(folder, 'index.html'), 'utf8'));

/** SHA-256 of the files of a build that the page can load, by name. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => !/^(?:source\.zip|_headers|service-worker\.js)$|\.md$/.test(name));
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** SHA-256 of all files in the page's caches, by name. */
function keptFiles(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const found: Record<string, string> = {};
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        const hash = await crypto.subtle.digest(
          'SHA-256',
          (await response?.arrayBuffer()) ?? new ArrayBuffer(),
        );
        const file = new URL(request.url).pathname.slice(new URL('./', document.baseURI).pathname.length);
        found[file in found ? `${file}, twice` : file] = Array.from(new Uint8Array(hash), (byte) =>
          byte.toString(16).padStart(2, '0'),
        ).join('');
      }
    }
    return found;
  });
}
