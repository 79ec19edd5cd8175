import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { NamedFile } from '../core/dataset';
import { openWeightFile } from '../files/open-weight-file';
import { float32, readSafetensors } from '../files/safetensors';
import { maxRelativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { normalised } from '../training/batch';
import { Backbone } from './backbone';
import { asSafetensors, asStateDict, asTfjsModel, imagesFixture, type Recipe } from './weight-fixtures';
import { committed } from './weight-forms';

const TOLERANCE = 1e-3;
const IDENTITY = { id: 'made', name: 'made' };

type Library = 'torchvision' | 'hugging-face' | 'keras';

/** Features and logits of the script's images, beside torchvision's. */
async function expectTorchvisions(
  size: 'full' | 'narrow',
  library: Library,
  files: readonly NamedFile[],
): Promise<void> {
  const reference = await readSafetensorsOf('expected.safetensors');
  const backbone = await Backbone.load(await openWeightFile(files), IDENTITY);
  const [count, side] = size === 'full' ? [1, 64] : [2, 48];
  const [features, logits] = tf.tidy(() => {
    const bytes = tf.tensor4d(imagesFixture(count, side), [count, side, side, 3]);
    const pooled = backbone.features(normalised(bytes, backbone.preprocessing));
    const { head, network } = backbone;
    if (!head) throw new Error('The head is missing.');
    const weight = tf.tensor2d(head.weight, [head.classes, network.features]);
    return [pooled, tf.add(tf.matMul(pooled, weight, false, true), tf.tensor1d(head.bias))] as const;
  });
  const expected = (what: string) => float32(reference, `${size}.${library}.${what}`);
  expect(maxRelativeError(await features.data(), expected('features'))).toBeLessThan(TOLERANCE);
  expect(maxRelativeError(await logits.data(), expected('logits'))).toBeLessThan(TOLERANCE);
  tf.dispose([features, logits]);
  backbone.dispose();
}

async function readSafetensorsOf(name: string) {
  const [{ file } = { file: new Blob() }] = await committed([name]);
  return readSafetensors(new Uint8Array(await file.arrayBuffer()), name);
}

async function recipes(library: Library): Promise<Recipe[]> {
  const [found] = await committed([`${library}.json`]);
  // The script's own lines.
  return JSON.parse((await found?.file.text()) ?? '[]') as Recipe[];
}

onBackends('small files of made-up weights give torchvision’s features and logits', () => {
  it.each<[string, Library, string[]]>([
    ['a state dict from torch.save', 'torchvision', ['narrow.pth']],
    ['a checkpoint in halves from before PyTorch 1.6, with a prefix', 'torchvision', ['narrow-legacy.pth']],
    ['Hugging Face’s names in brain floats', 'hugging-face', ['narrow-hugging-face.safetensors']],
    [
      'Keras’ names, quantized, in two shards',
      'keras',
      ['model.json', 'group1-shard2of2.bin', 'group1-shard1of2.bin'],
    ],
  ])('%s', async (_, library, names) => {
    await expectTorchvisions('narrow', library, await committed(names));
  });
});

onBackends('a whole ResNet-50 of made-up weights gives torchvision’s features and logits', () => {
  it.each([
    ['torchvision', 'F32'],
    ['torchvision', 'F16'],
    ['hugging-face', 'BF16'],
  ] as const)('%s’s names, safetensors in %s', async (library, dtype) => {
    await expectTorchvisions('full', library, asSafetensors(await recipes(library), dtype));
  });

  it('Hugging Face’s names, a state dict', async () => {
    await expectTorchvisions('full', 'hugging-face', await asStateDict(await recipes('hugging-face')));
  });

  it.each(['float32', 'uint8'] as const)('Keras’ names, a TensorFlow.js model in %s', async (type) => {
    await expectTorchvisions('full', 'keras', asTfjsModel(await recipes('keras'), type));
  });
}, ['wasm']);
