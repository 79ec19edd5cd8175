import { describe, expect, test } from 'vitest';
import { UserError } from '../core/user-error';
import { openWeightFile } from '../files/open-weight-file';
import { writeSafetensors } from '../files/safetensors';
import { Backbone } from './backbone';
import { openPretrained } from './pretrained';
import { committed } from './weight-forms';

type Tensors = Map<string, { shape: number[]; data: Float32Array }>;

/** The committed Keras model as one safetensors file, `change`d. */
async function keras(change: (tensors: Tensors) => void, metadata: Record<string, string> = {}) {
  const names = ['model.json', 'group1-shard1of2.bin', 'group1-shard2of2.bin'];
  const { tensors } = await openWeightFile(await committed(names));
  const copied: Tensors = new Map();
  for (const [name, tensor] of tensors)
    copied.set(name, { shape: [...tensor.shape], data: await tensor.read() });
  change(copied);
  const file = new Blob([writeSafetensors(copied, metadata)]);
  return openWeightFile([{ path: 'keras.safetensors', file }]);
}

function refusal(file: Awaited<ReturnType<typeof keras>>, stages?: number): string {
  try {
    openPretrained(file, { stages });
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return String(error);
  }
  throw new Error('The file was accepted.');
}

const zeros = (...shape: number[]) => ({
  shape,
  data: new Float32Array(shape.reduce((size, next) => size * next, 1)),
});

describe('a file that is no ResNet-50 is refused with the names at fault', () => {
  test('weights that are missing: the first of them, and how many more', async () => {
    const file = await keras((tensors) => {
      for (const name of [...tensors.keys()]) if (name.startsWith('conv3_block2')) tensors.delete(name);
    });
    expect(refusal(file)).toMatch(
      /Keras.*lacks conv3_block2_1_conv\/kernel, conv3_block2_1_bn\/gamma, .* and 11 more\./,
    );
  });

  test('weights of another shape, with both shapes', async () => {
    const file = await keras((tensors) => void tensors.set('conv3_block2_2_conv/kernel', zeros(3, 3, 8, 4)));
    expect(refusal(file)).toMatch(/conv3_block2_2_conv\/kernel is \[3,3,8,4\], not \[3,3,8,8\]/);
  });

  test('layers of a deeper network, or of another kind of block', async () => {
    const deeper = await keras(
      (tensors) => void tensors.set('conv3_block5_1_conv/kernel', zeros(1, 1, 32, 8)),
    );
    expect(refusal(deeper)).toMatch(/does not have conv3_block5_1_conv\/kernel/);
    const squeezed = await keras((tensors) => void tensors.set('conv2_block1_se/kernel', zeros(4, 4)));
    expect(refusal(squeezed)).toMatch(/does not have conv2_block1_se\/kernel/);
  });

  test('a classifier for other features', async () => {
    const file = await keras((tensors) => void tensors.set('predictions/kernel', zeros(33, 10)));
    expect(refusal(file)).toMatch(/classifier has the shapes \[33,10\] and \[10\].*32 features/);
  });

  test('names of no library', async () => {
    const bytes = writeSafetensors(new Map([['a.weight', zeros(2)]]), {});
    const file = await openWeightFile([{ path: 'other.safetensors', file: new Blob([bytes]) }]);
    expect(refusal(file)).toMatch(/not a ResNet-50 with names of torchvision or timm.*1 weights: a\.weight/);
  });

  test('more stages than it has, or blocks that no ResNet has', async () => {
    expect(refusal(await keras(() => {}), 3)).toMatch(/stages 1 to 2; 3 of them/);
    expect(refusal(await keras(() => {}, { blocks: '3,1e9' }))).toMatch(/states the blocks “3,1e9”/);
  });

  test('a number that is none, when it is read', async () => {
    const file = await keras((tensors) => tensors.get('conv1_bn/gamma')?.data.fill(Number.NaN));
    const { readLayer, network } = openPretrained(file);
    await expect(readLayer(network.stem)).rejects.toThrow(/conv1_conv\/kernel are not all finite/);
  });
});

describe('what is read', () => {
  test('Keras’ ε and a convolution’s own bias: y = γ(conv + b − μ)/√(σ² + ε) + β', async () => {
    const file = await keras((tensors) => {
      for (const [name, value] of [
        ['conv1_bn/gamma', 2],
        ['conv1_bn/beta', 0.5],
        ['conv1_bn/moving_mean', 3],
        ['conv1_bn/moving_variance', 0],
        ['conv1_conv/bias', 4],
      ] as const)
        tensors.get(name)?.data.fill(value);
    });
    const { readLayer, network } = openPretrained(file);
    const { scale, bias } = await readLayer(network.stem);
    const expected = 2 / Math.sqrt(1.001e-5);
    expect((scale[3] ?? 0) / expected).toBeCloseTo(1, 6);
    expect((bias[3] ?? 0) / (expected + 0.5)).toBeCloseTo(1, 6);
  });

  test('the first stages alone: fewer layers, no head, another hash', async () => {
    const file = await openWeightFile(await committed(['narrow.pth']));
    const identity = { id: 'narrow', name: 'narrow' };
    const whole = await Backbone.load(file, identity, { stages: 2 });
    const first = await Backbone.load(file, identity, { stages: 1 });
    expect(whole.layout.blocks).toEqual([3, 4]);
    expect([whole.network.features, whole.head?.classes]).toEqual([32, 10]);
    expect(first.layout.blocks).toEqual([3]);
    expect([first.network.features, first.head, first.convolutions.size]).toEqual([16, null, 11]);
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(first.hash).not.toBe(whole.hash);
    expect((await Backbone.load(file, identity)).hash).toBe(whole.hash);
    whole.dispose();
    first.dispose();
  });
});
