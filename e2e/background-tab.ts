/**
 * A tab that can be hidden and frozen. Playwright keeps every page of its own focused and visible, so this one is driven through the
 * DevTools protocol alone, and the browser is started with the throttling of hidden tabs that Playwright turns off.
 */
import { type Browser, type CDPSession, chromium } from '@playwright/test';
import { CHROMIUM_ARGS, requireChromium } from './chromium';

const THROTTLING = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export class BackgroundTab {
  readonly #answers = new Map<number, (message: { result?: unknown; error?: { message: string } }) => void>();
  #lastId = 0;

  private constructor(
    readonly browser: Browser,
    readonly devTools: CDPSession,
    readonly targetId: string,
    readonly sessionId: string,
  ) {
    devTools.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, ...answer } = JSON.parse(message);
      this.#answers.get(id)?.(answer);
      this.#answers.delete(id);
    });
  }

  static async open(url: string): Promise<BackgroundTab> {
    const browser = await chromium.launch({
      executablePath: requireChromium(),
      args: CHROMIUM_ARGS,
      ignoreDefaultArgs: THROTTLING,
    });
    const devTools = await browser.newBrowserCDPSession();
    const { targetId } = await devTools.send('Target.createTarget', { url });
    const { sessionId } = await devTools.send('Target.attachToTarget', { targetId, flatten: false });
    const tab = new BackgroundTab(browser, devTools, targetId, sessionId);
    await tab.#loaded(url);
    return tab;
  }

  /** A tab that has just been made cannot evaluate anything, and then it is an empty page. */
  async #loaded(url: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    while ((await this.evaluate('location.href').catch(() => null)) !== new URL(url).href) {
      if (Date.now() > deadline) throw new Error(`${url} was not loaded.`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Puts another tab in front of it. */
  async hide(): Promise<void> {
    const { targetId } = await this.devTools.send('Target.createTarget', { url: 'about:blank' });
    await this.devTools.send('Target.activateTarget', { targetId });
  }

  async show(): Promise<void> {
    await this.devTools.send('Target.activateTarget', { targetId: this.targetId });
  }

  /** Only a hidden tab can be frozen. */
  async freeze(milliseconds: number): Promise<void> {
    await this.#send('Page.setWebLifecycleState', { state: 'frozen' });
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    await this.#send('Page.setWebLifecycleState', { state: 'active' });
  }

  /** The value of a JavaScript expression in the tab; awaited if it is a promise. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.#send('Runtime.evaluate', {
      ...{ expression, returnByValue: true, awaitPromise: true },
    })) as { result: { value?: unknown }; exceptionDetails?: { text: string } }; // by the protocol
    if (answer.exceptionDetails) throw new Error(`${expression}: ${answer.exceptionDetails.text}`);
    return answer.result.value;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  async #send(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const answered = new Promise<{ result?: unknown; error?: { message: string } }>((resolve) => {
      this.#answers.set(id, resolve);
    });
    const message = JSON.stringify({ id, method, params });
    await this.devTools.send('Target.sendMessageToTarget', { sessionId: this.sessionId, message });
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
