/**
 * A page of this project's sources in a headless Chromium, served by Vite on a free port of this machine. Whatever the
 * page asks of another host is refused, and named.
 */
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';
import { UserError } from '../src/user-error';

const HOST = '127.0.0.1';
const LOAD_MS = 120_000;

export interface BrowserPage {
  page: Page;
  /** Addresses on other hosts that the page asked for, in vain. */
  refused: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens `path`, an HTML file below the project's folder. `prepare` sees the page before it loads. Throws `UserError`
 * where there is no Chromium.
 */
export async function openPage(
  path: string,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<BrowserPage> {
  const executablePath = chromiumPath();
  const server = await serve(path);
  try {
    const browser = await chromium.launch({
      executablePath,
      args: CHROMIUM_ARGS,
      // Ctrl-C is the caller's own: it may have something to keep.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const close = async () => {
      await browser.close();
      await server.close();
    };
    try {
      const context = await browser.newContext();
      const refused = await refuseOtherHosts(context);
      const page = await context.newPage();
      // The first time, Vite bundles the packages before it answers.
      page.setDefaultTimeout(LOAD_MS);
      await prepare(page);
      await page.goto(new URL(path, server.resolvedUrls?.local[0]).href);
      return { page, refused, close };
    } catch (error) {
      await browser.close();
      throw error;
    }
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The addresses on other hosts that are asked for from now on. */
export async function refuseOtherHosts(context: BrowserContext): Promise<string[]> {
  const refused: string[] = [];
  const elsewhere = ({ hostname }: URL) => hostname !== HOST;
  await context.route(elsewhere, (route) => {
    refused.push(route.request().url());
    return route.abort();
  });
  await context.routeWebSocket(elsewhere, (socket) => {
    refused.push(socket.url());
    return socket.close();
  });
  return refused;
}

function chromiumPath(): string {
  try {
    return requireChromium();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

async function serve(path: string): Promise<ViteDevServer> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({
    root,
    configFile: `${root}/vite.config.ts`,
    // One for each page, so that a server a person has open beside it is left alone.
    cacheDir: `${root}/node_modules/.vite-${basename(dirname(path))}`,
    logLevel: 'silent',
    // Nothing is to change while the page is open, so no file is watched (`watch: null` would be merged away).
    server: { host: HOST, port: 0, hmr: false, ws: false, watch: { ignored: ['**'] }, open: false },
    // Only the packages that the configuration names: see there.
    optimizeDeps: { noDiscovery: true },
  });
  return server.listen();
}
