/**
 * Kills the browser, or the page's process, at a random moment of a run, opens the page again and compares what comes out with an
 * uninterrupted run: on WebAssembly every number has to be equal.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright';
import { CHROMIUM_ARGS, requireChromium } from '../../e2e/chromium';
import { drawStripes } from '../../e2e/draw-stripes';
import { storedModel, storedRuns } from '../../e2e/stored-project';
import { seededRandom } from '../../src/random';

const SEARCH =
  '?backend=wasm&epochs=40&batch=4&probe.epochs=3&settings=atoms&option.atoms.m=3&augmentation=crops-flips&dropout=0.2';
const PATIENCE = 180_000;

/** What is killed, and when. */
export const KINDS = [
  'browser, during a checkpoint write',
  'browser, at any time',
  'page, at any time',
] as const;

export interface Trial {
  kind: (typeof KINDS)[number];
  /** Milliseconds after the run's first step. */
  at: number;
  /** Steps that the page had shown, and the one after which the run went on; null if it began anew or was over. */
  shown: number;
  resumedAfter: number | null;
  /** Whether the run had ended before. */
  wasOver: boolean;
  /** Milliseconds until the reopened page showed its project. */
  opened: number;
  /** What differs from an uninterrupted run; empty if nothing does. */
  differences: string[];
}

interface Outcome {
  seconds: number;
  losses: number[];
  epochs: { epoch: number; valLoss: number; correct: number }[];
  /** The trained tensors of the model's file, in base64. */
  tensors: Record<string, string>;
}

/** A browser of our own process, so that it can be killed. */
class OwnBrowser {
  constructor(
    readonly process: ChildProcess,
    readonly browser: Browser,
  ) {}

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

  async page(): Promise<Page> {
    const [context] = this.browser.contexts();
    if (!context) throw new Error('The browser has no context.');
    return context.newPage();
  }

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

/** The trials share a profile with imported images, of which each gets a copy, and the result of an uninterrupted run. */
export class KillTrials {
  private constructor(
    readonly address: string,
    readonly folder: string,
    readonly reference: Outcome,
  ) {}

  /** @param address that of the built page */
  static async prepare(address: string): Promise<KillTrials> {
    const folder = mkdtempSync(join(tmpdir(), 'kills-'));
    drawStripes(join(folder, 'stripes'));
    const own = await OwnBrowser.open(join(folder, 'profile'));
    const page = await own.page();
    await page.goto(`${address}${SEARCH}`);
    await page.locator('button:enabled', { hasText: 'Try the sample' }).waitFor({ timeout: PATIENCE });
    await page.locator('input[webkitdirectory]').setInputFiles(join(folder, 'stripes'));
    await page.getByRole('banner').getByText('Saved', { exact: true }).waitFor({ timeout: PATIENCE });
    await own.close();
    const trials = new KillTrials(address, folder, { seconds: 0, losses: [], epochs: [], tensors: {} });
    const reference = await trials.#inCopy(async (profile) => {
      const whole = await OwnBrowser.open(profile);
      const began = await startRun(await whole.page(), address);
      const outcome = await outcomeOf(began.page);
      const seconds = (performance.now() - began.at) / 1000;
      await whole.close();
      return { ...outcome, seconds };
    });
    return new KillTrials(address, folder, reference);
  }

  async run(index: number, seed: number): Promise<Trial> {
    const random = seededRandom(seed).fork(`trial ${index}`);
    const kind = KINDS[index % KINDS.length] ?? KINDS[0];
    const at = (0.05 + 0.9 * random.uniform()) * this.reference.seconds * 1000;
    return this.#inCopy(async (profile) => {
      let own = await OwnBrowser.open(profile);
      const { page } = await startRun(await own.page(), this.address);
      await sleep(at);
      const shown = await stepsShown(page);
      if (kind === 'page, at any time') {
        const session = await page.context().newCDPSession(page);
        const crashed = page.waitForEvent('crash');
        session.send('Page.crash').catch(() => {});
        await crashed;
        await page.close();
      } else {
        if (kind === 'browser, during a checkpoint write') await nextWrite(profile, random.uniform() * 4);
        await own.kill();
        own = await OwnBrowser.open(profile);
      }
      const again = await own.page();
      const began = performance.now();
      await again.goto(this.address);
      await again.getByRole('heading', { level: 2, name: 'Compare' }).waitFor({ timeout: PATIENCE });
      const opened = performance.now() - began;
      const wasOver = (await storedRuns(again))[0]?.status === 'finished';
      const outcome = await outcomeOf(again);
      const [stored] = await storedRuns(again);
      await own.close();
      return {
        ...{ kind, at, shown, opened, wasOver },
        resumedAfter: stored?.resumedAfter ?? null,
        differences: differences(outcome, this.reference),
      };
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #inCopy<T>(work: (profile: string) => Promise<T>): Promise<T> {
    const copy = join(this.folder, 'copy');
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
    cpSync(join(this.folder, 'profile'), copy, { recursive: true });
    return work(copy);
  }
}

/** Starts the run and waits for its first step. */
async function startRun(page: Page, address: string): Promise<{ page: Page; at: number }> {
  await page.goto(`${address}#tune`);
  const start = page.getByRole('button', { name: 'Run 1 setting' });
  await start.click({ timeout: PATIENCE });
  await page
    .getByText(/\d of 160/)
    .first()
    .waitFor({ timeout: PATIENCE });
  return { page, at: performance.now() };
}

/** The steps that the page states as done. */
async function stepsShown(page: Page): Promise<number> {
  const text = await page.getByRole('main').innerText();
  return Number(/(\d+) of 160/.exec(text)?.[1] ?? 0);
}

/** Resolves a moment after the next write into the page's files. */
function nextWrite(profile: string, delay: number): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(join(profile, 'Default', 'File System'), { recursive: true }, () => {
      watcher.close();
      setTimeout(resolve, delay);
    });
    // The run may have ended.
    setTimeout(() => {
      watcher.close();
      resolve();
    }, 3000);
  });
}

/** Waits for the end of the run and for its being stored. */
async function outcomeOf(page: Page): Promise<Outcome> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const [run] = await storedRuns(page);
    if (run && !['queued', 'running'].includes(run.status)) {
      if (run.status !== 'finished') throw new Error(`The run is ${run.status}.`);
      return {
        seconds: 0,
        losses: run.steps.map(({ loss }) => loss),
        epochs: run.epochs.map(({ epoch, valLoss, correct }) => ({ epoch, valLoss, correct })),
        tensors: await storedModel(page),
      };
    }
    if (performance.now() > deadline)
      throw new Error(`The run did not end; it is ${run?.status ?? 'missing'}.`);
    await sleep(100);
  }
}

function differences(found: Outcome, reference: Outcome): string[] {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return [
    ...(same(found.losses, reference.losses) ? [] : ['losses']),
    ...(same(found.epochs, reference.epochs) ? [] : ['epochs']),
    ...(same(found.tensors, reference.tensors) ? [] : ['trained numbers']),
  ];
}
