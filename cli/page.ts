/**
 * Starts what the command line drives: Vite's server for the sources on a free port of this machine, and a headless
 * Chromium with the page `headless.html`. Whatever that page asks of another host is refused, and named at the end.
 */
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { CHROMIUM_ARGS, requireChromium } from '../e2e/chromium';
import { UserError } from '../src/user-error';
import { Bug } from './bug';
import type { Answer, HeadlessPage, Report } from './messages';

type Done<K extends keyof HeadlessPage> =
  Awaited<ReturnType<HeadlessPage[K]>> extends Answer<infer T> ? T : never;

export interface Headless {
  /** Rejects with `UserError` for what the person can mend, `AbortError` where they ended it, `Bug` otherwise. */
  ask<K extends keyof HeadlessPage>(call: K, ...given: Parameters<HeadlessPage[K]>): Promise<Done<K>>;
  /** Puts a folder or a file into the page's file input. */
  choose(kind: 'folder' | 'file', path: string): Promise<void>;
  /** Addresses on other hosts that the page asked for, in vain. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Throws `UserError` where there is no Chromium. */
export async function openHeadless(onReport: (report: Report) => void): Promise<Headless> {
  const executablePath = chromiumPath();
  const server = await serve();
  try {
    const { origin } = new URL(server.resolvedUrls?.local[0] ?? '');
    const browser = await chromium.launch({
      executablePath,
      args: CHROMIUM_ARGS,
      // Ctrl-C is the command line's own: it stops a run and keeps what it has.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    const refused: string[] = [];
    const context = await browser.newContext();
    await context.route(
      (url) => url.origin !== origin,
      (route) => {
        refused.push(route.request().url());
        return route.abort();
      },
    );
    const page = await context.newPage();
    const broken = failures(page);
    await page.exposeFunction('report', onReport);
    await Promise.race([openPage(page, origin), broken]);
    return {
      async ask(call, ...given) {
        const work = page.evaluate(
          ([name, input]) => {
            // The pair (name, input) belongs together by this method's signature, which the union cannot express.
            const serve = globalThis.headless[name] as (...given: unknown[]) => Promise<Answer<unknown>>;
            return serve(...input);
          },
          [call, given] as const,
        );
        const answer = await Promise.race([work, broken]);
        if ('failed' in answer) throw asError(answer.failed);
        return answer.done as Done<typeof call>; // the page answers each call with its own type
      },
      choose: (kind, path) => page.setInputFiles(`#${kind}`, path),
      refused,
      async close() {
        await browser.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function chromiumPath(): string {
  try {
    return requireChromium();
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

async function serve(): Promise<ViteDevServer> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const server = await createServer({
    root,
    configFile: `${root}/vite.config.ts`,
    // Its own, so that a server a person has open beside it is left alone.
    cacheDir: `${root}/node_modules/.vite-cli`,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false, watch: null, open: false },
    optimizeDeps: { entries: ['cli/headless.html', 'src/worker/worker.ts'] },
  });
  return server.listen();
}

async function openPage(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/cli/headless.html`);
  await page.waitForFunction(() => 'headless' in globalThis);
}

/** Never resolves; rejects when the page can no longer answer. */
function failures(page: Page): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    page.on('crash', () =>
      reject(new UserError('The browser ran out of memory. Use a smaller batch or fewer images.')),
    );
    page.on('pageerror', (error) => reject(new Bug(error.message, error.stack ?? String(error))));
  });
  // Raced by whoever waits for the page; between two calls nobody does.
  failed.catch(() => {});
  return failed;
}

function asError(problem: Extract<Answer<unknown>, { failed: unknown }>['failed']): Error {
  if (problem === null) return new DOMException('Stopped.', 'AbortError');
  if (problem.kind === 'user') return new UserError(problem.message);
  return new Bug(problem.message, problem.details);
}
