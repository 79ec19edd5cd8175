import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { convolutions } from '../backbone/layout';
import { startBackend } from '../backend';
import { pixelBytes } from '../data/dataset';
import { METHODS } from '../methods';
import { backboneFixture } from './backbone-fixture';
import { datasetFixture } from './dataset-fixture';
import { decompositionsFor } from './decompositions';
import { heapItems } from './memory-heap';
import { planMemory } from './memory-plan';
import { parameterTable } from './parameters';
import { computeFeatures } from './probe';

const CLASSES = 3;
const DATASET = datasetFixture(CLASSES, 4, 2, 36);
const LIMITS = { backend: 'wasm', precision: 'single', budget: 1e9, buffer: 1e9, storage: 0 } as const;

describe('the JavaScript heap in a plan', () => {
  let backbone: Backbone;
  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await backboneFixture({ baseWidth: 4, blocks: [1, 1], strideIn1x1: false }, 32);
  });
  afterAll(() => backbone.dispose());

  it('counts the arrays of a run, for every setting', async () => {
    const { network } = backbone;
    let features = { train: new Float32Array(), val: new Float32Array() };
    const computing = computeFeatures(backbone, DATASET);
    for (let step = await computing.next(); ; step = await computing.next()) {
      if (!step.done) continue;
      features = step.value as typeof features; // plain arrays
      break;
    }
    const kernels = [...backbone.convolutions.values()].reduce(
      (sum, { pretrained }) => sum + pretrained.byteLength,
      0,
    );
    for (const method of METHODS) {
      const table = parameterTable(method, {}, convolutions(network), network.features, CLASSES);
      const { plain, blocks, bases } = await decompositionsFor(backbone, method, {});
      const found = [
        ...[...plain.values(), ...blocks.values()].map(({ coefficients }) => coefficients),
        ...[...bases.values()].flatMap(({ tensors }) => Object.values(tensors)),
      ];
      const images = { train: DATASET.train.labels.length, val: DATASET.val.labels.length };
      const kept = { pixels: pixelBytes(DATASET), coefficients: 0, models: 1000 };
      expect(heapItems({ network, method, options: {}, table, images }, kept), method.id).toEqual({
        // RGB bytes of 18 images, 36 pixels on a side.
        pixels: 18 * 36 * 36 * 3,
        kernels,
        coefficients: found.reduce((sum, { byteLength }) => sum + byteLength, 0),
        features: features.train.byteLength + features.val.byteLength,
        models: 1000 + 3 * new Float32Array(table.backbone + table.head).byteLength,
      });
    }
  });

  it('is described with its largest part first, and is not limited by the cap', () => {
    const [method] = METHODS.filter(({ id }) => id === 'lora');
    if (!method) throw new Error('There is no LoRA.');
    const run = {
      ...{ network: backbone.network, inputSize: 32, method, options: {}, classes: CLASSES, batchSize: 4 },
      ...{ images: { train: 12, val: 6 }, augmentation: 'none' as const, views: 0 },
    };
    const [without, withImages] = [
      planMemory(run, LIMITS),
      planMemory({ ...run, kept: { pixels: 90e6, coefficients: 40e6, models: 0 } }, LIMITS),
    ];
    expect(withImages.heapSentence).toBe(
      'In addition, about 130\u00a0MB on the JavaScript heap, mainly: images 90\u00a0MB, coefficients and bases 40\u00a0MB.',
    );
    expect(withImages.heap.pixels).toBe(90e6);
    expect(withImages.bytes).toBe(without.bytes);
  });
});
