import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backboneNamed, connectFake, type FakeEngine, ready, resultOf } from './fake-engine';
import { watchPace } from './pace';
import { runChosen } from './queue';
import { read, write } from './session';
import { sweepSeconds } from './sweep-actions';

let engines: FakeEngine[];
let stopWatching = () => {};
const asked = () => engines.at(-1)?.of('pace') ?? [];
const idle = () => vi.advanceTimersByTimeAsync(1000);
/** A backbone of one convolution. */
const backbone = (name: string) => ({
  ...backboneNamed(name),
  convolutions: [{ name: 'conv1', kernel: 1, cIn: 1, cOut: 1, stride: 2 }],
});

beforeEach(() => {
  vi.useFakeTimers();
  engines = connectFake();
  stopWatching = watchPace();
});
afterEach(() => {
  stopWatching();
  vi.useRealTimers();
});

describe('the pace of the engine', () => {
  it('is measured once for each backbone, when nothing else is done for a second', async () => {
    await idle();
    expect(asked()).toEqual([]);
    ready(backbone('starter'));
    await vi.advanceTimersByTimeAsync(900);
    write({ decomposing: { label: '', done: 0, total: 0 } });
    await idle();
    expect(asked()).toEqual([]);
    write({ decomposing: null });
    await idle();
    expect(asked()).toHaveLength(1);
    asked()[0]?.resolve(0.2);
    await idle();
    expect(read().pace?.secondsPerImage).toBe(0.2);
    await idle();
    expect(asked()).toHaveLength(1);
    write({ backbone: backbone('other') });
    await idle();
    expect(asked()).toHaveLength(2);
  });

  it('gives way to whatever the person does, and is measured after that', async () => {
    ready(backbone('starter'));
    await idle();
    write({ importing: { label: '', done: 0, total: 0 } });
    expect(asked()[0]?.options.signal?.aborted).toBe(true);
    await idle();
    expect(asked()).toHaveLength(1);
    write({ importing: null });
    await idle();
    expect(asked()).toHaveLength(2);
  });

  it('is not tried again after a failure', async () => {
    ready(backbone('starter'));
    await idle();
    asked()[0]?.reject(new Error('broken'));
    await idle();
    await idle();
    expect(asked()).toHaveLength(1);
    expect(sweepSeconds(read())).toBeNull();
  });

  it('gives a rough time of a sweep, until a run has taken its own', async () => {
    ready(backbone('starter'));
    write({ configuration: { ...read().configuration, settings: ['atoms'] } });
    expect(sweepSeconds(read())).toBeNull();
    await idle();
    asked()[0]?.resolve(0.5);
    await idle();
    // Two training images and one for validation: 10 epochs of 2 · 4 + 1 passes, the first validation, and the features.
    expect(sweepSeconds(read())).toEqual({ seconds: 0.5 * (10 * 9 + 1 + 3), isRough: true });
    runChosen();
    const [run] = read().runs;
    if (!run) throw new Error('A run was queued.');
    // One epoch of it took 2 seconds.
    write({ runs: [{ ...run, status: 'finished', result: { ...resultOf(run.config), threads: 1 } }] });
    expect(sweepSeconds(read())).toEqual({ seconds: 20, isRough: false });
    // Another setting takes the pace of that run: 2 seconds for 9 passes.
    write({ configuration: { ...read().configuration, settings: ['lora'] } });
    expect(sweepSeconds(read())?.isRough).toBe(true);
    expect(sweepSeconds(read())?.seconds).toBeCloseTo((2 / 9) * (10 * 9 + 1 + 3), 10);
  });
});
