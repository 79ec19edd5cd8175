/** The headless page as seen by the command line: typed calls, and errors that keep their class. */
import type { Page } from 'playwright';
import type { Notice } from '../src/core/engine';
import { UserError } from '../src/core/user-error';
import { AmbiguousData } from '../src/data/question';
import { EngineFault } from '../src/engine-fault';
import { openPage } from './browser-page';
import { Bug } from './bug';
import { asUserError } from './folders';
import type { Answer, HeadlessPage, Purpose, Report } from './messages';

export type Done<K extends keyof HeadlessPage> =
  Awaited<ReturnType<HeadlessPage[K]>> extends Answer<infer T> ? T : never;

/** Path of data or of a backbone; several files may be chosen together. */
export interface Place {
  kind: 'folder' | 'file';
  path: string | string[];
}

export interface Headless {
  /**
   * Rejects with `UserError` for errors that the person can correct, `EngineFault` for device failures, `AbortError` after a
   * stop, and `Bug` otherwise.
   */
  ask<K extends keyof HeadlessPage>(call: K, ...given: Parameters<HeadlessPage[K]>): Promise<Done<K>>;
  /** Sets the page's file input to a folder or files, replacing the earlier choice. */
  choose(purpose: Purpose, { kind, path }: Place): Promise<void>;
  /** Writes the page's project, with all runs so far, to a file. Throws `UserError` if it cannot be written. */
  saveProject(path: string): Promise<void>;
  /** Blocked requests to other hosts. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Throws `UserError` if there is no Chromium. `open`: tests pass another page. */
export async function openHeadless(
  onReport: (report: Report) => void,
  onNotice: (notice: Notice) => void,
  open: typeof openPage = openPage,
): Promise<Headless> {
  let broken: Promise<never> = new Promise(() => {});
  const { page, refused, close } = await open('cli/headless.html', async (fresh) => {
    broken = failures(fresh);
    await fresh.exposeFunction('report', onReport);
    await fresh.exposeFunction('notice', onNotice);
  });
  try {
    const loaded = await Promise.race([broken, page.evaluate(() => 'headless' in globalThis)]);
    if (!loaded) throw new Error('The headless page did not load.');
  } catch (error) {
    await close();
    throw error;
  }
  const ask: Headless['ask'] = async (call, ...given) => {
    const work = page.evaluate(
      ([name, input]) => {
        // The signature ensures that name and input match; the union type cannot express that.
        const serve = globalThis.headless[name] as (...given: unknown[]) => Promise<Answer<unknown>>;
        return serve(...input);
      },
      [call, given] as const,
    );
    const answer = await Promise.race([broken, work]);
    if ('failed' in answer) throw asError(answer.failed);
    return answer.done as Done<typeof call>; // the page answers each call with its own type
  };
  return {
    ask,
    async choose(purpose, { kind, path }) {
      const other = kind === 'folder' ? 'file' : 'folder';
      // Playwright cannot set an empty list on a folder input. Not every purpose has both inputs.
      await page.$$eval<void, HTMLInputElement>(`#${purpose}-${other}`, (inputs) => {
        for (const input of inputs) input.value = '';
      });
      await page.setInputFiles(`#${purpose}-${kind}`, path);
    },
    async saveProject(path) {
      // A download goes from the browser's disk to the file; an answer of `ask` would pass through the memory as text.
      const [download] = await Promise.all([
        page.waitForEvent('download', { timeout: 0 }),
        ask('exportProject'),
      ]);
      try {
        await Promise.race([broken, download.saveAs(path)]);
      } catch (error) {
        throw asUserError(error, 'written', path);
      } finally {
        await download.delete();
      }
    },
    refused,
    close,
  };
}

/** Never resolves; rejects when the page can no longer respond. */
function failures(page: Page): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    page.on('crash', () =>
      reject(new UserError('The browser ran out of memory. Use a smaller batch or fewer images.')),
    );
    page.on('pageerror', (error) => reject(new Bug(error.message, error.stack ?? String(error))));
  });
  // Calls race against this promise. Between calls nothing awaits it, so the rejection is handled here.
  failed.catch(() => {});
  return failed;
}

function asError(problem: Extract<Answer<unknown>, { failed: unknown }>['failed']): Error {
  if (problem === null) return new DOMException('Stopped.', 'AbortError');
  if (problem.kind === 'user' && problem.question) return new AmbiguousData(problem.question);
  if (problem.kind === 'user') return new UserError(problem.message);
  if (problem.kind !== 'bug')
    return new EngineFault(problem.kind, problem.message, problem.details, problem.engineLost);
  return new Bug(problem.message, problem.details);
}
