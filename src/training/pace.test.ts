import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { startBackend } from '../backend';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { backboneFixture } from './backbone-fixture';
import { datasetFixture } from './dataset-fixture';
import { measurePace } from './pace';

const DATASET = datasetFixture(2, 2, 1, 36);

describe('the pace of a forward pass', () => {
  let backbone: Backbone;
  let tensors = 0;
  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await backboneFixture({ baseWidth: 4, blocks: [1], strideIn1x1: false }, 32);
    await measurePace(backbone, DATASET, 'wasm', new AbortController().signal);
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    vi.restoreAllMocks();
    expect(tf.memory().numTensors).toBe(tensors);
  });
  afterAll(() => backbone.dispose());

  /** Every reading of the clock is a second later, so every part of a pass is a turn. */
  const everyReading = () => {
    let now = 0;
    return vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 1000;
      return now;
    });
  };

  it('is the time of the second pass of one image if that takes long', async () => {
    const clock = everyReading();
    const seconds = await measurePace(backbone, DATASET, 'wasm', new AbortController().signal);
    // In each of two equal passes, the clock is read for the first turn, at the start, at every turn and at the end.
    const readings = clock.mock.calls.length / 2;
    expect(readings).toBeGreaterThan(5);
    expect(seconds).toBe(readings - 2);
  });

  it('is the time per image of a pass of several images if one takes a moment', async () => {
    const pass = vi.spyOn(backbone, 'featuresInParts');
    const clock = vi.spyOn(performance, 'now');
    let now = 0;
    // A millisecond between two readings.
    clock.mockImplementation(() => {
      now += 1;
      return now;
    });
    await measurePace(backbone, DATASET, 'wasm', new AbortController().signal);
    expect(pass.mock.calls.map(([images]) => images.shape[0])).toEqual([1, 1, 4]);
  });

  it('ends at the next turn after an abort', async () => {
    everyReading();
    const cancel = new AbortController();
    const measuring = measurePace(backbone, DATASET, 'wasm', cancel.signal);
    await yieldToEventLoop();
    cancel.abort(new DOMException('Cancelled.', 'AbortError'));
    await expect(measuring).rejects.toMatchObject({ name: 'AbortError' });
  });
});
