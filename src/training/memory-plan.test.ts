import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { convolutions, type Layout, network } from '../backbone/layout';
import { startBackend } from '../backend';
import type { SettingOptions } from '../core/setting';
import type { Dataset } from '../data/dataset';
import { codedShape } from '../decompose/atom-coding';
import { anyBases } from '../decompose/basis-fixture';
import type { LayerCode } from '../decompose/layer-codes';
import { methodById } from '../methods';
import type { TuningMethod } from '../methods/method';
import { Heap } from '../nn/memory';
import { SizeMachine } from '../nn/size-machine';
import { Walk } from '../nn/walk';
import type { Precision } from '../ops/fp16';
import { emptyPool } from '../ops/webgpu/buffer-pool';
import { complete } from '../turns';
import { AdamW } from './adamw';
import { backboneFixture } from './backbone-fixture';
import { datasetFixture } from './dataset-fixture';
import { type Decompositions, decompositionsFor } from './decompositions';
import { predict, range } from './evaluate';
import { FrozenFeatureCache, type FrozenFeatures } from './frozen-feature-cache';
import { lossAndGradient } from './gradient';
import { type PlanLimits, type PlannedRun, planMemory } from './memory-plan';
import { simulateMemory } from './memory-simulation';
import { parameterTable } from './parameters';
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
 * Activations kept for the backward pass of one image, from the sides and widths of He et al. 2016, Table 1: the stem and its
 * pooling, then for every block its two inner activations and its output. The first activation of a stage has the side of the
 * stage before.
 */
const ACTIVATIONS_224 =
  112 ** 2 * 64 +
  56 ** 2 * 64 +
  3 * 56 ** 2 * (64 + 64 + 256) +
  (56 ** 2 * 128 + 28 ** 2 * (128 + 512) + 3 * 28 ** 2 * (128 + 128 + 512)) +
  (28 ** 2 * 256 + 14 ** 2 * (256 + 1024) + 5 * 14 ** 2 * (256 + 256 + 1024)) +
  (14 ** 2 * 512 + 7 ** 2 * (512 + 2048) + 2 * 7 ** 2 * (512 + 512 + 2048));
const ACTIVATIONS_64 =
  32 ** 2 * 16 +
  16 ** 2 * 16 +
  3 * 16 ** 2 * (16 + 16 + 64) +
  (16 ** 2 * 32 + 8 ** 2 * (32 + 128) + 3 * 8 ** 2 * (32 + 32 + 128)) +
  (8 ** 2 * 64 + 4 ** 2 * (64 + 256) + 5 * 4 ** 2 * (64 + 64 + 256)) +
  (4 ** 2 * 128 + 2 ** 2 * (128 + 512) + 2 * 2 ** 2 * (128 + 128 + 512));
/** docs/method.md §3: parameters of ResNet-50, and coefficients α with nine atoms for every kernel larger than 1×1. */
const PARAMETERS = 23_508_032;
const COEFFICIENTS = 9 * (7 ** 0 * 3 * 64 + 3 * 64 ** 2 + 4 * 128 ** 2 + 6 * 256 ** 2 + 3 * 512 ** 2);

const MB = 1e6;

