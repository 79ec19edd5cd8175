/** The page's Content-Security-Policy: a whole session keeps to it and asks only its own host, and what is foreign is refused. */
import type { Page } from '@playwright/test';
import { encode } from 'fast-png';
import { expect, test } from './local';
import { startSite } from './static-server';
import { bytesOf, chooseSettings, fill, goTo, openPage, openShared, waitForRun } from './steps';

test.use({ serviceWorkers: 'allow' });

test('a whole session: no violation, no error, and nothing but the page’s own host', async ({
  page,
  context,
  baseURL,
}) => {
  const errors = await listen(page);
  const asked = new Set<string>();
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!['blob:', 'data:'].includes(protocol)) asked.add(origin);
  });
  await openPage(page, '?backend=wasm&preset=few-shot-16');
  await page.getByRole('button', { name: 'Use the sample Textures' }).click();
  await expect(page.getByRole('region', { name: 'Data set' })).toContainText('6 classes', {
    timeout: 60_000,
  });
  await goTo(page, 'Backbone');
  await expect(page.getByRole('region', { name: 'Stage conv3_x' })).toBeVisible({ timeout: 90_000 });
  await goTo(page, 'Tune');
  await chooseSettings(page, ['Linear probe', 'Core atoms']);
  await openShared(page);
  await fill(page, 'Epochs', 1);
  await page.getByRole('button', { name: 'Run 2 settings' }).click();
  for (const name of ['Linear probe', 'Core atoms']) await waitForRun(page, name, 120_000);
  for (const form of ['SVG', 'PNG']) {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: `Save Loss per step as ${form}` }).click();
    expect((await bytesOf(await saved)).length).toBeGreaterThan(5000);
  }
  const report = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save a report' }).click();
  await page.getByRole('menuitem', { name: /HTML/ }).click();
  expect((await bytesOf(await report)).toString()).toContain('<svg');
  await goTo(page, 'Use');
  await page.getByLabel('Images to classify').setInputFiles(greyImage());
  await expect(
    page.getByRole('region', { name: 'Prediction of Core atoms' }).getByRole('listitem'),
  ).toHaveCount(6);
  const help = page.waitForEvent('popup');
  await page.getByRole('banner').getByRole('link', { name: 'Help' }).click();
  await expect((await help).getByRole('heading', { level: 1 })).toHaveText('atomtune');

  expect(errors).toEqual([]);
  expect([...asked]).toEqual([baseURL]);
});

test.describe('what is foreign', () => {
  const HOST = 'elsewhere.invalid';
  // The browser reports the requests that it refuses, too.
  test.use({ mayFetchFrom: [HOST] });

  test('scripts, requests, images, frames and styles are refused, on a host without headers too', async ({
    page,
  }) => {
    const site = await startSite('dist');
    const failures: (string | undefined)[] = [];
    page.on('requestfailed', (request) => failures.push(request.failure()?.errorText));
    await page.goto(site.address);
    const { directives, title, base } = await page.evaluate(async (foreign) => {
      const violated = new Set<string>();
      addEventListener('securitypolicyviolation', (event) => violated.add(event.effectiveDirective));
      const add = (name: string, attributes: Record<string, string>) => {
        const element = document.createElement(name);
        for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
        document.body.append(element);
        return element;
      };
      add('script', {}).textContent = 'document.title = "taken over"';
      add('script', { src: `${foreign}script.js` });
      add('img', { src: `${foreign}image.png` });
      add('iframe', { src: foreign });
      add('base', { href: foreign });
      add('p', { style: 'color: red' });
      await fetch(foreign).catch(() => {});
      // Violations are reported in tasks of their own.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { directives: [...violated].sort(), title: document.title, base: document.baseURI };
    }, `https://${HOST}/`);
    expect(directives).toEqual([
      'base-uri',
      'connect-src',
      'frame-src',
      'img-src',
      'script-src-elem',
      'style-src-attr',
    ]);
    expect(title).not.toBe('taken over');
    expect(base).toBe(site.address);
    expect(new Set(failures)).toEqual(new Set(['csp']));
    await site.close();
  });
});

/** Errors of the page and of its workers, violations of the policy among them. */
async function listen(page: Page): Promise<string[]> {
  const errors: string[] = [];
  const browser = await page.context().newCDPSession(page);
  browser.on('Log.entryAdded', ({ entry: { level, source, text, url } }) => {
    if (level === 'error') errors.push(`${source}: ${text} ${url ?? ''}`);
  });
  await browser.send('Log.enable');
  // A function from text that is refused and caught is no error, but an issue.
  browser.on('Audits.issueAdded', ({ issue: { code, details } }) => {
    if (code === 'ContentSecurityPolicyIssue') errors.push(JSON.stringify(details));
  });
  await browser.send('Audits.enable');
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  return errors;
}

function greyImage() {
  const data = new Uint8Array(96 * 96 * 3).fill(128);
  const buffer = Buffer.from(encode({ width: 96, height: 96, data, channels: 3 }));
  return { name: 'grey.png', mimeType: 'image/png', buffer };
}
