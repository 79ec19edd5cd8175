/** A Chromium with a profile that outlives it, as a process of our own, so that it can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright';
import { CHROMIUM_ARGS, requireChromium } from '../../e2e/chromium';

export class OwnBrowser {
  private constructor(
    readonly process: ChildProcess,
    readonly browser: Browser,
  ) {}

  /** @param profile the folder of the profile */
  static async open(profile: string): Promise<OwnBrowser> {
    const child = spawn(
      requireChromium(),
      [
        ...CHROMIUM_ARGS,
        '--headless=new',
        '--remote-debugging-port=0',
        `--user-data-dir=${profile}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let heard = '';
    const address = await new Promise<string>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        heard += text;
        const [, found] = /DevTools listening on (ws:\S+)/.exec(heard) ?? [];
        if (found) resolve(found);
      });
      child.on('exit', () => reject(new Error(`The browser did not start: ${heard}`)));
    });
    return new OwnBrowser(child, await chromium.connectOverCDP(address));
  }

  /** Closes the browser after `work`, also if that fails. */
  static async with<T>(profile: string, work: (own: OwnBrowser, page: Page) => Promise<T>): Promise<T> {
    const own = await OwnBrowser.open(profile);
    try {
      return await work(own, await own.page());
    } finally {
      await own.close();
    }
  }

  async page(): Promise<Page> {
    const [context] = this.browser.contexts();
    if (!context) throw new Error('The browser has no context.');
    return context.newPage();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
    await this.browser.close().catch(() => {});
  }

  async close(): Promise<void> {
    const ended = once(this.process, 'exit');
    const session = await this.browser.newBrowserCDPSession();
    await session.send('Browser.close').catch(() => {});
    await ended;
  }
}

export const devTools = (page: Page): Promise<CDPSession> => page.context().newCDPSession(page);
