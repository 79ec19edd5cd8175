import { EventEmitter } from 'node:events';
import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_HYPERPARAMETERS } from '../app/store/defaults';
import { UserError } from '../src/core/user-error';
import { EngineFault } from '../src/engine-fault';
import { Bug } from './bug';
import type { HeadlessPage, Report } from './messages';
import { type Headless, openHeadless } from './page';
import { BACKBONE, ENGINE } from './page-fixture';

/** A replacement for a Playwright page: functions are evaluated in Node, and the test sends events. */
class PageFixture extends EventEmitter {
  readonly exposed = new Map<string, unknown>();
  readonly chosen: [selector: string, path: string][] = [];
  closed = 0;

  async exposeFunction(name: string, callback: unknown) {
    this.exposed.set(name, callback);
  }
  /** Of the download that the page starts; its error, if it cannot be written. */
  readonly saved: string[] = [];
  disk: Error | null = null;

  waitForEvent(name: string) {
    return new Promise((resolve) => this.once(name, resolve));
  }
  /** The page starts a download. */
  download() {
    this.emit('download', {
      saveAs: async (path: string) => {
        if (this.disk) throw this.disk;
        this.saved.push(`written to ${path}`);
      },
      delete: async () => void this.saved.push('deleted'),
    });
  }
  async evaluate(work: (given: unknown) => unknown, given: unknown) {
    return work(given);
  }
  async setInputFiles(selector: string, path: string) {
    this.chosen.push([selector, path]);
  }
  async $$eval(selector: string, work: (inputs: { value: string }[]) => void) {
    const input = { value: 'as it was' };
    work([input]);
    this.chosen.push([selector, input.value]);
  }
}

const REPORT: Report = {
  ...{ run: 'Atoms', phase: null, epoch: 1, epochs: 2 },
  ...{ loss: 0.5, imagesPerSecond: 9, secondsLeft: 3 },
};

let page: PageFixture;
const heard: unknown[] = [];
const refused = ['https://elsewhere.example/'];

beforeEach(() => {
  page = new PageFixture();
  heard.length = 0;
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, 'headless');
});

/** The headless page with these functions; no others are called. */
function open(functions: Partial<HeadlessPage> | null, whileOpening = async () => {}): Promise<Headless> {
  if (functions) globalThis.headless = functions as HeadlessPage;
  return openHeadless(
    (report) => heard.push(report),
    (notice) => heard.push(notice),
    async (path, prepare) => {
      expect(path).toBe('cli/headless.html');
      // Only the methods that are called.
      const made = page as unknown as Page;
      await prepare?.(made);
      await whileOpening();
      return {
        page: made,
        refused,
        close: async () => {
          page.closed++;
        },
      };
    },
  );
}

const caught = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  );
const never = () => new Promise<never>(() => {});

describe('a call', () => {
  it('passes its arguments, and returns the page’s result', async () => {
    const given: unknown[] = [];
    const headless = await open({
      start: async (...all) => {
        given.push(...all);
        return { done: { engine: ENGINE, backbone: BACKBONE } };
      },
    });
    expect(await headless.ask('start', 'wasm')).toEqual({ engine: ENGINE, backbone: BACKBONE });
    expect(given).toEqual(['wasm']);
  });

  it('may return null', async () => {
    const headless = await open({ stop: async () => ({ done: null }) });
    expect(await headless.ask('stop')).toBeNull();
  });

  const failing = async (failed: Parameters<typeof answered>[0]) =>
    caught((await answered(failed)).ask('stop'));
  const answered = (
    failed: Extract<Awaited<ReturnType<HeadlessPage['stop']>>, { failed: unknown }>['failed'],
  ) => open({ stop: async () => ({ failed }) });

  it('fails with an error that the person can correct', async () => {
    expect(await failing({ kind: 'user', message: 'Too many.' })).toEqual(new UserError('Too many.'));
  });

  it.each(['device-lost', 'out-of-memory', 'gpu-error'] as const)(
    'fails with an engine fault: %s',
    async (kind) => {
      const error = await failing({
        kind,
        message: 'It broke.',
        details: 'words',
        engineLost: kind !== 'out-of-memory',
      });
      expect(error).toBeInstanceOf(EngineFault);
      expect(error).toMatchObject({
        ...{ kind, message: 'It broke.', details: 'words', engineLost: kind !== 'out-of-memory' },
      });
    },
  );

  it('fails with a bug, with the page’s details', async () => {
    const error = await failing({ kind: 'bug', message: 'x is undefined', details: 'at train' });
    expect(error).toBeInstanceOf(Bug);
    expect(error).toMatchObject({ message: 'x is undefined', details: 'at train' });
  });

  it('fails as ended by the person if the page says so', async () => {
    expect(await failing(null)).toMatchObject({ name: 'AbortError' });
    expect(await failing(null)).toBeInstanceOf(DOMException);
  });

  it('fails with the page’s error if the page does not respond', async () => {
    const headless = await open({
      stop: () => Promise.reject(new Error('Target closed')),
    });
    expect(await caught(headless.ask('stop'))).toEqual(new Error('Target closed'));
  });
});

