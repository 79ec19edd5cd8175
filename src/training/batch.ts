/** Batches of images on the device: gathered, cropped to the input size, flipped and normalised (docs/method.md §5). */
import * as tf from '@tensorflow/tfjs';
import type { Backbone } from '../backbone/backbone';
import type { Preprocessing } from '../backbone/preprocessing';
import type { Augmentation } from '../core/dataset';
import { type Random, seededRandom } from '../core/random';
import type { RunConfig } from '../core/run';
import type { Dataset } from '../data/dataset';
import { gather } from '../data/gather';
import type { Images } from '../data/images';

/** The properties of a backbone that determine its input. */
export type ImageInput = Pick<Backbone, 'inputSize' | 'preprocessing'>;

/** The smallest fraction of an image's area that a random crop keeps. */
const SMALLEST_CROP = 0.6;

/** The centre crop of each image, normalised: `[indices.length, size, size, 3]`. */
export function centredBatch(
  images: Images,
  side: number,
  { inputSize: size, preprocessing }: ImageInput,
  indices: ArrayLike<number>,
): tf.Tensor4D {
  const offset = Math.floor((side - size) / 2);
  return tf.tidy(() =>
    normalised(
      tf.slice(upload(images, side, indices), [0, offset, offset, 0], [indices.length, size, size, 3]),
      preprocessing,
    ),
  );
}

/** As `centredBatch`, with random crops and flips as `augmentation` says, drawn from the generator of each index. */
export function augmentedBatch(
  images: Images,
  side: number,
  input: ImageInput,
  indices: ArrayLike<number>,
  augmentation: Augmentation,
  chanceOf: (index: number) => Random,
): tf.Tensor4D {
  if (augmentation === 'none') return centredBatch(images, side, input, indices);
  const { inputSize: size, preprocessing } = input;
  const boxes: number[] = [];
  for (const index of Array.from(indices)) boxes.push(...box(side, size, augmentation, chanceOf(index)));
  return tf.tidy(() => {
    const corners = tf.tensor2d(boxes, [indices.length, 4]);
    const every = tf.range(0, indices.length, 1, 'int32');
    const cut = tf.image.cropAndResize(upload(images, side, indices), corners, every, [size, size]);
    return normalised(cut, preprocessing);
  });
}

/** The number of fixed views of each training image, drawn once per run; 0 for new views in every epoch. */
export function viewsPerImage({ augmentation, views }: Pick<RunConfig, 'augmentation' | 'views'>): number {
  return augmentation === 'none' ? 1 : views;
}

/** A fixed view (counted from 0) of these training images: the same in every run with this seed. */
export function viewBatch(
  { train, side }: Dataset,
  input: ImageInput,
  { augmentation, seed }: Pick<RunConfig, 'augmentation' | 'seed'>,
  indices: ArrayLike<number>,
  view: number,
): tf.Tensor4D {
  const random = seededRandom(seed).fork(`view ${view}`);
  return augmentedBatch(train, side, input, indices, augmentation, (index) => random.fork(`image ${index}`));
}

/** One-hot targets `[indices.length, classes]`. */
export function oneHotTargets(images: Images, indices: ArrayLike<number>, classes: number): tf.Tensor2D {
  const values = new Float32Array(indices.length * classes);
  for (let row = 0; row < indices.length; row++)
    values[row * classes + (images.labels[indices[row] ?? 0] ?? 0)] = 1;
  return tf.tensor2d(values, [indices.length, classes]);
}

/**
 * A crop window in the coordinates of cropAndResize: top, left, bottom and right of the outermost pixel centres, in units of
 * side − 1. Swapping left and right flips the image.
 */
function box(
  side: number,
  size: number,
  augmentation: Augmentation,
  random: Random,
): [number, number, number, number] {
  let edge = size;
  let top = Math.floor((side - size) / 2);
  let left = top;
  if (augmentation === 'crops-flips') {
    edge = side * Math.sqrt(SMALLEST_CROP + (1 - SMALLEST_CROP) * random.uniform());
    top = random.uniform() * (side - edge);
    left = random.uniform() * (side - edge);
  }
  const unit = side - 1;
  const [first, last] = [left / unit, (left + edge - 1) / unit];
  const mirrored = random.uniform() < 0.5;
  return [top / unit, mirrored ? last : first, (top + edge - 1) / unit, mirrored ? first : last];
}

/** The images as `[indices.length, side, side, 3]`, 0–255. */
function upload(images: Images, side: number, indices: ArrayLike<number>): tf.Tensor4D {
  const values = Float32Array.from(gather(images, indices, side));
  return tf.tensor4d(values, [indices.length, side, side, 3]);
}

/** (x/255 − mean)/std of RGB values 0–255 `[n, h, w, 3]`. */
export function normalised(pixels: tf.Tensor4D, { mean, std }: Preprocessing): tf.Tensor4D {
  // Rewritten as one multiplication and one subtraction.
  const scale = tf.tensor1d(std.map((deviation) => 1 / (255 * deviation)));
  const shift = tf.tensor1d(mean.map((value, channel) => value / (std[channel] ?? 1)));
  return tf.sub(tf.mul(pixels, scale), shift);
}

/** The centre crop `[size, size, 3]` of one image `[side, side, 3]`. */
export function centreOf(pixels: Uint8Array, side: number, size: number): Uint8Array {
  const offset = Math.floor((side - size) / 2);
  const result = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const from = ((row + offset) * side + offset) * 3;
    result.set(pixels.subarray(from, from + size * 3), row * size * 3);
  }
  return result;
}
