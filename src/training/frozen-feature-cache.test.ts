import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import type { FrozenFeaturePlace, RunConfig, RunEvent } from '../core/run';
import type { PrivateFile } from '../files/private-file';
import { maxRelativeError } from '../fixtures';
import { runToEnd } from '../worker/run';
import { RunControl } from '../worker/run-control';
import { datasetFixture } from './dataset-fixture';
import { modelFixture } from './model-fixture';
import { runFixture } from './run-fixture';
import type { Both } from './run-fixture-worker';
import { RunCache } from './train';

const CONFIG: RunConfig = {
  setting: 'atoms',
  options: { m: 4, from: 4 },
  epochs: 3,
  batchSize: 5,
  learningRate: 3e-3,
  headLearningRate: 1e-3,
  weightDecay: 1e-4,
  warmup: 0.1,
  dropout: 0.2,
  augmentation: 'none',
  views: 0,
  patience: 0,
  seed: 1,
  warmStart: true,
  probe: { epochs: 2, learningRate: 1e-2, weightDecay: 1e-2, batchSize: 8 },
};
const DATASET = datasetFixture(3, 6, 4, 73);
const [TRAIN, VAL] = [18, 12];
/** Bytes of the activations that enter stage 4 of the starter: 4 × 4 pixels of 4 · 64 channels. */
const ACTIVATION_BYTES = 4 * 4 * 4 * 256;

const FROZEN_STAGES = 'Computing activations of the frozen stages';

/** A file in memory with limited room (in numbers) that can be read a limited number of times. */
class FileFixture implements PrivateFile {
  readonly #numbers: Float32Array;
  written = 0;
  reads = 0;
  deleted = false;

  constructor(
    room: number,
    readonly readable = Number.POSITIVE_INFINITY,
  ) {
    this.#numbers = new Float32Array(room);
  }

