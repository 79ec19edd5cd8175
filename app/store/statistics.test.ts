import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Predictions } from '../../src/core/run';
import { accuracyInterval } from '../../src/statistics/bootstrap';
import { inBackground, resultsVersion, settled, subscribe } from './statistics';

afterEach(() => {
  vi.unstubAllGlobals();
});

const RUNS: Predictions[] = [0, 1].map((seed) => {
  const labels = Array.from({ length: 20 }, (_, image) => image % 2);
  return {
    targets: labels,
    predicted: labels.map((label, image) => ((image + seed) % 3 === 0 ? 1 - label : label)),
  };
});
const EXPECTED = accuracyInterval(
  RUNS.map(({ targets, predicted }) =>
    Uint8Array.from(targets, (label, i) => Number(label === predicted[i])),
  ),
);

describe('statistics in the background', () => {
  // This test must run first, before a worker is started.
  it('are computed on this thread where there is no worker', async () => {
    class Broken {
      onerror: ((event: Event) => void) | null = null;
      postMessage() {
        queueMicrotask(() => this.onerror?.(new Event('error')));
      }
      terminate() {}
    }
    const runs = structuredClone(RUNS);
    vi.stubGlobal('Worker', Broken);
    expect(inBackground.accuracy(runs)).toBeNull();
    await settled();
    expect(inBackground.accuracy(runs)).toEqual(EXPECTED);
  });

  it('are asked of the worker once, and told when they are there', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    const told = vi.fn();
    const end = subscribe(told);
    const before = resultsVersion();
    expect(inBackground.accuracy(RUNS)).toBeNull();
    expect(inBackground.accuracy(RUNS)).toBeNull();
    expect(posted).toHaveBeenCalledTimes(1);
    await settled();
    expect(inBackground.accuracy(RUNS)).toEqual(EXPECTED);
    expect(posted).toHaveBeenCalledTimes(1);
    expect(told).toHaveBeenCalledTimes(1);
    expect(resultsVersion()).not.toBe(before);
    // Equal predictions in other objects are not cached: results are cached per object.
    expect(inBackground.accuracy(structuredClone(RUNS))).toBeNull();
    await settled();
    end();
    posted.mockRestore();
  });
});
