import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import type { RunConfig, RunEvent } from '../core/run';
import { maxRelativeError } from '../fixtures';
import { runToEnd } from '../worker/run';
import { RunControl } from '../worker/run-control';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { datasetFixture } from './dataset-fixture';
import { modelFixture } from './model-fixture';
import { measureRunTiming } from './run-timing';
import { type Job, RunCache, train } from './train';

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
const DATASET = datasetFixture(3, 6, 4, 73);
const WASM = { backend: 'wasm', threads: 1 } as const;

/** A clock that advances by this much at every reading. */
function ticking(by = 1): () => number {
  let time = 0;
  return () => {
    time += by;
    return time;
  };
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

  async function job(changes: Partial<RunConfig> = {}, cache = new RunCache()): Promise<Omit<Job, 'clock'>> {
    const config = { ...CONFIG, ...changes };
    const model = await modelFixture(backbone, config.setting, config.options, 3);
    return { model, dataset: DATASET, config, cache, reportEvery: 1 };
  }

  async function run(changes: Partial<RunConfig> = {}, cache?: RunCache) {
    const work = await job(changes, cache);
    const events: RunEvent[] = [];
    try {
      return { events, ...(await runToEnd(work, new RunControl(), WASM, (event) => events.push(event))) };
    } finally {
      work.model.dispose();
    }
  }

  it('starts from the linear probe and reports every step and epoch', async () => {
    const cache = new RunCache();
    const probe = await run({ setting: 'linear-probe', options: {} }, cache);
    const { events, result } = await run({}, cache);
    const { epochs, keptEpoch } = probe.result;
    const kept = epochs.find(({ epoch }) => epoch === keptEpoch);
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    // At epoch 0 of a tuning run ΔW = 0 and the head is the one that the probe kept.
    expect(result.epochs[0]?.valLoss).toBeCloseTo(kept?.valLoss ?? Number.NaN, 4);
    expect(result.epochs[0]?.correct).toBe(kept?.correct);
    expect(events.filter(({ kind }) => kind === 'step')).toHaveLength(6); // 18 images, 6 a step, 2 epochs
    expect(result.trainable).toEqual({ backbone: 4 * 49 + 16 * 4 * 9, head: 3 * 512 + 3 });
  });

  it('starts from the probe’s best epoch where that is not its last, and so never below the probe', async () => {
    // With this seed and rate the head's accuracy rises and falls.
    const shaky = { seed: 2, probe: { ...CONFIG.probe, epochs: 8, learningRate: 1e-3 } };
    const probe = await run({ setting: 'linear-probe', options: {}, ...shaky });
    const { epochs, keptEpoch } = probe.result;
    expect(keptEpoch).toBeLessThan(epochs.at(-1)?.epoch ?? 0);
    const { result } = await run(shaky);
    const correctOf = (epoch: number, of = epochs) => of.find((each) => each.epoch === epoch)?.correct;
    expect(correctOf(keptEpoch)).toBeGreaterThan(correctOf(epochs.at(-1)?.epoch ?? 0) ?? 0);
    expect(correctOf(0, result.epochs)).toBe(correctOf(keptEpoch));
    expect(correctOf(result.keptEpoch, result.epochs)).toBeGreaterThanOrEqual(correctOf(keptEpoch) ?? 0);
  });

  it('ends after `patience` epochs without progress, and not before', async () => {
    // Nothing is trained, so no epoch is better than the first.
    const still = { learningRate: 0, headLearningRate: 1e-30, weightDecay: 0, epochs: 5 };
    const epochsOf = async (patience: number, changes: Partial<RunConfig> = {}) => {
      const { result } = await run({ ...still, patience, ...changes });
      expect(result).toMatchObject({ outcome: 'finished', keptEpoch: 0 });
      return result.epochs.at(-1)?.epoch;
    };
    expect(await epochsOf(2)).toBe(2);
    expect(await epochsOf(0)).toBe(5);
  });

  it('reports the predicted class of each image, and evaluates the test images once with the kept epoch', async () => {
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
    expect(validation.targets).toEqual(Array.from(DATASET.val.labels));
    const right = validation.predicted.filter((called, image) => called === validation.targets[image]);
    expect(right).toHaveLength(result.epochs.at(-1)?.correct ?? -1);
    expect(test?.targets).toEqual(Array.from(DATASET.train.labels));
    expect(test?.predicted).toHaveLength(18);
    expect((await scored(false)).result.test).toBeNull();
  });

  it('can be timed by its first steps without leaving tensors, and the timing can be aborted', async () => {
    const cache = new RunCache();
    const work = async (changes: Partial<RunConfig> = {}) => ({
      ...(await job({ batchSize: 4, epochs: 50, ...changes }, cache)),
      clock: ticking(),
    });
    const tensors = tf.memory().numTensors;
    const told: string[] = [];
    for (const changes of [{}, { setting: 'linear-probe', options: {} }]) {
      const each = await work(changes);
      const timing = await measureRunTiming(each, new AbortController().signal, ({ label }) =>
        told.push(label),
      );
      expect(timing.perEpoch).toBeGreaterThan(0);
      expect(timing.start).toBeGreaterThan(0);
      each.model.dispose();
    }
    expect(told).toContain('Computing features');
    expect(tf.memory().numTensors).toBe(tensors);
    const each = await work();
    const ended = measureRunTiming(each, AbortSignal.abort(), () => {});
    await expect(ended).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    each.model.dispose();
  });

  it('lowers the training loss', async () => {
    const { events } = await run({ epochs: 12, dropout: 0, augmentation: 'none', warmStart: false });
    const losses = events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(losses[0]).toBeCloseTo(Math.log(3), 5); // with a head of zeros all three classes have equal probability
    expect(mean(losses.slice(-6))).toBeLessThan(0.5 * mean(losses.slice(0, 6)));
  });

  it('gives bit-identical results for the same seed, and different results for another', async () => {
    const [first, second, other] = [await run(), await run(), await run({ seed: 2 })];
    expect(second.values).toEqual(first.values);
    expect(other.values).not.toEqual(first.values);
  });

  it('uses the same images in the same order with the same augmentation for every setting', async () => {
    // With a frozen backbone the losses depend only on the images and their order.
    const losses = async (changes: Partial<RunConfig>) => {
      const { events } = await run({ learningRate: 0, ...changes });
      return events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []));
    };
    const withAtoms = await losses({});
    expect(withAtoms).toHaveLength(6);
    const withLora = await losses({ setting: 'lora', options: { r: 1 } });
    expect(maxRelativeError(withLora, withAtoms)).toBeLessThan(1e-6); // only the order of summation differs
    expect(maxRelativeError(await losses({ seed: 2 }), withAtoms)).toBeGreaterThan(1e-3);
  });

  it('cycles through the fixed views of its images, or uses new views in every epoch', async () => {
    // Nothing is trained, so the loss of an epoch depends on its views and not on their order.
    const losses = async (views: number, changes: Partial<RunConfig> = {}) => {
      const still = { learningRate: 0, headLearningRate: 1e-30, weightDecay: 0, dropout: 0 };
      const { result } = await run({ ...still, epochs: 4, batchSize: 18, views, ...changes });
      return result.epochs.flatMap(({ trainLoss }) => trainLoss ?? []);
    };
    const [first = 0, second = 0, third = 0, fourth = 0] = await losses(2);
    expect(third).toBeCloseTo(first, 5);
    expect(fourth).toBeCloseTo(second, 5);
    expect(Math.abs(second - first)).toBeGreaterThan(1e-3);
    // The first view does not depend on the number of views.
    for (const loss of await losses(1)) expect(loss).toBeCloseTo(first, 5);
    expect((await losses(1, { seed: 2 }))[0]).not.toBeCloseTo(first, 3);
    const anew = await losses(0);
    expect(new Set(anew.map((loss) => loss.toFixed(4))).size).toBe(4);
    const plain = await losses(3, { augmentation: 'none' });
    for (const loss of plain) expect(loss).toBeCloseTo(plain[0] ?? Number.NaN, 5);
  });

  it('has as many tensors after 200 steps as after the first', async () => {
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

  it('fails with a clear message if the loss becomes NaN, and keeps the last good epoch', async () => {
    const { result } = await run({ learningRate: 1e30, epochs: 3 });
    expect(result.outcome).toBe('failed');
    expect(result.message).toMatch(
      /^At step \d+ \(epoch 1\), the (loss was|trainable parameters were) no longer finite\. Lower the learning rate/,
    );
    expect(result.keptEpoch).toBe(0);
    expect(result.epochs).toHaveLength(1);
  });

  it('also detects a diverging linear probe', async () => {
    const probe = { ...CONFIG.probe, learningRate: 1e39 };
    const { result } = await run({ setting: 'linear-probe', options: {}, probe });
    expect(result.outcome).toBe('failed');
    expect(result.keptEpoch).toBe(0);
  });

  it('makes no steps while paused, resumes, and keeps the best state when stopped', async () => {
    const work = await job({ epochs: 50 });
    let steps = 0;
    const stepsWhenPaused: number[] = [];
    /** Resumes as soon as the run waits. */
    class Watched extends RunControl {
      override async ready(): Promise<void> {
        const waits = super.ready();
        if (steps === 4 && stepsWhenPaused.length < 3) {
          // A run that did not wait would make its next step within these turns of the event loop.
          for (let turn = 0; turn < 3; turn++) {
            await yieldToEventLoop();
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

  describe('in which every part of the work is a turn', () => {
    const SHORT = { epochs: 1, probe: { ...CONFIG.probe, epochs: 1 } };
    // Creates the derived tensors that a backend caches for frozen kernels.
    beforeAll(() => run(SHORT));
    beforeEach(() => {
      vi.spyOn(performance, 'now').mockImplementation(ticking(1000));
    });
    afterEach(() => {
      vi.restoreAllMocks();
    });

    /** Does something at every turn of a run. */
    class Turn extends RunControl {
      turns = 0;
      constructor(readonly each: (control: Turn) => void) {
        super(() => 0);
      }
      override async ready(): Promise<void> {
        this.turns++;
        this.each(this);
        await super.ready();
      }
    }

    async function withTurns(each: (control: Turn) => void, changes: Partial<Job> = {}, scoreTest = false) {
      const tensors = tf.memory().numTensors;
      const work = { ...(await job(SHORT)), ...changes };
      const events: RunEvent[] = [];
      const control = new Turn(each);
      try {
        const finished = await runToEnd(work, control, WASM, (event) => events.push(event), scoreTest);
        return { ...finished, events, turns: control.turns };
      } finally {
        work.model.dispose();
        expect(tf.memory().numTensors).toBe(tensors);
      }
    }

    it('gives the same numbers while other work is done in between', async () => {
      const alone = await run(SHORT);
      const image = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
      const beside = await withTurns(() => tf.tidy(() => void backbone.features(image)));
      image.dispose();
      // Three steps, each with more than a hundred parts.
      expect(beside.turns).toBeGreaterThan(300);
      expect(beside.values).toEqual(alone.values);
      expect(beside.result.epochs.map(({ valLoss }) => valLoss)).toEqual(
        alone.result.epochs.map(({ valLoss }) => valLoss),
      );
    });

    it('can be stopped in its features, in a validation and within a step', async () => {
      const { turns, events } = await withTurns(() => {});
      const phases = events.flatMap((event) => (event.kind === 'phase' ? [event.label] : []));
      expect([...new Set(phases)]).toEqual([
        'Computing features',
        'Training the head (warm start)',
        'Validation before the first step',
        'First step',
        'Validation after epoch 1',
      ]);
      const stopAt = (turn: number) => (control: Turn) => {
        if (control.turns === turn) control.act('stop');
      };
      await expect(withTurns(stopAt(3))).rejects.toMatchObject({ name: 'AbortError' });
      // Between the second and the third of three steps there are only parts.
      const stopped = await withTurns(stopAt(Math.floor(0.8 * turns)));
      expect(stopped.result).toMatchObject({ outcome: 'stopped', keptEpoch: 0 });
      expect(stopped.turns).toBe(Math.floor(0.8 * turns));
    });

    it('leaves the test images out if it is stopped while it evaluates them', async () => {
      const dataset = { ...DATASET, test: DATASET.train };
      const isTesting = (events: RunEvent[]) =>
        events.some((event) => event.kind === 'phase' && event.label === 'Evaluating the test images');
      const whole = await withTurns(() => {}, { dataset }, true);
      expect(isTesting(whole.events)).toBe(true);
      expect(whole.result.test?.predicted).toHaveLength(18);
      // The last turns are those of the test images.
      const begins = whole.turns - 20;
      let now = 0;
      /** The time passes only at the turns after the stop. */
      class Stopped extends RunControl {
        turns = 0;
        override async ready(): Promise<void> {
          this.turns++;
          if (this.turns === begins) this.act('stop');
          if (this.turns > begins) now += 0.3;
        }
      }
      const work = { ...(await job(SHORT)), dataset };
      const control = new Stopped(() => now);
      const { result } = await runToEnd(work, control, WASM, () => {}, true);
      work.model.dispose();
      expect(result).toMatchObject({
        outcome: 'stopped',
        message: 'Stopped before the test images were evaluated.',
        test: null,
      });
      expect(result.epochs).toHaveLength(2);
      expect(control.turns).toBe(begins + 4);
    });
  });

  it('does not count the time of a pause', () => {
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
    const cache = new RunCache();
    await run({}, cache);
    const { events } = await run({}, cache);
    expect(events.some((event) => event.kind === 'phase' && event.label === 'Computing features')).toBe(
      false,
    );
  });
});
