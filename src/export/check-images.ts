/**
 * Built-in check images: an adapter file stores their logits, and loading it recomputes them. They are computed with integers
 * only, so that they are identical on every machine.
 */
import { seededRandom } from '../core/random';

type Pixel = (x: number, y: number, channel: number) => number;

/** Each function computes the colours of one kind of image; `variant` numbers the images of that kind. */
const KINDS: ((size: number, variant: number) => Pixel)[] = [gradients, checkerboards, noise, patches];

/**
 * `count` images of `size`×`size` RGB pixels from number `first` on: gradients, checkerboards, noise, colour patches, repeating in
 * this order.
 * @returns `[count, size, size, 3]`
 */
export function checkImages(count: number, size: number, first = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * size * size * 3);
  let at = 0;
  for (let image = first; image < first + count; image++) {
    const pixel = KINDS[image % KINDS.length]?.(size, Math.floor(image / KINDS.length)) ?? (() => 0);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let channel = 0; channel < 3; channel++) bytes[at++] = pixel(x, y, channel);
      }
    }
  }
  return bytes;
}

/**
 * The largest difference between two sets of logits `[images][classes]`, divided by the largest expected magnitude if
 * that is above 1. Infinity if any difference is NaN.
 * @throws RangeError if their shapes differ.
 */
export function compareLogits(expected: number[][], actual: number[][]): number {
  const sameShape =
    expected.length === actual.length && expected.every((row, i) => row.length === actual[i]?.length);
  if (!sameShape) throw new RangeError('Logits of two shapes cannot be compared.');
  let difference = 0;
  let magnitude = 1;
  expected.forEach((row, i) => {
    row.forEach((value, j) => {
      difference = Math.max(difference, Math.abs(value - (actual[i]?.[j] ?? Number.NaN)));
      magnitude = Math.max(magnitude, Math.abs(value));
    });
  });
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / magnitude;
}

/** Red increases to the right, green downwards, blue along the diagonal; the variant shifts the phase. */
function gradients(size: number, variant: number): Pixel {
  return (x, y, channel) => {
    const place = [2 * x, 2 * y, x + y][channel] ?? 0;
    return (Math.floor((place * 128) / size) + 64 * variant) % 256;
  };
}

/** Squares of a different size in every channel. */
function checkerboards(_size: number, variant: number): Pixel {
  return (x, y, channel) => {
    const side = 2 ** (channel + 1) + variant;
    return (Math.floor(x / side) + Math.floor(y / side)) % 2 === 0 ? 224 : 32;
  };
}

/** Random bytes. */
function noise(_size: number, variant: number): Pixel {
  const random = seededRandom(variant);
  return () => random.integer(256);
}

/** 8×8 patches, each of one random colour. */
function patches(size: number, variant: number): Pixel {
  const random = seededRandom(1000 + variant);
  const colours = Array.from({ length: 8 * 8 * 3 }, () => random.integer(256));
  const cell = (place: number) => Math.floor((place * 8) / size);
  return (x, y, channel) => colours[(cell(y) * 8 + cell(x)) * 3 + channel] ?? 0;
}
