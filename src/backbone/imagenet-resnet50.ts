/** For tests only: a whole ImageNet ResNet-50 from the folder `shared`, and what interop/pytorch/imagenet_resnet50.py says of it. */
import * as tf from '@tensorflow/tfjs';
import { openWeightFile } from '../files/open-weight-file';
import { sharedFile, sharedFiles } from '../fixtures';
import { normalised } from '../training/batch';
import { Backbone } from './backbone';
import text from './imagenet-resnet50.json?raw';
import { imagesFixture } from './weight-fixtures';

const WEIGHTS = 'weights/resnet50-imagenet-vq.safetensors';
const FLOWERS = 'data/flowers5/';

interface Reference {
  /** File name, likeliest class, its probability, and that of daisy. */
  daisies: [string, number, number, number][];
  /** Of one image of hashed bytes, by its side, `[2048]`. */
  features: Record<'224' | '64', number[]>;
  /** ‖W − αD‖ / ‖W‖ with nine atoms, by layer. */
  errors: Record<string, number>;
}

// The script's own output.
export const REFERENCE = JSON.parse(text) as Reference;

/** Why these tests cannot run here; null where they can. */
export const missing = [WEIGHTS, FLOWERS].every((path) => sharedFiles(path).length > 0)
  ? null
  : `needs ../shared/${WEIGHTS} and ../shared/${FLOWERS}`;

export async function imagenetResnet50(inputSize: number): Promise<Backbone> {
  const bytes = await sharedFile(WEIGHTS);
  const file = await openWeightFile([{ path: WEIGHTS, file: new Blob(bytes ? [bytes] : []) }]);
  return Backbone.load(file, { id: 'vq', name: 'vq', sha256: 'v'.repeat(64) }, { inputSize });
}

/** Pooled features of the script's image of this side. */
export async function featuresOfMade(backbone: Backbone, side: number): Promise<Float32Array> {
  const features = tf.tidy(() => {
    const bytes = tf.tensor4d(imagesFixture(1, side), [1, side, side, 3]);
    return backbone.features(normalised(bytes, backbone.preprocessing));
  });
  const values = await features.data<'float32'>();
  features.dispose();
  return values;
}

/** Images of one class and part, by name, the first `count`. */
export async function flowers(folder: string, count: number): Promise<{ path: string; file: File }[]> {
  const paths = sharedFiles(`${FLOWERS}${folder}/`).slice(0, count);
  return Promise.all(
    paths.map(async (path) => {
      const bytes = await sharedFile(path);
      return { path, file: new File(bytes ? [bytes] : [], path) };
    }),
  );
}
