import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBackend } from '../backend';
import type { BackendName } from '../core/engine';
import type { RunConfig, RunEvent } from '../core/run';
import type { EngineFault } from '../engine-fault';
import { health } from '../engine-health';
import { methodById } from '../methods';
import { backboneFixture } from '../training/backbone-fixture';
import { datasetFixture } from '../training/dataset-fixture';
import { NO_DECOMPOSITIONS } from '../training/decompositions';
import { RunCache } from '../training/train';
import { TunedModel } from '../training/tuned-model';
import { runToEnd } from './run';
import { RunControl } from './run-control';

/** Four steps of two images; epoch 0 is kept before the first step. */
const CONFIG: RunConfig = {
  setting: 'lora',
  options: { r: 1 },
  epochs: 2,
  batchSize: 2,
  learningRate: 1e-3,
  headLearningRate: 1e-3,
  weightDecay: 0,
  warmup: 0,
  dropout: 0,
  augmentation: 'none',
  views: 0,
  patience: 0,
  seed: 1,
  warmStart: false,
  probe: { epochs: 1, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
};
const DATASET = datasetFixture(2, 2, 1, 36);

interface Ended {
  fault: EngineFault | null;
  events: RunEvent[];
}

/** A run in which `breakIt` is called at the first step. */
async function runWhile(backend: BackendName, breakIt: () => void): Promise<Ended> {
  // The smallest possible network, because the GPU adapter may be software.
  const backbone = await backboneFixture({ baseWidth: 4, blocks: [1], strideIn1x1: false }, 32);
  const model = new TunedModel(backbone, methodById('lora'), CONFIG.options, 2, NO_DECOMPOSITIONS);
  const job = { model, dataset: DATASET, config: CONFIG, cache: new RunCache(), reportEvery: 1 };
  const events: RunEvent[] = [];
  let broken = false;
  try {
    await runToEnd(job, new RunControl(), { backend, threads: 1 }, (event) => {
      events.push(event);
      if (event.kind !== 'step' || broken) return;
      broken = true;
      breakIt();
    });
    return { fault: null, events };
  } catch (error) {
    return { fault: error as EngineFault, events }; // the tests check its type
  } finally {
    model.dispose();
    backbone.dispose();
  }
}

const steps = (events: RunEvent[]) => events.filter(({ kind }) => kind === 'step').length;

describe('a run whose GPU fails', () => {
  const heard: EngineFault[] = [];
  beforeEach(async () => {
    heard.length = 0;
    health.onFault((fault) => heard.push(fault));
    await startBackend('webgpu');
  });
  afterEach(() => health.onFault(() => {}));

  const device = () => (tf.backend() as WebGPUBackend).device;

  async function breaksWith(kind: EngineFault['kind'], breakIt: () => void): Promise<EngineFault> {
    const { fault, events } = await runWhile('webgpu', breakIt);
    // Epoch 0 was kept, but no model is returned.
    expect(events.some((event) => event.kind === 'best')).toBe(true);
    expect(steps(events)).toBe(1);
    expect(fault).toMatchObject({ name: 'EngineFault', kind, engineLost: true });
    expect(heard).toEqual([fault]);
    return fault as EngineFault; // matched above
  }

  it('ends with a lost device when it is destroyed, and a fresh start computes again', async () => {
    const fault = await breaksWith('device-lost', () => device().destroy());
    expect(fault.message).toMatch(/GPU device was lost\. .* Restart the engine and run again/);
    await startBackend('webgpu');
    const { fault: none, events } = await runWhile('webgpu', () => {});
    expect(none).toBeNull();
    expect(steps(events)).toBe(4);
  });

  it('ends when the GPU refuses a command, with the GPU’s own words', async () => {
    const fault = await breaksWith('gpu-error', () => {
      device().createBuffer({ size: 2 * device().limits.maxBufferSize, usage: GPUBufferUsage.STORAGE });
    });
    expect(fault.details).toMatch(/^GPUValidationError: .*size/s);
    expect(fault.message).toMatch(
      /is undefined and was discarded\. .* choose WebAssembly and report the details/,
    );
  });

  it('ends when the GPU is out of memory', async () => {
    const fault = await breaksWith('out-of-memory', () => {
      const error = new GPUOutOfMemoryError('no room for 8 GB');
      device().dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
    });
    expect(fault.message).toMatch(/lower memory cap or a smaller batch, or choose WebAssembly/);
  });

  it('hears of a device that is lost while idle', async () => {
    device().destroy();
    await device().lost;
    await expect.poll(() => heard.map(({ kind }) => kind)).toEqual(['device-lost']);
    expect(() => health.check()).toThrow('The GPU device was lost');
  });
});

describe('a run on wasm', () => {
  it('ends when the heap is full, and the next one has room again', async () => {
    await startBackend('wasm');
    const heap = (tf.backend() as BackendWasm).wasm as unknown as { _malloc(bytes: number): number };
    const allocate = heap._malloc;
    const { fault, events } = await runWhile('wasm', () => {
      // Requests more memory than the heap can have.
      heap._malloc = (bytes) => allocate(bytes > 1e4 ? 4.29e9 : bytes);
    });
    heap._malloc = allocate;
    expect(fault).toMatchObject({ name: 'EngineFault', kind: 'out-of-memory', engineLost: false });
    expect(steps(events)).toBe(1);
    const { fault: none, events: all } = await runWhile('wasm', () => {});
    expect(none).toBeNull();
    expect(steps(all)).toBe(4);
  });
});

describe('a run that is stopped', () => {
  beforeEach(() => startBackend('wasm'));

  /** A run that is stopped as soon as this epoch has been validated. */
  async function stoppedAfter(epoch: number, changes: Partial<RunConfig> = {}) {
    const backbone = await backboneFixture({ baseWidth: 4, blocks: [1], strideIn1x1: false }, 32);
    const config = { ...CONFIG, ...changes };
    const model = new TunedModel(backbone, methodById(config.setting), config.options, 2, NO_DECOMPOSITIONS);
    const job = { model, dataset: DATASET, config, cache: new RunCache(), reportEvery: 1 };
    const control = new RunControl();
    try {
      const { result } = await runToEnd(job, control, { backend: 'wasm', threads: 1 }, (event) => {
        if (event.kind !== 'epoch' || event.result.epoch !== epoch) return;
        control.act('stop');
      });
      return { outcome: result.outcome, epochs: result.epochs.length };
    } finally {
      model.dispose();
      backbone.dispose();
    }
  }

  it('during its last validation has finished', async () => {
    expect(await stoppedAfter(2)).toEqual({ outcome: 'finished', epochs: 3 });
    const probe = { setting: 'linear-probe', options: {} };
    expect(await stoppedAfter(1, probe)).toEqual({ outcome: 'finished', epochs: 2 });
  });

  it('while its patience ends it has finished', async () => {
    // Nothing is trained, and the linear probe has no tied logits, so the smallest possible step changes no prediction.
    const still = { learningRate: 0, headLearningRate: 1e-30, epochs: 9, patience: 2, warmStart: true };
    expect(await stoppedAfter(2, still)).toEqual({ outcome: 'finished', epochs: 3 });
  });

  it('before that is stopped', async () => {
    expect(await stoppedAfter(1)).toEqual({ outcome: 'stopped', epochs: 2 });
  });
});
