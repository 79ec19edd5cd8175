import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import { codedShape, plainAtoms } from './atom-coding';
import { kernelToRows } from './kernel-rows';
import { decomposeBackbone, recodeBackbone } from './layer-codes';
import { decompose } from './sparse-coding';

const PLAIN = plainAtoms(5);
const BLOCKS = { m: 3, kc: 2, capped: true };
let backbone: Backbone;
let spatial: string[];
let pointwise: string[];

beforeAll(async () => {
  await startBackend('wasm');
  backbone = await starter();
  const specs = [...backbone.convolutions.values()].map(({ spec }) => spec);
  spatial = specs.filter(({ kernel }) => kernel > 1).map(({ name }) => name);
  pointwise = specs.filter(({ kernel }) => kernel === 1).map(({ name }) => name);
});
afterAll(() => backbone.dispose());

it('gives the same codes in workers as without', async () => {
  const told: [number, number][] = [];
  const codes = await decomposeBackbone(backbone, PLAIN, spatial, {
    onProgress: ({ done, total }) => told.push([done, total]),
  });
  expect([...codes.keys()]).toEqual(spatial);
  expect(told).toEqual(Array.from({ length: 18 }, (_, done) => [done, 17]));
  for (const [seed, name] of spatial.entries()) {
    if (seed % 8 !== 0) continue;
    const { pretrained, spec } = backbone.convolution(name);
    const { kernel } = codedShape(PLAIN, spec);
    const { atoms, coefficients, lipschitz, relativeError } = decompose(
      kernelToRows(pretrained, kernel),
      PLAIN.m,
      { seed },
    );
    expect(codes.get(name)).toEqual({ atoms, coefficients, lipschitz, relativeError });
  }
});

it('uses at most as many atoms as a block has numbers, with small errors, for any channel count', async () => {
  const layers = ['conv1', 'layer1.0.conv2', 'layer1.0.downsample.0'];
  const codes = await decomposeBackbone(backbone, BLOCKS, layers);
  // conv1 has 3 input channels, not divisible by 2: blocks of 2 × 1 channels with 98 numbers each.
  expect(layers.map((layer) => codes.get(layer)?.atoms.length)).toEqual([6 * 98, 12 * 36, 4 * 4]);
  expect(codes.get('layer1.0.downsample.0')?.relativeError).toBeLessThan(0.05);
});

it('the atoms of a layer do not depend on which other layers are decomposed', async () => {
  const some = [...spatial.slice(3, 5), ...pointwise.slice(0, 1)];
  const all = await decomposeBackbone(backbone, PLAIN, [...spatial.slice(0, 6), ...pointwise.slice(0, 2)]);
  const alone = await decomposeBackbone(backbone, PLAIN, some);
  for (const layer of some) expect(alone.get(layer)).toEqual(all.get(layer));
});

it.each([PLAIN, BLOCKS])('computes the same coefficients from the stored atoms, kc = $kc', async (coding) => {
  const found = await decomposeBackbone(backbone, coding, spatial);
  expect(await recodeBackbone(backbone, coding, found)).toEqual(found);
});

it('rejects with AbortError after an abort', async () => {
  const cancel = new AbortController();
  const codes = decomposeBackbone(backbone, PLAIN, spatial, {
    signal: cancel.signal,
    onProgress: ({ done }) => done === 2 && cancel.abort(),
  });
  await expect(codes).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