  write(numbers: Float32Array, at: number): void {
    if (this.deleted || at + numbers.length > this.#numbers.length)
      throw new DOMException('No room.', 'QuotaExceededError');
    this.#numbers.set(numbers, at);
    this.written = at + numbers.length;
  }

  read(into: Float32Array, at: number): void {
    if (this.deleted || this.reads++ >= this.readable) throw new DOMException('Gone.', 'NotReadableError');
    into.set(this.#numbers.subarray(at, at + into.length));
  }

  async delete(): Promise<void> {
    this.deleted = true;
  }
}

describe('the frozen-feature cache', () => {
  let backbone: Backbone;
  let before = 0;

  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await starter();
    // Creates the derived tensors that a backend caches for frozen kernels.
    await run({ options: { m: 4 } });
    await run({});
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(before);
  });
  afterAll(() => backbone.dispose());

  interface Given {
    place?: FrozenFeaturePlace | null;
    cache?: RunCache;
    stopAt?: (event: RunEvent) => boolean;
  }

  async function run(
    changes: Partial<RunConfig>,
    { place = null, cache = new RunCache(), stopAt }: Given = {},
  ) {
    const config = { ...CONFIG, ...changes };
    const model = await modelFixture(backbone, config.setting, config.options, 3);
    const job = {
      model,
      dataset: DATASET,
      config,
      cache,
      reportEvery: 1,
      frozenFeatures: place,
      evaluationBatch: 8,
    };
    const events: RunEvent[] = [];
    const control = new RunControl();
    try {
      const { result, values } = await runToEnd(job, control, { backend: 'wasm', threads: 1 }, (event) => {
        events.push(event);
        if (stopAt?.(event)) control.act('stop');
      });
      const numbers = {
        losses: events.flatMap((event) => (event.kind === 'step' ? [event.loss] : [])),
        epochs: result.epochs.map(({ seconds: _, ...epoch }) => epoch),
        values,
      };
      const phases = events.flatMap((event) =>
        event.kind === 'phase' && event.label === FROZEN_STAGES ? [event.done] : [],
      );
      return { numbers, phases };
    } finally {
      model.dispose();
    }
  }

  const SEEN: Partial<RunConfig>[] = [
    { augmentation: 'none' },
    { augmentation: 'none', setting: 'lora', options: { r: 1, from: 3 } },
    { augmentation: 'none', options: { m: 4, from: 1 } },
    { augmentation: 'crops-flips', views: 1 },
    { augmentation: 'crops-flips', views: 2 },
  ];
  for (const place of ['device', 'file'] as const) {
    it.each(SEEN)(`on the ${place} does not change the results of a run of %o`, async (seen) => {
      const file = new FileFixture(1e7);
      const cache = new RunCache(async () => file);
      const without = await run(seen);
      const kept = await run(seen, { place, cache });
      cache.dispose();
      // Bit-identical: on wasm the activations of an image do not depend on the rest of its batch.
      expect(kept.numbers).toEqual(without.numbers);
      expect(without.phases).toEqual([]);
      const activations = (seen.views || 1) * TRAIN + VAL;
      expect(kept.phases.at(-1)).toBe(activations);
      if (place === 'device') return;
      expect(file.reads).toBe(3 * 15 + 4 * VAL); // three steps of five images per epoch, and four validations
      expect(file.deleted).toBe(true);
    });
  }

  it('has activations for each image and view, and is computed once for all runs that can share it', async () => {
    const cache = new RunCache();
    const views = { augmentation: 'flips', views: 2 } as const;
    await run(views, { place: 'device', cache });
    const kept = tf.memory();
    expect(kept.numTensors - before).toBe(2 * TRAIN + VAL);
    const again = await run(
      { ...views, setting: 'lora', options: { r: 1, from: 4 } },
      { place: 'device', cache },
    );
    expect(again.phases).toEqual([]);
    cache.dispose();
    expect(kept.numBytes - tf.memory().numBytes).toBe((2 * TRAIN + VAL) * ACTIVATION_BYTES);
  });

  it('is computed again for other views, another seed or another stage', async () => {
    const cache = new RunCache();
    const first = { augmentation: 'flips', views: 1, epochs: 1 } as const;
    for (const changes of [
      first,
      { ...first, seed: 2 },
      { ...first, views: 2 },
      { ...first, options: { m: 4, from: 3 } },
    ]) {
      const { phases } = await run(changes, { place: 'device', cache });
      expect(phases.at(-1)).toBe(changes.views * TRAIN + VAL);
      // Only the newest entry is kept.
      expect(tf.memory().numTensors - before).toBe(changes.views * TRAIN + VAL);
    }
    cache.dispose();
  });

  it('does not depend on the seed without augmentation', async () => {
    const cache = new RunCache();
    await run({ epochs: 1 }, { place: 'device', cache });
    expect((await run({ epochs: 1, seed: 2 }, { place: 'device', cache })).phases).toEqual([]);
    cache.dispose();
  });

  it('is freed on the device before a run that cannot use it', async () => {
    const cache = new RunCache();
    await run({ epochs: 1 }, { place: 'device', cache });
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    await run({ epochs: 1, options: { m: 4 } }, { cache });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is not used if every epoch has new views', async () => {
    const { phases } = await run({ augmentation: 'flips', views: 0, epochs: 1 }, { place: 'device' });
    expect(phases).toEqual([]);
  });

  it('is given up if the file has no room, and not tried again', async () => {
    const file = new FileFixture((12 * ACTIVATION_BYTES) / 4);
    let opened = 0;
    const cache = new RunCache(async () => {
      opened++;
      return file;
    });
    const without = await run({});
    const first = await run({}, { place: 'file', cache });
    expect(file.written).toBe((8 * ACTIVATION_BYTES) / 4); // one batch
    expect(file.deleted).toBe(true);
    expect(first.numbers).toEqual(without.numbers);
    const second = await run({}, { place: 'file', cache });
    expect(second.phases).toEqual([]);
    expect(second.numbers).toEqual(without.numbers);
    expect(opened).toBe(1);
  });

  it('is not used if there are no files', async () => {
    const without = await run({});
    const kept = await run({}, { place: 'file' });
    expect(kept.numbers).toEqual(without.numbers);
  });

  it('is given up at the point where its file can no longer be read', async () => {
    const file = new FileFixture(1e6, VAL + 7);
    const cache = new RunCache(async () => file);
    const without = await run({});
    const kept = await run({}, { place: 'file', cache });
    expect(file.reads).toBe(VAL + 8);
    expect(file.deleted).toBe(true);
    expect(kept.numbers).toEqual(without.numbers);
  });

  it.each(['phase', 'step'] as const)('can be disposed at any %s of a run', async (kind) => {
    const without = await run({});
    const cache = new RunCache();
    let events = 0;
    const stopAt = (event: RunEvent) => {
      const told = event.kind === 'phase' ? event.label === FROZEN_STAGES : event.kind === kind;
      if (event.kind === kind && told && ++events === 2) cache.dispose();
      return false;
    };
    const kept = await run({}, { place: 'device', cache, stopAt });
    expect(events).toBeGreaterThan(1);
    expect(kept.numbers).toEqual(without.numbers);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is discarded if the run is stopped before it is complete', async () => {
    const cache = new RunCache();
    const stopAt = (event: RunEvent) => event.kind === 'phase' && event.label === FROZEN_STAGES;
    await expect(run({}, { place: 'device', cache, stopAt })).rejects.toThrow(
      'stopped before its first epoch',
    );
  });
});

describe('a small run with the frozen-feature cache', () => {
  it('in a real file gives bit-identical results', async () => {
    const worker = new Worker(new URL('./run-fixture-worker.ts', import.meta.url), { type: 'module' });
    const { without, kept, opened } = await new Promise<Both>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
      worker.postMessage(null);
    });
    worker.terminate();
    expect(opened).toBe(1);
    expect([without.computed, kept.computed]).toEqual([0, 2 * 9 + 6]);
    expect(kept.losses).toHaveLength(6);
    expect({ ...kept, computed: 0 }).toEqual(without);
  });

  it('on a GPU gives the same losses', async () => {
    await startBackend('webgpu');
    const without = await runFixture('webgpu', null);
    const kept = await runFixture('webgpu', 'device');
    expect(kept.computed).toBe(2 * 9 + 6);
    // On a GPU the order of summation may depend on the batch size.
    expect(maxRelativeError(kept.losses, without.losses)).toBeLessThan(1e-5);
    expect(maxRelativeError(kept.valLosses, without.valLosses)).toBeLessThan(1e-5);
  });
});
