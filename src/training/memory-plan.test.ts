import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { convolutions, type Layout, network } from '../backbone/layout';
import { startBackend } from '../backend';
import type { Dataset } from '../data/dataset';
import { codedShape } from '../decompose/atom-coding';
import type { LayerCode } from '../decompose/layer-codes';
import { methodById } from '../methods';
import type { TuningMethod } from '../methods/method';
import type { Precision } from '../ops/half';
import { emptyPool } from '../ops/webgpu/buffer-pool';
import type { SettingOptions } from '../worker/protocol';
import { AdamW } from './adamw';
import { type AtomCodes, codesFor } from './atom-codes';
import { predict, range } from './evaluate';
import { lossAndGradient } from './gradient';
import { madeBackbone } from './made-backbone';
import { madeDataset } from './made-dataset';
import { type PlanLimits, type PlannedRun, planMemory } from './memory-plan';
import { rehearse } from './memory-rehearsal';
import { parameterTable } from './parameters';
import { type Prefix, PrefixCache } from './prefix-cache';
import { TunedModel } from './tuned-model';

const RESNET50 = { baseWidth: 64, blocks: [3, 4, 6, 3], strideIn1x1: false };
const STARTER = { baseWidth: 16, blocks: [3, 4, 6, 3], strideIn1x1: false };

const GPU: PlanLimits = { backend: 'webgpu', precision: 'single', budget: 1e12, buffer: 1e12, storage: 0 };
const WASM: PlanLimits = { backend: 'wasm', precision: 'single', budget: 1e12, buffer: 1e12, storage: 0 };

const large: PlannedRun = {
  network: network(RESNET50),
  inputSize: 224,
  method: methodById('atoms'),
  options: { m: 9 },
  classes: 100,
  batchSize: 16,
  images: { train: 1000, val: 200 },
  augmentation: 'crops-flips',
  views: 0,
};
const small: PlannedRun = { ...large, network: network(STARTER), inputSize: 64, classes: 10 };

/**
 * Numbers kept for the way back, for one image, from the sides and widths of He et al. 2016, Table 1: the stem and its
 * pooling, then for every block its two inner maps and its output. The first block of a stage has its first map at the side
 * before it.
 */
const MAPS_224 =
  112 ** 2 * 64 +
  56 ** 2 * 64 +
  3 * 56 ** 2 * (64 + 64 + 256) +
  (56 ** 2 * 128 + 28 ** 2 * (128 + 512) + 3 * 28 ** 2 * (128 + 128 + 512)) +
  (28 ** 2 * 256 + 14 ** 2 * (256 + 1024) + 5 * 14 ** 2 * (256 + 256 + 1024)) +
  (14 ** 2 * 512 + 7 ** 2 * (512 + 2048) + 2 * 7 ** 2 * (512 + 512 + 2048));
const MAPS_64 =
  32 ** 2 * 16 +
  16 ** 2 * 16 +
  3 * 16 ** 2 * (16 + 16 + 64) +
  (16 ** 2 * 32 + 8 ** 2 * (32 + 128) + 3 * 8 ** 2 * (32 + 32 + 128)) +
  (8 ** 2 * 64 + 4 ** 2 * (64 + 256) + 5 * 4 ** 2 * (64 + 64 + 256)) +
  (4 ** 2 * 128 + 2 ** 2 * (128 + 512) + 2 * 2 ** 2 * (128 + 128 + 512));
/** METHOD §3: numbers in ResNet-50, and of α at nine atoms for every kernel larger than one pixel. */
const PARAMETERS = 23_508_032;
const COEFFICIENTS = 9 * (7 ** 0 * 3 * 64 + 3 * 64 ** 2 + 4 * 128 ** 2 + 6 * 256 ** 2 + 3 * 512 ** 2);

const MB = 1e6;

