import { describe, expect, it } from 'vitest';
import { EngineLock } from './lock';

const never = new AbortController().signal;

/** A promise and the function that settles it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Waits until all pending promise callbacks have run. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('the engine lock', () => {
  it('tells what holds it, and is free after success and failure alike', async () => {
    const lock = new EngineLock();
    const { open, opened } = gate();
    const run = lock.exclusive('run', never, () => opened);
    expect(lock.work).toBe('run');
    open();
    await run;
    expect(lock.work).toBeNull();
    await expect(lock.exclusive('data', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(lock.work).toBeNull();
  });

  it('refuses a second exclusive work', async () => {
    const lock = new EngineLock();
    const { open, opened } = gate();
    const first = lock.exclusive('run', never, () => opened);
    await expect(lock.exclusive('data', never, async () => 1)).rejects.toThrow('held for run');
    open();
    await first;
  });

  it('reads beside exclusive work, but not while something is replaced', async () => {
    const lock = new EngineLock();
    const [before, replacing] = [gate(), gate()];
    const seen: string[] = [];
    const reader = lock.read(never, async () => {
      await before.opened;
      seen.push('first reader ends');
    });
    const work = lock.exclusive('backbone', never, () =>
      lock.replace(async () => {
        seen.push('replacement begins');
        await replacing.opened;
        seen.push('replacement ends');
      }),
    );
    const late = lock.read(never, async () => seen.push('second reader'));
    await settle();
    expect(seen).toEqual([]);
    before.open();
    await settle();
    expect(seen).toEqual(['first reader ends', 'replacement begins']);
    replacing.open();
    await Promise.all([reader, work, late]);
    expect(seen).toEqual(['first reader ends', 'replacement begins', 'replacement ends', 'second reader']);
  });

  it('takes over by aborting readers and work, and waits until the work has left', async () => {
    const lock = new EngineLock();
    const leaving = gate();
    const seen: string[] = [];
    const untilAborted = (name: string) => (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          seen.push(`${name} is aborted`);
          void leaving.opened.then(resolve);
        });
      });
    const work = lock.exclusive('data', never, untilAborted('work'));
    const reader = lock.read(never, untilAborted('reader'));
    const start = lock.takeOver('start', never, () => lock.replace(() => void seen.push('start')));
    await settle();
    expect(seen).toEqual(['reader is aborted', 'work is aborted']);
    leaving.open();
    await Promise.all([work, reader, start]);
    expect(seen.at(-1)).toBe('start');
    expect(lock.work).toBeNull();
  });

  it('lets two takeovers follow one another', async () => {
    const lock = new EngineLock();
    const seen: number[] = [];
    const start = (number: number) =>
      lock.takeOver('start', never, async (signal) => {
        await settle();
        if (!signal.aborted) seen.push(number);
      });
    await Promise.all([start(1), start(2), start(3)]);
    expect(seen.at(-1)).toBe(3);
    expect(lock.work).toBeNull();
  });

  it('passes the caller’s own abort on to work and readers', async () => {
    const lock = new EngineLock();
    const own = new AbortController();
    const aborted = (signal: AbortSignal) =>
      new Promise<unknown>((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));
    const work = lock.exclusive('run', own.signal, aborted);
    const reader = lock.read(own.signal, aborted);
    own.abort('mine');
    expect(await Promise.all([work, reader])).toEqual(['mine', 'mine']);
  });
});
