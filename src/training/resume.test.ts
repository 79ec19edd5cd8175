/** A run that is interrupted between any two steps and continued by another session ends as if it had not been interrupted. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { startBackend } from '../backend';
import type { BackendName } from '../core/engine';
import type { RunConfig, RunEvent } from '../core/run';
import { type FinishedRun, type RunPoint, runToEnd } from '../worker/run';
import { RunControl } from '../worker/run-control';
import { backboneFixture } from './backbone-fixture';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file';
import { datasetFixture } from './dataset-fixture';
import { modelFixture } from './model-fixture';
import { RunCache } from './train';

const CONFIG: RunConfig = {
  setting: 'lora',
  options: { r: 1 },
  epochs: 3,
  batchSize: 3,
  learningRate: 1e-2,
  headLearningRate: 1e-3,
  weightDecay: 1e-4,
  warmup: 0.1,
  dropout: 0.3,
  augmentation: 'crops-flips',
  views: 0,
  patience: 0,
  seed: 1,
  warmStart: true,
  probe: { epochs: 2, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
};
const DATASET = datasetFixture(3, 3, 2, 36);
/** 9 training images, 3 a step. */
const STEPS_PER_EPOCH = 3;

const IDENTITY = { backbone: 'b', data: 'd' } as const;

class Killed extends Error {}

interface Outcome extends FinishedRun {
  losses: number[];
  /** How many points the run passed at which it could be continued. */
  points: number;
}

for (const backend of ['wasm', 'webgpu'] as const) {
  describe(`an interrupted run on ${backend}`, () => {
    let backbone: Backbone;
    let before = 0;
    beforeAll(async () => {
      await startBackend(backend);
      backbone = await backboneFixture({ baseWidth: 4, blocks: [1, 1], strideIn1x1: false }, 32);
      before = tf.memory().numTensors;
    });
    afterAll(() => {
      expect(tf.memory().numTensors).toBe(before);
      backbone.dispose();
    });

    /** @param kill the point at which the run dies, from 0; it then gives its state there. */
    async function run(
      changes: Partial<RunConfig>,
      {
        from = null,
        kill = null,
        reportEvery = 1,
      }: { from?: RunPoint | null; kill?: number | null; reportEvery?: number } = {},
    ): Promise<Outcome | RunPoint> {
      const config = { ...CONFIG, ...changes };
      const model = await modelFixture(backbone, config.setting, config.options, 3);
      const cache = new RunCache();
      const losses: number[] = [];
      const note = (event: RunEvent) => event.kind === 'step' && losses.push(event.loss);
      let points = 0;
      let last: RunPoint | null = null;
      const safeguard = {
        from,
        onResumable: async (_: unknown, point: () => Promise<RunPoint>) => {
          if (points++ !== kill) return;
          last = await point();
          throw new Killed();
        },
      };
      const job = { model, dataset: DATASET, config, cache, reportEvery, frozenFeatures: 'device' as const };
      try {
        const ended = await runToEnd(job, new RunControl(), info(backend), note, false, safeguard);
        return { ...ended, losses, points };
      } catch (error) {
        if (!(error instanceof Killed) || !last) throw error;
        return last;
      } finally {
        cache.dispose();
        model.dispose();
      }
    }

    async function expectSame(changes: Partial<RunConfig>, reportEvery = 1): Promise<void> {
      const whole = (await run(changes, { reportEvery })) as Outcome;
      // A subset on the slow backend: the middle of an epoch, its end, and the start of the next.
      const kills = Array.from({ length: whole.points }, (_, point) => point).filter(
        (point) => backend === 'wasm' || [0, 2, 4].includes(point),
      );
      expect(kills.length).toBeGreaterThan(2);
      for (const kill of kills) {
        const identity = { ...IDENTITY, config: { ...CONFIG, ...changes } };
        const died = (await run(changes, { kill, reportEvery })) as RunPoint;
        const { point } = decodeCheckpoint(encodeCheckpoint({ identity, point: died }));
        const done = point.state.optimizer.step;
        const rest = (await run(changes, { from: point, reportEvery })) as Outcome;
        const [before, after] = [untimed(whole), untimed(rest)];
        if (backend === 'wasm') {
          expect(rest.values, `point ${kill}`).toEqual(whole.values);
          expect(rest.losses).toEqual(whole.losses.slice(done));
          expect(after).toEqual(before);
        } else {
          expectNear(rest.values, whole.values);
          expectNear(rest.losses, whole.losses.slice(done));
          expect(after.epochs.map(({ correct }) => correct)).toEqual(
            before.epochs.map(({ correct }) => correct),
          );
        }
      }
    }

    it('continues with new views, dropout and warm start', async () => {
      await expectSame({});
    });

    if (backend === 'webgpu') return;

    it('continues where losses are read back every second step, also at an epoch’s end', async () => {
      await expectSame({}, 2);
    });

    it('continues with frozen stages kept, fixed views, patience and no warm start', async () => {
      await expectSame({ options: { r: 1, from: 2 }, views: 2, patience: 2, warmStart: false, epochs: 4 });
    });

    it('offers a point after every epoch but the last, and after every step', async () => {
      const { points } = (await run({})) as Outcome;
      const afterSteps = CONFIG.epochs * STEPS_PER_EPOCH;
      // Epoch 0, the state before the first step, is one as well.
      expect(points).toBe(afterSteps + CONFIG.epochs);
    });

    it('trains the linear probe from its start', async () => {
      const { points } = (await run({ setting: 'linear-probe', options: {} })) as Outcome;
      expect(points).toBe(0);
    });
  });
}

const info = (backend: BackendName) => ({ backend, threads: 1 });

/** The result without what a clock measures. */
function untimed({ result }: FinishedRun) {
  const epochs = result.epochs.map(({ seconds: _, ...epoch }) => epoch);
  return { ...result, epochs, seconds: 0, imagesPerSecond: 0 };
}

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let index = 0; index < expected.length; index++)
    expect(Math.abs((found[index] ?? Number.NaN) - (expected[index] ?? 0))).toBeLessThanOrEqual(1e-3 * scale);
}
