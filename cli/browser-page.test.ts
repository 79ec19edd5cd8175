/** Runs a real Chromium. */
import { createServer, type Server } from 'node:http';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';
import { UserError } from '../src/core/user-error';
import { openPage, refuseOtherHosts } from './browser-page';
import { openHeadless } from './page';

vi.mock('../e2e/chromium', async (original) => {
  const { requireChromium, ...rest } = await original<typeof import('../e2e/chromium')>();
  return { ...rest, requireChromium: vi.fn(requireChromium) };
});

let browser: Browser;
let server: Server;
let origin = '';
/** The same server under another host name, to which it would respond. */
let elsewhere = '';
const served: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: requireChromium(), args: CHROMIUM_ARGS });
  server = createServer(({ url = '' }, response) => {
    served.push(url);
    response
      .setHeader('Access-Control-Allow-Origin', '*')
      .setHeader('Content-Type', 'text/html')
      .end('<!doctype html><title>A page</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  origin = `http://127.0.0.1:${address.port}`;
  elsewhere = `localhost:${address.port}`;
});
afterAll(async () => {
  await browser.close();
  server.close();
});

async function guardedPage() {
  const context = await browser.newContext();
  const refused = await refuseOtherHosts(context);
  const page = await context.newPage();
  await page.goto(origin);
  return { page, refused, close: () => context.close() };
}

describe('a page on this machine', () => {
  it('may request everything from its own host', async () => {
    const { page, refused, close } = await guardedPage();
    const asked = await page.evaluate(async () => {
      const own = await fetch('/own.json');
      const made = await fetch(URL.createObjectURL(new Blob(['made'])));
      const written = await fetch('data:text/plain,written');
      return [own.status, await made.text(), await written.text()];
    });
    expect(asked).toEqual([200, 'made', 'written']);
    expect(refused).toEqual([]);
    await close();
  });

  it('may request nothing from other hosts, and every blocked address is listed', async () => {
    const { page, refused, close } = await guardedPage();
    const failed = await page.evaluate(async (host) => {
      const fetched = await fetch(`http://${host}/model.bin`).catch(() => 'refused');
      const loaded = await new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve('loaded');
        image.onerror = () => resolve('refused');
        image.src = 'https://images.example/1.png';
      });
      const connected = await new Promise((resolve) => {
        const socket = new WebSocket(`ws://${host}/socket`);
        socket.onmessage = () => resolve('connected');
        socket.onclose = () => resolve('refused');
      });
      return [fetched, loaded, connected];
    }, elsewhere);
    expect(failed).toEqual(['refused', 'refused', 'refused']);
    expect(refused).toEqual([
      `http://${elsewhere}/model.bin`,
      'https://images.example/1.png',
      `ws://${elsewhere}/socket`,
    ]);
    expect(served).not.toContain('/model.bin');
    await close();
  });

  it('may request nothing from other hosts in its workers', async () => {
    const { page, refused, close } = await guardedPage();
    const said = await page.evaluate(
      (host) =>
        new Promise((resolve) => {
          const source = `fetch('http://${host}/x').then(() => postMessage('had'), () => postMessage('refused'))`;
          const worker = new Worker(URL.createObjectURL(new Blob([source])));
          worker.onmessage = ({ data }) => resolve(data);
        }),
      elsewhere,
    );
    expect(said).toBe('refused');
    expect(refused).toEqual([`http://${elsewhere}/x`]);
    await close();
  });
});

describe('a page whose process ends', () => {
  it('ends the current call and all later ones with a message', async () => {
    const context = await browser.newContext();
    const headless = await openHeadless(
      () => {},
      () => {},
      async (_, prepare) => {
        const page = await context.newPage();
        await prepare?.(page);
        await page.goto(origin);
        await page.evaluate(() => {
          // The only function that is called here; it never returns.
          globalThis.headless = {
            stop: () => new Promise(() => {}),
          } as unknown as typeof globalThis.headless;
        });
        return { page, refused: [], close: () => context.close() };
      },
    );
    const waiting = headless.ask('stop').catch((error: unknown) => error);
    const [page] = context.pages();
    page?.goto('chrome://crash').catch(() => {});
    const sentence = new UserError('The browser ran out of memory. Use a smaller batch or fewer images.');
    expect(await waiting).toEqual(sentence);
    expect(await headless.ask('stop').catch((error: unknown) => error)).toEqual(sentence);
    await headless.close();
  });
});

describe('opening a page', () => {
  it('says what to do if there is no Chromium', async () => {
    vi.mocked(requireChromium).mockImplementationOnce(() => {
      throw new Error('No Chromium was found. Fetch one.');
    });
    await expect(openPage('cli/headless.html')).rejects.toThrow(
      new UserError('No Chromium was found. Fetch one.'),
    );
  });
});