describe('the bytes of a plan', () => {
  it('are those of the maps kept, counted by hand, while they are the most there is', () => {
    expect(MAPS_224).toBe(9_809_408);
    for (const [run, maps] of [
      [large, MAPS_224],
      [small, MAPS_64],
    ] as const) {
      const { items, bytes, microBatch } = planMemory({ ...run, batchSize: 64 }, WASM);
      expect(microBatch).toBe(64);
      // The last blocks' are freed again when the gradients below them are larger.
      expect(items.maps / (4 * 64 * maps)).toBeGreaterThan(0.95);
      expect(items.maps).toBeLessThanOrEqual(4 * 64 * maps);
      expect(bytes).toBe(Object.values(items).reduce((sum, each) => sum + each, 0));
    }
  });

  it('are those of METHOD §3 for weights and coefficients', () => {
    const { items } = planMemory(large, GPU);
    expect(items.weights).toBe(4 * PARAMETERS);
    expect(COEFFICIENTS).toBe(11_318_976);
    expect(items.coefficients).toBe(4 * COEFFICIENTS);
    // 1,737 numbers and a head of 204,900, four times; and again in the update, where it is a part of the peak.
    expect(items.optimizer).toBeGreaterThanOrEqual(4 * 4 * (1737 + 204_900));
  });

  it('grow with images and classes, and shrink in parts and by computing twice', () => {
    const bytes = [1, 2, 8, 16, 64].map((batchSize) => planMemory({ ...large, batchSize }, WASM).bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    expect(new Set(bytes).size).toBe(5);
    expect(planMemory({ ...large, classes: 1000 }, WASM).bytes).toBeGreaterThan(
      planMemory(large, WASM).bytes,
    );
    const shape = { table: tableOf(large), batch: 16, prefix: null, evaluationBatch: 1 };
    const step = { ...large, ...shape, precision: 'single' as const };
    const of = (microBatch: number, recompute: boolean) =>
      rehearse({ ...step, microBatch, recompute }, false).bytes;
    expect((of(16, false) - of(8, false)) / (4 * 8 * MAPS_224)).toBeCloseTo(1, 1);
    expect(of(16, true)).toBeLessThan(0.75 * of(16, false));
  });

  it('are few for a linear probe, whatever the batch', () => {
    const probe = { ...large, method: methodById('linear-probe'), options: {} };
    const plan = planMemory(probe, { ...GPU, budget: 500 * MB });
    expect(plan).toMatchObject({ fits: true, recompute: false });
    expect(plan.sentence).toMatch(/^About \d+\sMB of memory\.$/);
    expect(plan.items.weights).toBe(4 * PARAMETERS);
  });
});

describe('a plan', () => {
  it('takes the whole batch where there is room, and says how much that is', () => {
    const plan = planMemory(large, GPU);
    expect(plan).toMatchObject({ batch: 16, microBatch: 16, recompute: false, fits: true });
    expect(plan.sentence).toMatch(/^About [\d.]+\s[MG]B of memory at batch 16\.$/);
    expect(planMemory(small, WASM).sentence).toMatch(/^About \d\d\sMB of memory at batch 16\.$/);
  });

  it('is the batch in parts to stay within the budget', () => {
    const budget = 700 * MB;
    const plan = planMemory({ ...large, batchSize: 32 }, { ...WASM, budget });
    expect(plan).toMatchObject({ batch: 32, microBatch: 8, recompute: false, fits: true });
    expect(plan.bytes).toBeLessThanOrEqual(budget);
    expect(plan.sentence).toMatch(
      /^Batch 32 is trained in 4 micro-batches of 8 images to stay under 700\sMB of memory; the result is the same\. About \d+\sMB\.$/,
    );
  });

  it('has a smaller last part where the batch does not divide', () => {
    const plan = planMemory({ ...large, batchSize: 18 }, { ...WASM, budget: 560 * MB });
    expect(plan).toMatchObject({ batch: 18, microBatch: 5, fits: true });
    expect(plan.sentence).toMatch(
      /^Batch 18 is trained in micro-batches of at most 5 images to stay under 560\sMB of memory; /,
    );
  });

  it('computes twice when a few images at a time are still too many', () => {
    const at = (budget: number) => planMemory({ ...large, batchSize: 32 }, { ...WASM, budget });
    const four = at(500 * MB);
    expect(four).toMatchObject({ microBatch: 4, recompute: false });
    const twice = at(0.96 * four.bytes);
    expect(twice).toMatchObject({ microBatch: 4, recompute: true, fits: true });
    expect(twice.sentence).toMatch(
      /in 8 micro-batches of 4 images and with gradient checkpointing .* a quarter longer, the result is the same/,
    );
    expect(at(0.96 * twice.bytes)).toMatchObject({ microBatch: 2, recompute: false });
  });

  it('never asks for a buffer larger than the adapter’s', () => {
    // Of the stem's output, 112 × 112 × 64, forty fit into the 128 MiB that every adapter grants.
    const plan = planMemory({ ...large, batchSize: 128 }, { ...GPU, buffer: 2 ** 27 });
    expect(plan).toMatchObject({ microBatch: 32, fits: true });
    expect(plan.evaluationBatch).toBeLessThanOrEqual(32);
    expect(4 * 112 * 112 * 64 * 32).toBeLessThan(2 ** 27);
    expect(4 * 112 * 112 * 64 * 64).toBeGreaterThan(2 ** 27);
  });

  it('says so when not even one image fits, and what to change', () => {
    const none = planMemory(large, { ...WASM, budget: 150 * MB });
    expect(none).toMatchObject({ fits: false, microBatch: 1, recompute: true });
    expect(none.sentence).toMatch(
      /^Does not fit: micro-batches of one image take about \d+\sMB, but the limit is 150\sMB\. Raise the memory cap/,
    );
    // A full-width kernel of 3 × 3 × 512 × 512 alone.
    const narrow = planMemory(large, { ...GPU, buffer: 8 * 2 ** 20 });
    expect(narrow.sentence).toMatch(/largest possible buffer is 8\.4\sMB\. Choose WebAssembly/);
  });

  it('evaluates as many images at a time as take no more than a step does', () => {
    const { evaluationBatch, bytes } = planMemory(large, WASM);
    expect(evaluationBatch).toBeGreaterThanOrEqual(16);
    const without = planMemory({ ...large, images: { train: 16, val: 0 } }, WASM);
    expect(bytes).toBeLessThan(1.03 * without.bytes);
    // A probe has nothing else to do.
    const probe = { ...large, method: methodById('linear-probe'), options: {} };
    expect(planMemory(probe, WASM).evaluationBatch).toBe(64);
  });

  it('keeps to the images there are', () => {
    expect(planMemory({ ...large, images: { train: 5, val: 1 } }, GPU).batch).toBe(5);
    expect(planMemory({ ...large, images: { train: 0, val: 0 } }, GPU).batch).toBe(16);
  });
});

describe('the frozen stages’ output in a plan', () => {
  const frozen: PlannedRun = { ...large, options: { m: 9, from: 4 }, augmentation: 'none' };
  /** What enters stage 4, for every image: 14 × 14 pixels of 1,024 channels (He et al. 2016, Table 1). */
  const kept = 4 * 1200 * 14 ** 2 * 1024;

  it('is kept on the device where it fits, and counted', () => {
    const plan = planMemory(frozen, GPU);
    expect(plan).toMatchObject({ prefix: 'device', microBatch: 16, fits: true });
    expect(plan.items.prefix).toBe(kept);
    expect(plan.sentence).toMatch(
      /^About [\d.]+\sGB of memory at batch 16\. The activations of the frozen stages \(960\sMB\) are computed once and cached\.$/,
    );
    const once = planMemory({ ...frozen, augmentation: 'flips', views: 1 }, GPU);
    const thrice = planMemory({ ...frozen, augmentation: 'flips', views: 3 }, GPU);
    expect(once.items.prefix).toBe(kept);
    expect(thrice.items.prefix - once.items.prefix).toBe((2 * kept * 1000) / 1200);
  });

  it('costs less than what its steps no longer need', () => {
    const few = { ...frozen, images: { train: 64, val: 16 } };
    const unfrozen = { ...few, options: { m: 9 } };
    expect(planMemory(few, WASM).bytes).toBeLessThan(planMemory(unfrozen, WASM).bytes);
  });

  it('is kept beside smaller parts of a batch rather than in a file', () => {
    const { bytes } = planMemory(frozen, WASM);
    const plan = planMemory(frozen, { ...WASM, budget: 0.99 * bytes, storage: 1e12 });
    expect(plan).toMatchObject({ prefix: 'device', fits: true });
    expect(plan.microBatch).toBeLessThan(16);
  });

  it('goes into a file where it does not, planned as if it were not kept', () => {
    const budget = 900 * MB;
    const plan = planMemory(frozen, { ...WASM, budget, storage: 1e12 });
    expect(plan).toMatchObject({ prefix: 'file', microBatch: 16, fits: true });
    expect(plan.sentence).toMatch(
      /activations of the frozen stages \(960\sMB\) are computed once and cached in a file\.$/,
    );
    const without = planMemory({ ...frozen, augmentation: 'flips' }, { ...WASM, budget });
    expect(without.prefix).toBeNull();
    expect(plan.items).toEqual(without.items);
  });

  it('is not kept where there is no room at all, which is said', () => {
    const plan = planMemory(frozen, { ...WASM, budget: 900 * MB, storage: kept - 1 });
    expect(plan).toMatchObject({ prefix: null, fits: true });
    expect(plan.sentence).toMatch(/\(960\sMB\) do not fit into a cache and are computed at every step\.$/);
  });

  it('is none where all is trained, every epoch has new views, or there are no images', () => {
    for (const run of [
      { ...frozen, options: { m: 9, from: 0 } },
      { ...frozen, augmentation: 'flips' as const, views: 0 },
      { ...frozen, images: { train: 0, val: 0 } },
      { ...frozen, method: methodById('linear-probe'), options: {} },
    ]) {
      const plan = planMemory(run, { ...GPU, storage: 1e12 });
      expect(plan.prefix).toBeNull();
      expect(plan.items.prefix).toBe(0);
      expect(plan.sentence).not.toMatch(/frozen/);
    }
  });
});

function tableOf({ method, options, network: trunk, classes }: PlannedRun) {
  const backbone = convolutions(trunk);
  return parameterTable(method, options, backbone, trunk.features, classes);
}

/** Bytes in the wasm heap, by what tfjs asks of its allocator. */
class HeapMeter {
  peak = 0;
  #live = 0;
  readonly stop: () => void;

  constructor() {
    const heap = (tf.backend() as BackendWasm).wasm as unknown as {
      _malloc(bytes: number): number;
      _free(offset: number): void;
    };
    const { _malloc, _free } = heap;
    const sizes = new Map<number, number>();
    heap._malloc = (bytes) => {
      const offset = _malloc(bytes);
      sizes.set(offset, bytes);
      this.#live += bytes;
      this.peak = Math.max(this.peak, this.#live);
      return offset;
    };
    heap._free = (offset) => {
      this.#live -= sizes.get(offset) ?? 0;
      sizes.delete(offset);
      _free(offset);
    };
    this.stop = () => Object.assign(heap, { _malloc, _free });
  }
}

/** Trains one step, as a run does after its first evaluation, and tells the plan's bytes for it. */
async function oneStep(
  layout: Layout,
  { id, options, batch, microBatch, recompute, kept = false, precision = 'single' }: Case,
  pooled: boolean,
): Promise<{ planned: number; dispose: () => void }> {
  const backbone = await madeBackbone(layout, SIDE, precision);
  const method = methodById(id);
  const model = new TunedModel(backbone, method, options, CLASSES, await anyCodes(backbone, method, options));
  const count = model.table.backbone + model.table.head;
  await backbone.convolution('conv1').scale.data();
  emptyPool();
  const rates = new Float32Array(count).fill(1e-3);
  const optimizer = new AdamW(new Float32Array(count), { rates, weightDecay: 1e-4 });
  const dataset = madeDataset(CLASSES, kept ? 20 : 0, 2, 73);
  const cache = new PrefixCache(async () => null);
  const { from = 0 } = options;
  const prefix = kept ? await keptOnDevice(cache, backbone, dataset, from) : null;
  await predict(model, optimizer.values, dataset.val, dataset.side, 64, prefix);
  const images = prefix?.train(range(0, batch), 0) ?? tf.zeros<tf.Rank.R4>([batch, SIDE, SIDE, 3]);
  const wanted = tf.zeros<tf.Rank.R2>([batch, CLASSES]);
  const how = { microBatch, recompute };
  const { loss, gradient } = lossAndGradient(model, optimizer.values, images, wanted, null, {
    ...how,
    from: kept ? from : 0,
  });
  optimizer.apply(gradient);
  await optimizer.values.data();
  const { bytes: planned } = rehearse(
    {
      network: backbone.network,
      inputSize: SIDE,
      table: model.table,
      method,
      options,
      images: { train: 0, val: 2 * CLASSES },
      batch,
      prefix: kept ? { from, maps: 22 * CLASSES } : null,
      ...how,
      evaluationBatch: 64,
      precision,
    },
    pooled,
  );
  const dispose = () => {
    tf.dispose([images, wanted, loss, gradient]);
    cache.dispose();
    optimizer.dispose();
    model.dispose();
    backbone.dispose();
  };
  return { planned, dispose };
}

async function keptOnDevice(
  cache: PrefixCache,
  backbone: Backbone,
  dataset: Dataset,
  from: number,
): Promise<Prefix> {
  const config = { augmentation: 'none' as const, views: 0, seed: 0 };
  // As many at a time as the validation takes.
  const batchSize = dataset.val.labels.length;
  const computing = cache.prefix({ backbone, dataset, config, from, place: 'device', batchSize });
  for (;;) {
    const { done, value } = await computing.next();
    if (done) return value;
  }
}

const SIDE = 64;
const CLASSES = 10;

interface Case {
  id: string;
  options: SettingOptions;
  batch: number;
  microBatch: number;
  recompute: boolean;
  /** Whether what enters the stage `from` is kept on the device. */
  kept?: boolean;
  precision?: Precision;
}

const ATOMS = { id: 'atoms', options: { m: 9 } };
const LORA = { id: 'lora', options: { r: 4, alpha: 4 } };

const named = ({ id, options, microBatch, recompute, kept, precision }: Case) =>
  `${precision === 'half' ? 'in halves, ' : ''}${id}, ${microBatch} images at a time${recompute ? ', computing twice' : ''}${kept ? `, with what enters stage ${options.from} kept` : ''}`;

/** Any coefficients: which, no memory depends on. */
function anyCodes(backbone: Backbone, method: TuningMethod, options: SettingOptions): Promise<AtomCodes> {
  return codesFor(backbone, method, options, async (coding, layers) => {
    const code = (layer: string): LayerCode => {
      const { rows, atoms } = codedShape(coding, backbone.convolution(layer).spec);
      const coefficients = new Float32Array(rows * atoms).fill(0.01);
      return { atoms: new Float32Array(), coefficients, lipschitz: 1, relativeError: 0 };
    };
    return new Map(layers.map((layer) => [layer, code(layer)]));
  });
}

describe('measured on wasm, a plan is right to a quarter', () => {
  beforeAll(() => startBackend('wasm'));

  const cases: Case[] = [
    { ...ATOMS, batch: 16, microBatch: 16, recompute: false },
    { ...ATOMS, batch: 16, microBatch: 5, recompute: false },
    { ...ATOMS, batch: 16, microBatch: 16, recompute: true },
    { ...LORA, batch: 16, microBatch: 16, recompute: false },
    { id: 'overcomplete-atoms', options: { m: 9 }, batch: 16, microBatch: 16, recompute: false },
    { id: 'coefficient-atoms', options: { kc: 4 }, batch: 16, microBatch: 16, recompute: false },
    { id: 'all-atoms', options: { kc: 4 }, batch: 16, microBatch: 8, recompute: false },
    { id: 'bitfit', options: {}, batch: 16, microBatch: 16, recompute: false },
    { id: 'full', options: {}, batch: 16, microBatch: 8, recompute: false },
    { id: 'atoms', options: { m: 9, from: 2 }, batch: 16, microBatch: 16, recompute: false, kept: true },
    { id: 'full', options: { from: 4 }, batch: 16, microBatch: 8, recompute: false, kept: true },
  ];
  for (const each of cases) {
    it(named(each), async () => {
      const meter = new HeapMeter();
      const { planned, dispose } = await oneStep(STARTER, each, false);
      meter.stop();
      dispose();
      expect(planned / meter.peak).toBeGreaterThan(0.75);
      expect(planned / meter.peak).toBeLessThan(1.25);
    });
  }
});

describe('measured on WebGPU, a plan is right to a quarter', () => {
  const layout = { baseWidth: 16, blocks: [1, 1], strideIn1x1: false };
  const cases: Case[] = [
    { ...ATOMS, batch: 8, microBatch: 8, recompute: false },
    { ...LORA, batch: 8, microBatch: 4, recompute: true },
    { id: 'coefficient-atoms', options: { kc: 4 }, batch: 8, microBatch: 8, recompute: false },
    { ...ATOMS, batch: 8, microBatch: 8, recompute: false, precision: 'half' },
    { ...LORA, batch: 8, microBatch: 8, recompute: false, precision: 'half' },
    { id: 'atoms', options: { m: 9, from: 2 }, batch: 8, microBatch: 8, recompute: false, kept: true },
  ];
  for (const each of cases) {
    it(named(each), async () => {
      await startBackend('webgpu');
      const before = allocated();
      const { planned, dispose } = await oneStep(layout, each, true);
      const measured = allocated() - before;
      dispose();
      // The next one gets a device of its own, whose pool is empty.
      const { device } = tf.backend() as WebGPUBackend;
      device.destroy();
      await device.lost;
      expect(planned / measured).toBeGreaterThan(0.75);
      expect(planned / measured).toBeLessThan(1.25);
    });
  }
});

/** Bytes of GPU buffers, whether a tensor has them or not. */
const allocated = () => (tf.backend() as WebGPUBackend).memory().numBytesAllocatedInGPU;
