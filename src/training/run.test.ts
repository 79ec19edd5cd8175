import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import { breathe } from '../breathe';
import { maxRelativeError } from '../fixtures';
import type { RunConfig, RunEvent } from '../worker/protocol';
import { runToEnd } from '../worker/run';
import { RunControl } from '../worker/run-control';
import { madeDataset } from './made-dataset';
import { madeModel } from './made-model';
import { measurePace } from './pace';
import { FrozenCache, type Job, train } from './train';

const CONFIG: RunConfig = {
  setting: 'atoms',
  options: { m: 4 },
  epochs: 2,
  batchSize: 6,
  learningRate: 3e-3,
  headLearningRate: 1e-3,
  weightDecay: 1e-4,
  warmup: 0.1,
  dropout: 0.2,
  augmentation: 'crops-flips',
  views: 0,
  patience: 0,
  seed: 1,
  warmStart: true,
  probe: { epochs: 3, learningRate: 1e-2, weightDecay: 1e-2, batchSize: 8 },
};
const DATASET = madeDataset(3, 6, 4, 73);
const WASM = { backend: 'wasm', threads: 1 } as const;

/** A clock that goes on by a second whenever it is read. */
function ticking(): () => number {
  let seconds = 0;
  return () => seconds++;
}

describe('a run', () => {
  let backbone: Backbone;
  let before = 0;

  beforeAll(async () => {
    await startBackend('wasm');
    before = tf.memory().numTensors;
    backbone = await starter();
  });
  afterAll(() => {
    backbone.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  async function job(
    changes: Partial<RunConfig> = {},
    cache = new FrozenCache(),
  ): Promise<Omit<Job, 'clock'>> {
    const config = { ...CONFIG, ...changes };
    const model = await madeModel(backbone, config.setting, config.options, 3);
    return { model, dataset: DATASET, config, cache, reportEvery: 1 };
  }

  async function run(changes: Partial<RunConfig> = {}, cache?: FrozenCache) {
    const work = await job(changes, cache);
    const events: RunEvent[] = [];
    try {
      return { events, ...(await runToEnd(work, new RunControl(), WASM, (event) => events.push(event))) };
    } finally {
      work.model.dispose();
    }
  }

  it('starts at the linear probe and reports every step and epoch', async () => {
    const cache = new FrozenCache();
    const probe = await run({ setting: 'linear-probe', options: {} }, cache);
    const { events, result } = await run({}, cache);
    const last = probe.result.epochs.at(-1);
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    // ΔW = 0 and the probe's head: epoch 0 of a tuning run is the last epoch of the probe.
    expect(result.epochs[0]?.valLoss).toBeCloseTo(last?.valLoss ?? Number.NaN, 4);
    expect(events.filter(({ kind }) => kind === 'step')).toHaveLength(6); // 18 images, 6 a step, 2 epochs
    expect(result.trainable).toEqual({ backbone: 4 * 49 + 16 * 4 * 9, head: 3 * 512 + 3 });
  });

  it('ends after as many epochs without progress as its patience has, and not before', async () => {
    // With nothing trained no epoch is better than the first.
    const still = { learningRate: 0, headLearningRate: 1e-30, weightDecay: 0, epochs: 5 };
    const epochsOf = async (patience: number, changes: Partial<RunConfig> = {}) => {
      const { result } = await run({ ...still, patience, ...changes });
      expect(result).toMatchObject({ outcome: 'finished', keptEpoch: 0 });
      return result.epochs.at(-1)?.epoch;
    };
    expect(await epochsOf(2)).toBe(2);
    expect(await epochsOf(0)).toBe(5);
  });

  it('tells the class called for each image, and answers test images once, with the kept epoch', async () => {
    const dataset = { ...DATASET, test: DATASET.train };
    const scored = async (scoreTest: boolean) => {
      const work = { ...(await job({ epochs: 1 })), dataset };
      try {
        return await runToEnd(work, new RunControl(), WASM, () => {}, scoreTest);
      } finally {
        work.model.dispose();
      }
    };
    const { result } = await scored(true);
    const { validation, test } = result;
    expect(validation.labels).toEqual(Array.from(DATASET.val.labels));
    const right = validation.predicted.filter((called, image) => called === validation.labels[image]);
    expect(right).toHaveLength(result.epochs.at(-1)?.correct ?? -1);
    expect(test?.labels).toEqual(Array.from(DATASET.train.labels));
    expect(test?.predicted).toHaveLength(18);
    expect((await scored(false)).result.test).toBeNull();
  });

  it('is timed by its beginning, which leaves nothing behind, and can be ended', async () => {
    const cache = new FrozenCache();
    const work = async (changes: Partial<RunConfig> = {}) => ({
      ...(await job({ batchSize: 4, epochs: 50, ...changes }, cache)),
      clock: ticking(),
    });
    const tensors = tf.memory().numTensors;
    const told: string[] = [];
    for (const changes of [{}, { setting: 'linear-probe', options: {} }]) {
      const each = await work(changes);
      const pace = await measurePace(each, new AbortController().signal, ({ label }) => told.push(label));
      expect(pace.perEpoch).toBeGreaterThan(0);
      expect(pace.start).toBeGreaterThan(0);
      each.model.dispose();
    }
    expect(told).toContain('Computing features');
    expect(tf.memory().numTensors).toBe(tensors);
    const each = await work();
    const ended = measurePace(each, AbortSignal.abort(), () => {});
    await expect(ended).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    each.model.dispose();
  });

  it('lowers the training loss', async () => {
    const { events } = await run({ epochs: 12, dropout: 0, augmentation: 'none', warmStart: false });
    const losses = events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(losses[0]).toBeCloseTo(Math.log(3), 5); // a head of zeros knows nothing
    expect(mean(losses.slice(-6))).toBeLessThan(0.5 * mean(losses.slice(0, 6)));
  });

  it('gives the same numbers for the same seed, to the bit, and others for another', async () => {
    const [first, second, other] = [await run(), await run(), await run({ seed: 2 })];
    expect(second.values).toEqual(first.values);
    expect(other.values).not.toEqual(first.values);
  });

  it('sees the same images, changed the same way, in the same order whatever the setting', async () => {
    // With the backbone held still only the images and their order make the losses.
    const losses = async (changes: Partial<RunConfig>) => {
      const { events } = await run({ learningRate: 0, ...changes });
      return events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    };
    const withAtoms = await losses({});
    expect(withAtoms).toHaveLength(6);
    const withLora = await losses({ setting: 'lora', options: { r: 1 } });
    expect(maxRelativeError(withLora, withAtoms)).toBeLessThan(1e-6); // another order of adding, no other image
    expect(maxRelativeError(await losses({ seed: 2 }), withAtoms)).toBeGreaterThan(1e-3);
  });

  it('takes the fixed views of its images in turn, and new ones where there are none', async () => {
    // With nothing trained, an epoch's loss tells its images apart, whatever their order.
    const losses = async (views: number, changes: Partial<RunConfig> = {}) => {
      const still = { learningRate: 0, headLearningRate: 1e-30, weightDecay: 0, dropout: 0 };
      const { result } = await run({ ...still, epochs: 4, batchSize: 18, views, ...changes });
      return result.epochs.flatMap(({ trainLoss }) => trainLoss ?? []);
    };
    const [first = 0, second = 0, third = 0, fourth = 0] = await losses(2);
    expect(third).toBeCloseTo(first, 5);
    expect(fourth).toBeCloseTo(second, 5);
    expect(Math.abs(second - first)).toBeGreaterThan(1e-3);
    // The first views are the same, however many there are.
    for (const loss of await losses(1)) expect(loss).toBeCloseTo(first, 5);
    expect((await losses(1, { seed: 2 }))[0]).not.toBeCloseTo(first, 3);
    const anew = await losses(0);
    expect(new Set(anew.map((loss) => loss.toFixed(3))).size).toBe(4);
    const plain = await losses(3, { augmentation: 'none' });
    for (const loss of plain) expect(loss).toBeCloseTo(plain[0] ?? Number.NaN, 5);
  });

  it('leaves as many tensors after 200 steps as before', async () => {
    const work = await job({ epochs: 100, batchSize: 2, augmentation: 'flips' });
    let atFirst = 0;
    let steps = 0;
    for await (const event of train({ ...work, clock: ticking() })) {
      if (event.kind !== 'step') continue;
      steps++;
      if (steps === 1) atFirst = tf.memory().numTensors;
      if (steps === 200) {
        expect(tf.memory().numTensors).toBe(atFirst);
        break;
      }
    }
    expect(steps).toBe(200);
    work.model.dispose();
  });

  it('stops with a clear sentence when the loss is no longer a number, and keeps the last good epoch', async () => {
    const { result } = await run({ learningRate: 1e30, epochs: 3 });
    expect(result.outcome).toBe('failed');
    expect(result.message).toMatch(
      /^The (loss|trained numbers) became (not a number|infinite) at step \d+ \(epoch 1\)\. Lower the learning rate/,
    );
    expect(result.keptEpoch).toBe(0);
    expect(result.epochs).toHaveLength(1);
  });

  it('notices a probe that diverges too', async () => {
    const probe = { ...CONFIG.probe, learningRate: 1e39 };
    const { result } = await run({ setting: 'linear-probe', options: {}, probe });
    expect(result.outcome).toBe('failed');
    expect(result.keptEpoch).toBe(0);
  });

  it('stands still while paused, goes on, and stops with the best state', async () => {
    const work = await job({ epochs: 50 });
    let steps = 0;
    const stepsWhenPaused: number[] = [];
    /** Goes on as soon as the run has come to wait for it. */
    class Watched extends RunControl {
      override async ready(): Promise<void> {
        const waits = super.ready();
        if (steps === 4 && stepsWhenPaused.length < 3) {
          // A run that did not wait would do its next step within these turns.
          for (let turn = 0; turn < 3; turn++) {
            await breathe();
            stepsWhenPaused.push(steps);
          }
          this.act('resume');
        }
        await waits;
      }
    }
    const control = new Watched();
    const { result } = await runToEnd(work, control, WASM, (event) => {
      if (event.kind !== 'step') return;
      steps++;
      if (steps === 4) control.act('pause');
      if (steps === 8) control.act('stop');
    });
    work.model.dispose();
    expect(stepsWhenPaused).toEqual([4, 4, 4]);
    expect(steps).toBe(8);
    expect(result.outcome).toBe('stopped');
    expect(result.epochs.length).toBeGreaterThan(1);
  });

  it('leaves the time of a pause out of its clock', () => {
    let now = 100;
    const control = new RunControl(() => now);
    now += 5;
    control.act('pause');
    now += 1000;
    expect(control.clock()).toBe(5);
    control.act('resume');
    now += 2;
    expect(control.clock()).toBe(7);
  });

  it('computes the features once for all runs on the same data', async () => {
    const cache = new FrozenCache();
    await run({}, cache);
    const { events } = await run({}, cache);
    expect(events.some((event) => event.kind === 'phase' && event.label === 'Computing features')).toBe(
      false,
    );
  });
});