describe('the memory items of a plan', () => {
  it('count the kept activations as counted by hand, where they dominate the peak', () => {
    expect(ACTIVATIONS_224).toBe(9_809_408);
    for (const [run, activations] of [
      [large, ACTIVATIONS_224],
      [small, ACTIVATIONS_64],
    ] as const) {
      const { items, bytes, microBatch } = planMemory({ ...run, batchSize: 64 }, WASM);
      expect(microBatch).toBe(64);
      // At the peak, the last blocks may have been freed already.
      expect(items.activations / (4 * 64 * activations)).toBeGreaterThan(0.94);
      expect(items.activations).toBeLessThanOrEqual(4 * 64 * activations);
      expect(bytes).toBe(Object.values(items).reduce((sum, each) => sum + each, 0));
    }
  });

  it.each([
    [large, ACTIVATIONS_224],
    [small, ACTIVATIONS_64],
  ] as const)(
    'count exactly the activations that the forward pass keeps',
    ({ network: graph, inputSize }, kept) => {
      const memory = new Heap('single');
      const walk = new Walk(graph, new SizeMachine(memory), { isTrained: ({ op }) => op === 'convolution' });
      complete(walk.forward({ n: 1, shape: [inputSize, inputSize, 3], held: null }));
      // So that the peak is now.
      memory.take('working', 1e9);
      expect(memory.items.activations).toBe(4 * (kept + graph.features));
    },
  );

  it('count weights and coefficients as docs/method.md §3', () => {
    const { items } = planMemory(large, GPU);
    expect(items.weights).toBe(4 * PARAMETERS);
    expect(COEFFICIENTS).toBe(11_318_976);
    expect(items.coefficients).toBe(4 * COEFFICIENTS);
    // 1,737 parameters and a head of 204,900, four vectors; more during the update, if that is the peak.
    expect(items.optimizer).toBeGreaterThanOrEqual(4 * 4 * (1737 + 204_900));
  });

  it('grow with images and classes, and shrink with micro-batches and gradient checkpointing', () => {
    const bytes = [1, 2, 8, 16, 64].map((batchSize) => planMemory({ ...large, batchSize }, WASM).bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    expect(new Set(bytes).size).toBe(5);
    expect(planMemory({ ...large, classes: 1000 }, WASM).bytes).toBeGreaterThan(
      planMemory(large, WASM).bytes,
    );
    const shape = { table: tableOf(large), batch: 16, frozenFeatures: null, evaluationBatch: 1 };
    const step = { ...large, ...shape, precision: 'single' as const };
    const of = (microBatch: number, gradientCheckpointing: boolean) =>
      simulateMemory({ ...step, microBatch, gradientCheckpointing }, false).bytes;
    expect((of(16, false) - of(8, false)) / (4 * 8 * ACTIVATIONS_224)).toBeCloseTo(1, 1);
    expect(of(16, true)).toBeLessThan(0.75 * of(16, false));
  });

  it('are small for a linear probe with any batch size', () => {
    const probe = { ...large, method: methodById('linear-probe'), options: {} };
    const plan = planMemory(probe, { ...GPU, budget: 500 * MB });
    expect(plan).toMatchObject({ fits: true, gradientCheckpointing: false });
    expect(plan.sentence).toMatch(/^About \d+\sMB of memory\.$/);
    expect(plan.items.weights).toBe(4 * PARAMETERS);
  });
});

describe('planMemory', () => {
  it('uses the whole batch if it fits, and states the memory', () => {
    const plan = planMemory(large, GPU);
    expect(plan).toMatchObject({ batch: 16, microBatch: 16, gradientCheckpointing: false, fits: true });
    expect(plan.sentence).toMatch(/^About [\d.]+\s[MG]B of memory at batch 16\.$/);
    expect(planMemory(small, WASM).sentence).toMatch(/^About \d\d\sMB of memory at batch 16\.$/);
  });

  it('uses micro-batches to stay within the budget', () => {
    const budget = 700 * MB;
    const plan = planMemory({ ...large, batchSize: 32 }, { ...WASM, budget });
    expect(plan).toMatchObject({ batch: 32, microBatch: 8, gradientCheckpointing: false, fits: true });
    expect(plan.bytes).toBeLessThanOrEqual(budget);
    expect(plan.sentence).toMatch(
      /^Batch 32 is trained in 4 micro-batches of 8 images to stay under 700\sMB of memory; the result is the same\. About \d+\sMB\.$/,
    );
  });

  it('has no larger micro-batch than asked for', () => {
    expect(planMemory({ ...large, mostAtOnce: 4 }, GPU)).toMatchObject({ microBatch: 4, fits: true });
    expect(planMemory({ ...large, mostAtOnce: 1 }, GPU)).toMatchObject({ microBatch: 1, fits: true });
    expect(planMemory({ ...large, mostAtOnce: 64 }, GPU)).toMatchObject({ microBatch: 16 });
  });

  it('has a smaller last micro-batch if the batch size is not divisible', () => {
    const plan = planMemory({ ...large, batchSize: 18 }, { ...WASM, budget: 560 * MB });
    expect(plan).toMatchObject({ batch: 18, microBatch: 5, fits: true });
    expect(plan.sentence).toMatch(
      /^Batch 18 is trained in micro-batches of at most 5 images to stay under 560\sMB of memory; /,
    );
  });

  it('uses gradient checkpointing if micro-batches of a few images do not fit', () => {
    const at = (budget: number) => planMemory({ ...large, batchSize: 32 }, { ...WASM, budget });
    const four = at(500 * MB);
    expect(four).toMatchObject({ microBatch: 4, gradientCheckpointing: false });
    const twice = at(0.96 * four.bytes);
    expect(twice).toMatchObject({ microBatch: 4, gradientCheckpointing: true, fits: true });
    expect(twice.sentence).toMatch(
      /in 8 micro-batches of 4 images and with gradient checkpointing .* a quarter longer, the result is the same/,
    );
    expect(at(0.96 * twice.bytes)).toMatchObject({ microBatch: 2, gradientCheckpointing: false });
  });

  it('needs no buffer larger than the adapter’s limit', () => {
    // The stem's output is 112 × 112 × 64 per image: forty images fit into the 128 MiB that every adapter allows.
    const plan = planMemory({ ...large, batchSize: 128 }, { ...GPU, buffer: 2 ** 27 });
    expect(plan).toMatchObject({ microBatch: 32, fits: true });
    expect(plan.evaluationBatch).toBeLessThanOrEqual(32);
    expect(4 * 112 * 112 * 64 * 32).toBeLessThan(2 ** 27);
    expect(4 * 112 * 112 * 64 * 64).toBeGreaterThan(2 ** 27);
  });

  it('says that a single image does not fit, and what to change', () => {
    const none = planMemory(large, { ...WASM, budget: 150 * MB });
    expect(none).toMatchObject({ fits: false, microBatch: 1, gradientCheckpointing: true });
    expect(none.sentence).toMatch(
      /^Does not fit: micro-batches of one image take about \d+\sMB, but the limit is 150\sMB\. Raise the memory cap/,
    );
    // A single full-width kernel of 3 × 3 × 512 × 512 is larger.
    const narrow = planMemory(large, { ...GPU, buffer: 8 * 2 ** 20 });
    expect(narrow.sentence).toMatch(/largest possible buffer is 8\.4\sMB\. Choose WebAssembly/);
  });

  it('evaluates as many images at a time as need no more memory than a step', () => {
    const { evaluationBatch, bytes } = planMemory(large, WASM);
    expect(evaluationBatch).toBeGreaterThanOrEqual(16);
    const without = planMemory({ ...large, images: { train: 16, val: 0 } }, WASM);
    expect(bytes).toBeLessThan(1.03 * without.bytes);
    // A linear probe has no steps through the backbone.
    const probe = { ...large, method: methodById('linear-probe'), options: {} };
    expect(planMemory(probe, WASM).evaluationBatch).toBe(64);
  });

  it('uses no batch larger than the training set', () => {
    expect(planMemory({ ...large, images: { train: 5, val: 1 } }, GPU).batch).toBe(5);
    expect(planMemory({ ...large, images: { train: 0, val: 0 } }, GPU).batch).toBe(16);
  });
});

describe('the frozen-feature cache in a plan', () => {
  const frozen: PlannedRun = { ...large, options: { m: 9, from: 4 }, augmentation: 'none' };
  /** Bytes of the input of stage 4 for all images: 14 × 14 pixels of 1,024 channels (He et al. 2016, Table 1). */
  const kept = 4 * 1200 * 14 ** 2 * 1024;

  it('is on the device if it fits, and is counted', () => {
    const plan = planMemory(frozen, GPU);
    expect(plan).toMatchObject({ frozenFeatures: 'device', microBatch: 16, fits: true });
    expect(plan.items.frozenFeatures).toBe(kept);
    expect(plan.sentence).toMatch(
      /^About [\d.]+\sGB of memory at batch 16\. The activations of the frozen stages \(960\sMB\) are computed once and cached\.$/,
    );
    const once = planMemory({ ...frozen, augmentation: 'flips', views: 1 }, GPU);
    const thrice = planMemory({ ...frozen, augmentation: 'flips', views: 3 }, GPU);
    expect(once.items.frozenFeatures).toBe(kept);
    expect(thrice.items.frozenFeatures - once.items.frozenFeatures).toBe((2 * kept * 1000) / 1200);
  });

  it('takes less memory than it saves in the steps', () => {
    const few = { ...frozen, images: { train: 64, val: 16 } };
    const unfrozen = { ...few, options: { m: 9 } };
    expect(planMemory(few, WASM).bytes).toBeLessThan(planMemory(unfrozen, WASM).bytes);
  });

  it('is on the device with smaller micro-batches rather than in a file', () => {
    const { bytes } = planMemory(frozen, WASM);
    const plan = planMemory(frozen, { ...WASM, budget: 0.99 * bytes, storage: 1e12 });
    expect(plan).toMatchObject({ frozenFeatures: 'device', fits: true });
    expect(plan.microBatch).toBeLessThan(16);
  });

  it('is in a file if it does not fit on the device, with the same plan as without a cache', () => {
    const budget = 900 * MB;
    const plan = planMemory(frozen, { ...WASM, budget, storage: 1e12 });
    expect(plan).toMatchObject({ frozenFeatures: 'file', microBatch: 16, fits: true });
    expect(plan.sentence).toMatch(
      /activations of the frozen stages \(960\sMB\) are computed once and cached in a file\.$/,
    );
    const without = planMemory({ ...frozen, augmentation: 'flips' }, { ...WASM, budget });
    expect(without.frozenFeatures).toBeNull();
    expect(plan.items).toEqual(without.items);
  });

  it('is not used if there is no room anywhere, which the sentence says', () => {
    const plan = planMemory(frozen, { ...WASM, budget: 900 * MB, storage: kept - 1 });
    expect(plan).toMatchObject({ frozenFeatures: null, fits: true });
    expect(plan.sentence).toMatch(/\(960\sMB\) do not fit into a cache and are computed at every step\.$/);
  });

  it('is not used if all stages are trained, every epoch has new views, or there are no images', () => {
    for (const run of [
      { ...frozen, options: { m: 9, from: 0 } },
      { ...frozen, augmentation: 'flips' as const, views: 0 },
      { ...frozen, images: { train: 0, val: 0 } },
      { ...frozen, method: methodById('linear-probe'), options: {} },
    ]) {
      const plan = planMemory(run, { ...GPU, storage: 1e12 });
      expect(plan.frozenFeatures).toBeNull();
      expect(plan.items.frozenFeatures).toBe(0);
      expect(plan.sentence).not.toMatch(/frozen/);
    }
  });
});

function tableOf({ method, options, network: trunk, classes }: PlannedRun) {
  const backbone = convolutions(trunk);
  return parameterTable(method, options, backbone, trunk.features, classes);
}

/** Measures the bytes in the wasm heap, from tfjs' calls to its allocator. */
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

/** Runs two training steps after an evaluation, as at the start of a run, and returns the planned bytes for it. */
async function twoSteps(
  layout: Layout,
  { id, options, batch, microBatch, gradientCheckpointing, kept = false, precision = 'single' }: Case,
  pooled: boolean,
): Promise<{ planned: number; dispose: () => void }> {
  const backbone = await backboneFixture(layout, SIDE, precision);
  const method = methodById(id);
  const model = new TunedModel(
    backbone,
    method,
    options,
    CLASSES,
    await anyDecompositions(backbone, method, options),
  );
  const count = model.table.backbone + model.table.head;
  await backbone.convolution('conv1').scale.data();
  emptyPool();
  const rates = new Float32Array(count).fill(1e-3);
  const optimizer = new AdamW(new Float32Array(count), { rates, weightDecay: 1e-4 });
  const dataset = datasetFixture(CLASSES, kept ? 20 : 0, 2, 73);
  const cache = new FrozenFeatureCache(async () => null);
  const { from = 0 } = options;
  const frozenFeatures = kept ? await keptOnDevice(cache, backbone, dataset, from) : null;
  const { val: images, side } = dataset;
  const label = 'Validation';
  const predicting = predict(model, optimizer.values, { images, side, batchSize: 64, frozenFeatures, label });
  for await (const { done, total } of predicting) expect(done).toBeLessThanOrEqual(total);
  const batchImages =
    frozenFeatures?.train(range(0, batch), 0) ?? tf.zeros<tf.Rank.R4>([batch, SIDE, SIDE, 3]);
  const targets = tf.zeros<tf.Rank.R2>([batch, CLASSES]);
  const how = { microBatch, gradientCheckpointing };
  // The second step finds what a backend has cached in the first.
  for (const _ of [1, 2]) {
    const made = lossAndGradient(model, optimizer.values, batchImages, targets, null, {
      ...how,
      from: kept ? from : 0,
    });
    optimizer.apply(made.gradient);
    await optimizer.values.data();
    tf.dispose(made);
  }
  const { bytes: planned } = simulateMemory(
    {
      network: backbone.network,
      inputSize: SIDE,
      table: model.table,
      method,
      options,
      images: { train: 0, val: 2 * CLASSES },
      batch,
      frozenFeatures: kept ? { from, images: 22 * CLASSES } : null,
      ...how,
      evaluationBatch: 64,
      precision,
    },
    pooled,
  );
  const dispose = () => {
    tf.dispose([batchImages, targets]);
    cache.dispose();
    optimizer.dispose();
    model.dispose();
    backbone.dispose();
  };
  return { planned, dispose };
}

async function keptOnDevice(
  cache: FrozenFeatureCache,
  backbone: Backbone,
  dataset: Dataset,
  from: number,
): Promise<FrozenFeatures> {
  const config = { augmentation: 'none' as const, views: 0, seed: 0 };
  // The same batch size as for the validation.
  const batchSize = dataset.val.labels.length;
  const computing = cache.load({ backbone, dataset, config, from, place: 'device', batchSize });
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
  gradientCheckpointing: boolean;
  /** Whether the frozen features that enter the stage `from` are cached on the device. */
  kept?: boolean;
  precision?: Precision;
}

const ATOMS = { id: 'atoms', options: { m: 9 } };
const LORA = { id: 'lora', options: { r: 4, alpha: 4 } };

const named = ({ id, options, microBatch, gradientCheckpointing, kept, precision }: Case) =>
  `${precision === 'half' ? 'fp16, ' : ''}${id}, ${microBatch} images at a time${gradientCheckpointing ? ', gradient checkpointing' : ''}${kept ? `, with what enters stage ${options.from} kept` : ''}`;

/** Arbitrary coefficients and bases; their values do not affect memory. */
function anyDecompositions(
  backbone: Backbone,
  method: TuningMethod,
  options: SettingOptions,
): Promise<Decompositions> {
  const specOf = (layer: string) => backbone.convolution(layer).spec;
  const filled = (size: number) => new Float32Array(size).fill(0.01);
  return decompositionsFor(backbone, method, options, {
    codes: async (coding, layers) => {
      const code = (layer: string): LayerCode => {
        const { rows, atoms } = codedShape(coding, specOf(layer));
        return {
          atoms: new Float32Array(),
          coefficients: filled(rows * atoms),
          lipschitz: 1,
          relativeError: 0,
        };
      };
      return new Map(layers.map((layer) => [layer, code(layer)]));
    },
    bases: async (spec, layers) => new Map(layers.map((layer) => [layer, anyBases(spec, specOf(layer))])),
  });
}

describe('a plan agrees to 10 % with memory measured on wasm', () => {
  beforeAll(() => startBackend('wasm'));

  const cases: Case[] = [
    { ...ATOMS, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { ...ATOMS, batch: 16, microBatch: 5, gradientCheckpointing: false },
    { ...ATOMS, batch: 16, microBatch: 16, gradientCheckpointing: true },
    { ...LORA, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { id: 'overcomplete-atoms', options: { m: 9 }, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { id: 'coefficient-atoms', options: { kc: 4 }, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { id: 'all-atoms', options: { kc: 4 }, batch: 16, microBatch: 8, gradientCheckpointing: false },
    { id: 'core-atoms', options: { r: 8 }, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { id: 'svf', options: {}, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { id: 'lora-xs', options: { r: 6 }, batch: 16, microBatch: 8, gradientCheckpointing: false },
    { id: 'bitfit', options: {}, batch: 16, microBatch: 16, gradientCheckpointing: false },
    { id: 'full', options: {}, batch: 16, microBatch: 8, gradientCheckpointing: false },
    {
      id: 'atoms',
      options: { m: 9, from: 2 },
      batch: 16,
      microBatch: 16,
      gradientCheckpointing: false,
      kept: true,
    },
    { id: 'full', options: { from: 4 }, batch: 16, microBatch: 8, gradientCheckpointing: false, kept: true },
  ];
  for (const each of cases) {
    it(named(each), async () => {
      const meter = new HeapMeter();
      const { planned, dispose } = await twoSteps(STARTER, each, false);
      meter.stop();
      dispose();
      expect(planned / meter.peak).toBeGreaterThan(0.9);
      expect(planned / meter.peak).toBeLessThan(1.1);
    });
  }
});

describe('a plan agrees to 10 % with memory measured on WebGPU', () => {
  const layout = { baseWidth: 16, blocks: [1, 1], strideIn1x1: false };
  const cases: Case[] = [
    { ...ATOMS, batch: 8, microBatch: 8, gradientCheckpointing: false },
    { ...LORA, batch: 8, microBatch: 4, gradientCheckpointing: true },
    { id: 'coefficient-atoms', options: { kc: 4 }, batch: 8, microBatch: 8, gradientCheckpointing: false },
    { ...ATOMS, batch: 8, microBatch: 8, gradientCheckpointing: false, precision: 'half' },
    { ...LORA, batch: 8, microBatch: 8, gradientCheckpointing: false, precision: 'half' },
    {
      id: 'atoms',
      options: { m: 9, from: 2 },
      batch: 8,
      microBatch: 8,
      gradientCheckpointing: false,
      kept: true,
    },
  ];
  for (const each of cases) {
    it(named(each), async () => {
      await startBackend('webgpu');
      const before = allocated();
      const { planned, dispose } = await twoSteps(layout, each, true);
      const measured = allocated() - before;
      dispose();
      // Destroyed, so that the next case starts with a new device and an empty buffer pool.
      const { device } = tf.backend() as WebGPUBackend;
      device.destroy();
      await device.lost;
      expect(planned / measured).toBeGreaterThan(0.9);
      expect(planned / measured).toBeLessThan(1.1);
    });
  }
});

/** Bytes of all GPU buffers, including the pool's free ones. */
const allocated = () => (tf.backend() as WebGPUBackend).memory().numBytesAllocatedInGPU;
