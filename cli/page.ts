/** The headless page as the command line sees it: typed calls, errors that keep their kind. */
import type { Page } from 'playwright';
import { AmbiguousData } from '../src/data/question';
import { EngineFault } from '../src/engine-fault';
import { UserError } from '../src/user-error';
import type { Notice } from '../src/worker/protocol';
import { openPage } from './browser-page';
import { Bug } from './bug';
import type { Answer, HeadlessPage, Purpose, Report } from './messages';

export type Done<K extends keyof HeadlessPage> =
  Awaited<ReturnType<HeadlessPage[K]>> extends Answer<infer T> ? T : never;

/** Where data or a backbone are on the disk; several files may be chosen together. */
export interface Place {
  kind: 'folder' | 'file';
  path: string | string[];
}

export interface Headless {
  /** Rejects with `UserError` for what the person can mend, `EngineFault` where the device failed, `AbortError` where they ended it, `Bug` otherwise. */
  ask<K extends keyof HeadlessPage>(call: K, ...given: Parameters<HeadlessPage[K]>): Promise<Done<K>>;
  /** Puts a folder or files into the page's file input for it, in place of what was chosen before. */
  choose(purpose: Purpose, { kind, path }: Place): Promise<void>;
  /** Addresses on other hosts that the page asked for, in vain. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Throws `UserError` where there is no Chromium. `open`: for tests with another page. */
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
      const answer = await Promise.race([broken, work]);
      if ('failed' in answer) throw asError(answer.failed);
      return answer.done as Done<typeof call>; // the page answers each call with its own type
    },
    async choose(purpose, { kind, path }) {
      const other = kind === 'folder' ? 'file' : 'folder';
      // Playwright sets no empty list in an input for folders.
      await page.$eval<void, HTMLInputElement>(`#${purpose}-${other}`, (input) => {
        input.value = '';
      });
      await page.setInputFiles(`#${purpose}-${kind}`, path);
    },
    refused,
    close,
  };
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
  if (problem.kind === 'user' && problem.question) return new AmbiguousData(problem.question);
  if (problem.kind === 'user') return new UserError(problem.message);
  if (problem.kind !== 'bug')
    return new EngineFault(problem.kind, problem.message, problem.details, problem.engineLost);
  return new Bug(problem.message, problem.details);
}
