import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { starter } from '../backbone/starter';
import { startBackend } from '../backend';
import { kernelToRows } from './kernel-rows';
import { decomposeBackbone, recodeBackbone } from './layer-codes';
import { decompose } from './sparse-coding';

const COUNT = 5;
let backbone: Backbone;

beforeAll(async () => {
  await startBackend('wasm');
  backbone = await starter();
});
afterAll(() => backbone.dispose());

it('takes apart every layer larger than one pixel, in workers as it would without', async () => {
  const told: [number, number][] = [];
  const codes = await decomposeBackbone(backbone, COUNT, {
    onProgress: ({ done, total }) => told.push([done, total]),
  });
  const layers = [...backbone.convolutions.values()].filter(({ spec }) => spec.kernel > 1);
  expect([...codes.keys()]).toEqual(layers.map(({ spec }) => spec.name));
  expect(told).toEqual(Array.from({ length: 18 }, (_, done) => [done, 17]));
  for (const [index, { spec, pretrained }] of layers.entries()) {
    if (index % 8 !== 0) continue;
    const { cOut, cIn, kernel } = spec;
    const rows = kernelToRows(pretrained, { cOut, cIn, k: kernel });
    const { atoms, coefficients, lipschitz, relativeError } = decompose(rows, COUNT, { seed: index });
    expect(codes.get(spec.name)).toEqual({ atoms, coefficients, lipschitz, relativeError });
  }
});

it('finds the same coefficients again from the atoms', async () => {
  const found = await decomposeBackbone(backbone, COUNT);
  expect(await recodeBackbone(backbone, found)).toEqual(found);
});

it('ends when it is told to', async () => {
  const cancel = new AbortController();
  const codes = decomposeBackbone(backbone, COUNT, {
    signal: cancel.signal,
    onProgress: ({ done }) => done === 2 && cancel.abort(),
  });
  await expect(codes).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
});
