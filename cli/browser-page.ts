/**
 * A page from this project's sources in a headless Chromium, served by Vite on a free local port. Requests to other hosts are
 * blocked and recorded.
 */
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';
import { UserError } from '../src/core/user-error';

const HOST = '127.0.0.1';
const LOAD_MS = 120_000;

export interface BrowserPage {
  page: Page;
  /** Blocked requests to other hosts. */
  refused: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens `path`, an HTML file below the project's folder. `prepare` is called before the page loads. Throws `UserError` if there
 * is no Chromium.
 */
export async function openPage(
  path: string,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<BrowserPage> {
  const executablePath = chromiumPath();
  const server = await serve(path);
  try {
    // A profile in a temporary folder, which is deleted with the browser: without one, the browser would keep all files in memory.
    const context = await chromium.launchPersistentContext('', {
      executablePath,
      args: CHROMIUM_ARGS,
      // The caller handles signals, because it may have results to save.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const close = async () => {
      await context.close();
      await server.close();
    };
    try {
      const refused = await refuseOtherHosts(context);
      const page = await context.newPage();
      // On the first start, Vite bundles the packages before it responds.
      page.setDefaultTimeout(LOAD_MS);
      await prepare(page);
      await page.goto(new URL(path, server.resolvedUrls?.local[0]).href);
      return { page, refused, close };
    } catch (error) {
      await context.close();
      throw error;
    }
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The list of blocked requests to other hosts, filled from now on. */
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
    // A separate cache for each page, so that a running development server is not affected.
    cacheDir: `${root}/node_modules/.vite-${basename(dirname(path))}`,
    logLevel: 'silent',
    // Sources do not change while the page is open, so no files are watched (`watch: null` would be merged away).
    server: { host: HOST, port: 0, hmr: false, ws: false, watch: { ignored: ['**'] }, open: false },
    // Only the packages listed in the configuration are bundled.
    optimizeDeps: { noDiscovery: true },
  });
  return server.listen();
}