describe('a page that breaks', () => {
  const OUT_OF_MEMORY = new UserError('The browser ran out of memory. Use a smaller batch or fewer images.');

  it('ends the current call', async () => {
    const headless = await open({ train: never, settings: never });
    const waiting = caught(headless.ask('settings', DEFAULT_HYPERPARAMETERS));
    page.emit('crash');
    expect(await waiting).toEqual(OUT_OF_MEMORY);
  });

  it('between two calls fails the next one', async () => {
    const headless = await open({ stop: async () => ({ done: null }), settings: never });
    await headless.ask('stop');
    page.emit('crash');
    // Nothing awaits the promise: an unhandled rejection would fail this file.
    await new Promise(setImmediate);
    expect(await caught(headless.ask('settings', DEFAULT_HYPERPARAMETERS))).toEqual(OUT_OF_MEMORY);
  });

  it('by an uncaught error ends the call with a bug and the error’s stack', async () => {
    const headless = await open({ settings: never });
    const waiting = caught(headless.ask('settings', DEFAULT_HYPERPARAMETERS));
    const error = new TypeError('x is not a function');
    page.emit('pageerror', error);
    const ended = await waiting;
    expect(ended).toBeInstanceOf(Bug);
    expect(ended).toMatchObject({ message: 'x is not a function', details: error.stack });
  });

  it('by an error between two calls fails the next one', async () => {
    const headless = await open({ settings: never });
    page.emit('pageerror', new Error('late'));
    await new Promise(setImmediate);
    expect(await caught(headless.ask('settings', DEFAULT_HYPERPARAMETERS))).toMatchObject({
      message: 'late',
    });
  });

  it('reports the first cause, not its consequences', async () => {
    const headless = await open({ settings: never });
    page.emit('pageerror', new Error('first'));
    page.emit('crash');
    expect(await caught(headless.ask('settings', DEFAULT_HYPERPARAMETERS))).toMatchObject({
      message: 'first',
    });
  });

  it('while it is being opened is closed', async () => {
    const opened = open({}, async () => {
      page.emit('pageerror', new Error('The script has an error.'));
      // Nothing awaits the page yet: an unhandled rejection would fail this file.
      await new Promise(setImmediate);
    });
    expect(await caught(opened)).toMatchObject({ message: 'The script has an error.' });
    expect(page.closed).toBe(1);
  });

  it('while it loads is closed', async () => {
    const evaluate = page.evaluate.bind(page);
    page.evaluate = async (work, given) => {
      page.emit('pageerror', new Error('The script has an error.'));
      await new Promise(setImmediate);
      return evaluate(work, given);
    };
    expect(await caught(open({}))).toMatchObject({ message: 'The script has an error.' });
    expect(page.closed).toBe(1);
  });

  it('or has none of the functions is closed', async () => {
    expect(await caught(open(null))).toEqual(new Error('The headless page did not load.'));
    expect(page.closed).toBe(1);
  });
});

describe('input and output of the page', () => {
  it('are files and folders, each in its own input element', async () => {
    const headless = await open({});
    await headless.choose('data', { kind: 'folder', path: '/flowers' });
    await headless.choose('backbone', { kind: 'file', path: '/resnet.pth' });
    // The other input is cleared, so that the earlier choice is removed.
    expect(page.chosen).toEqual([
      ['#data-file', ''],
      ['#data-folder', '/flowers'],
      ['#backbone-folder', ''],
      ['#backbone-file', '/resnet.pth'],
    ]);
  });

  it('are reports and notices of the page', async () => {
    await open({});
    const call = (name: string, given: unknown) => {
      const exposed = page.exposed.get(name);
      if (typeof exposed === 'function') exposed(given);
    };
    const notice = { program: 'conv 3×3', reason: 'No f16.' };
    call('report', REPORT);
    call('notice', notice);
    expect(heard).toEqual([REPORT, notice]);
  });

  it('are the project as a download, which is deleted once it is written', async () => {
    const exportProject = async () => {
      page.download();
      return { done: null };
    };
    const headless = await open({ exportProject });
    await headless.saveProject('/p.zip');
    expect(page.saved).toEqual(['written to /p.zip', 'deleted']);
    page.disk = Object.assign(new Error('no words'), { code: 'ENOSPC' });
    expect(await caught(headless.saveProject('/p.zip'))).toEqual(
      new UserError('“/p.zip” cannot be written: the disk is full.'),
    );
    expect(page.saved.at(-1)).toBe('deleted');
  });

  it('are no file if the page has no project to write', async () => {
    const failed = { kind: 'user', message: 'This browser has no room.' } as const;
    const headless = await open({ exportProject: async () => ({ failed }) });
    expect(await caught(headless.saveProject('/p.zip'))).toEqual(new UserError(failed.message));
    expect(page.saved).toEqual([]);
  });

  it('are addresses that were blocked', async () => {
    expect((await open({})).refused).toBe(refused);
  });

  it('end with the browser', async () => {
    const headless = await open({});
    await headless.close();
    expect(page.closed).toBe(1);
  });
});
