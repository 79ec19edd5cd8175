import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { heedSignals, untilStopped } from './stop';

/** Signals at times that the test chooses, and their effects. */
function heeded() {
  const signals = new EventEmitter();
  const happened: string[] = [];
  let now = 7000;
  heedSignals(
    { signals, clock: () => now, leave: (code) => happened.push(`left with ${code}`) },
    { onFirst: () => happened.push('stopping'), code: 130 },
  );
  return {
    happened,
    send(name: 'SIGINT' | 'SIGTERM', millisecondsLater = 0) {
      now += millisecondsLater;
      signals.emit(name);
    },
  };
}

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('first stop and then exit: %s', (name) => {
    const { happened, send } = heeded();
    send(name);
    expect(happened).toEqual(['stopping']);
    send(name, 501);
    expect(happened).toEqual(['stopping', 'left with 130']);
  });

  it('twice within half a second count as one', () => {
    const { happened, send } = heeded();
    send('SIGINT');
    send('SIGINT', 499);
    send('SIGTERM', 1);
    expect(happened).toEqual(['stopping']);
    send('SIGINT', 1);
    expect(happened).toEqual(['stopping', 'left with 130']);
  });

  it('count from the first one, also at time zero', () => {
    const signals = new EventEmitter();
    const happened: string[] = [];
    const outside = { signals, clock: () => 0, leave: () => happened.push('left') };
    heedSignals(outside, { onFirst: () => happened.push('stopping'), code: 130 });
    signals.emit('SIGINT');
    signals.emit('SIGINT');
    expect(happened).toEqual(['stopping']);
  });
});

describe('work that can be stopped', () => {
  it('gives its result or its error if it is not stopped', async () => {
    const { signal } = new AbortController();
    await expect(untilStopped(Promise.resolve(5), signal)).resolves.toBe(5);
    await expect(untilStopped(Promise.reject(new TypeError('no')), signal)).rejects.toThrow(TypeError);
  });

  it('ends at once when it is stopped, even if it never finishes', async () => {
    const stopping = new AbortController();
    const work = untilStopped(new Promise(() => {}), stopping.signal);
    stopping.abort();
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('ends at once if it was stopped before', async () => {
    await expect(untilStopped(new Promise(() => {}), AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('may fail after it was stopped', async () => {
    const stopping = new AbortController();
    let fail = (_: Error) => {};
    const promise = new Promise((_, reject) => {
      fail = reject;
    });
    const work = untilStopped(promise, stopping.signal);
    stopping.abort();
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
    // An unhandled rejection would fail this file.
    fail(new Error('The page was closed.'));
  });
});
