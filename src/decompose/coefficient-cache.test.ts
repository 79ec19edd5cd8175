import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { startBackend } from '../backend';
import { backboneFixture } from '../training/backbone-fixture';
import { dictionariesOf, NO_DECOMPOSITIONS } from '../training/decompositions';
import { plainAtoms } from './atom-coding';
import { CoefficientCache } from './coefficient-cache';
import { decomposeBackbone, type LayerCodes } from './layer-codes';

const CODING = plainAtoms(3);
const LAYERS = ['layer1.0.conv2', 'layer2.0.conv2'];

describe('a cache of coefficients with a budget', () => {
  let backbone: Backbone;
  let codes: LayerCodes;
  const bytesOf = (layer: string) => codes.get(layer)?.coefficients.byteLength ?? Number.NaN;
  const dictionaries = () => dictionariesOf({ ...NO_DECOMPOSITIONS, plain: codes }).plain;

  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await backboneFixture({ baseWidth: 4, blocks: [1, 1], strideIn1x1: false }, 32);
    codes = await decomposeBackbone(backbone, CODING, LAYERS);
  });
  afterAll(() => backbone.dispose());

  it('returns cached coefficients without computing them again', async () => {
    const cache = new CoefficientCache(1e9);
    cache.add(codes);
    expect(cache.bytes).toBe(LAYERS.reduce((sum, layer) => sum + bytesOf(layer), 0));
    const recalled = await cache.recall(backbone, CODING, dictionaries());
    for (const layer of LAYERS) {
      expect(recalled.get(layer)?.coefficients).toBe(codes.get(layer)?.coefficients);
      // A run and a model share the same arrays, so that both find the cached entry.
      expect(recalled.get(layer)?.atoms).toBe(codes.get(layer)?.atoms);
    }
  });

  it('never exceeds the budget, and recomputes evicted coefficients bit-identically', async () => {
    const cache = new CoefficientCache(bytesOf('layer2.0.conv2'));
    cache.add(codes);
    expect(cache.bytes).toBe(bytesOf('layer2.0.conv2'));
    const recalled = await cache.recall(backbone, CODING, dictionaries());
    expect([...recalled.keys()].sort()).toEqual(LAYERS);
    for (const layer of LAYERS)
      expect(recalled.get(layer)?.coefficients).toEqual(codes.get(layer)?.coefficients);
    expect(cache.bytes).toBeLessThanOrEqual(cache.budget);
    cache.clear();
    expect(cache.bytes).toBe(0);
  });

  it('distinguishes different atoms of the same layer', async () => {
    const cache = new CoefficientCache(1e9);
    cache.add(codes);
    const [layer = ''] = LAYERS;
    const atoms = codes.get(layer)?.atoms.toReversed() ?? new Float32Array();
    const other = new Map([[layer, { atoms, lipschitz: 3, relativeError: 0 }]]);
    const recalled = await cache.recall(backbone, CODING, other);
    expect(recalled.get(layer)?.coefficients).not.toEqual(codes.get(layer)?.coefficients);
    expect(cache.bytes).toBe(2 * bytesOf(layer) + bytesOf('layer2.0.conv2'));
  });
});
