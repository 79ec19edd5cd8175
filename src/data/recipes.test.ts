import { expect, test } from 'vitest';
import { statedRecipe, tuningRecipe } from '../backbone/recipe';
import type { Interpolation } from '../core/backbone';
import { readSafetensors } from '../files/safetensors';
import { SOURCES } from '../hub/sources';
import { decodeByRecipe } from './decode';
import { paintedImage } from './file-fixtures';
import fixtureUrl from './recipes.safetensors?url';

const fixture = readSafetensors(
  new Uint8Array(await (await fetch(fixtureUrl)).arrayBuffer()),
  'recipes.safetensors',
);
const bytesOf = (name: string) => fixture.tensors.get(name)?.data ?? new Uint8Array();

test.each([...fixture.tensors.keys()].filter((name) => name !== 'picture'))(
  '%s equals the result of torchvision’s Resize and CenterCrop with Pillow',
  async (name) => {
    const [resize = 0, crop = 0] = name.split('-').map(Number);
    const interpolation: Interpolation = name.endsWith('bicubic') ? 'bicubic' : 'bilinear';
    const recipe = { resize, crop, interpolation, isStated: true, trainSize: null };
    const [height = 0, width = 0] = fixture.tensors.get('picture')?.shape ?? [];
    const source = bytesOf('picture');
    const file = await paintedImage(width, height, (x, y) => {
      const at = 3 * (y * width + x);
      return [source[at] ?? 0, source[at + 1] ?? 0, source[at + 2] ?? 0];
    });
    const decoded = await decodeByRecipe(file, recipe);
    if ('reason' in decoded) throw new Error(decoded.reason);
    const expected = bytesOf(name);
    expect(decoded.pixels.length).toBe(expected.length);
    // Pillow uses 22-bit integer weights.
    const differences = decoded.pixels.map((value, i) => Math.abs(value - (expected[i] ?? 0)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  },
);

test('the table’s recipes give the sizes that timm, transformers and torchvision state', () => {
  const sizes = SOURCES.map(({ id, preprocessing }) => {
    const { resize, crop, interpolation } = statedRecipe(preprocessing);
    return [id, resize, crop, interpolation];
  });
  expect(sizes).toEqual([
    ['timm-resnet50.tv2_in1k', 232, 224, 'bilinear'],
    ['timm-resnet50.a1_in1k', 288, 288, 'bicubic'],
    ['microsoft-resnet-50', 256, 224, 'bicubic'],
    ['torchvision-resnet50-v1', 256, 224, 'bilinear'],
    ['torchvision-resnet50-v2', 232, 224, 'bilinear'],
  ]);
});

test('weights without a stated recipe use that of tuning: 8/7, bilinear', () => {
  const { resize, crop, interpolation, isStated } = tuningRecipe(224);
  expect([resize, crop, interpolation, isStated]).toEqual([256, 224, 'bilinear', false]);
});
