import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connectFake, type FakeEngine, modelOf, ready, resultOf, settled } from './fake-engine';
import { endRuns, pauseRun, runChosen, watchQueue } from './queue';
import { activeRun, read, write } from './session';
import { watchWakeLock } from './wake-lock';

let engines: FakeEngine[] = [];
let stop: (() => void)[] = [];
const locks: { released: boolean; release: () => Promise<void> }[] = [];

beforeEach(() => {
  locks.length = 0;
  vi.spyOn(navigator.wakeLock, 'request').mockImplementation(async () => {
    const lock = {
      released: false,
      release: async () => {
        lock.released = true;
      },
    };
    locks.push(lock);
    return lock as unknown as WakeLockSentinel; // no other member is used
  });
  engines = connectFake({ control: () => null });
  stop = [watchQueue(), watchWakeLock()];
  ready();
});
afterEach(async () => {
  for (const each of stop) each();
  await endRuns();
  vi.restoreAllMocks();
});

it('is held while a run trains, and not while it is paused or over', async () => {
  const held = () => locks.map(({ released }) => !released);
  write({ configuration: { ...read().configuration, settings: ['atoms'] } });
  runChosen();
  await settled();
  expect(held()).toEqual([true]);
  const run = activeRun(read());
  if (!run) throw new Error('There is no run.');
  await pauseRun(run);
  await settled();
  expect(held()).toEqual([false]);
  write({ runs: read().runs.map((each) => ({ ...each, status: 'running' })) });
  await settled();
  expect(held()).toEqual([false, true]);
  const { input, resolve } = engines.at(-1)?.last('train') ?? {};
  if (input) resolve?.({ result: resultOf(input.config), model: modelOf(input.runId) });
  await settled();
  expect(held()).toEqual([false, false]);
});
