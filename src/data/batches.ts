/** Which images a training step sees, and their bytes. */
import type { Random } from '../random';

/** The order of one epoch: each of the `n` images once. */
export function epochOrder(n: number, random: Random): Uint32Array<ArrayBuffer> {
  return random.permutation(n);
}

/** @returns `[indices.length, side, side, 3]` RGB */
export function gather(
  images: { pixels: Uint8Array },
  indices: ArrayLike<number>,
  side: number,
): Uint8Array<ArrayBuffer> {
  const size = side * side * 3;
  const batch = new Uint8Array(indices.length * size);
  Array.from(indices).forEach((index, i) => {
    batch.set(images.pixels.subarray(index * size, (index + 1) * size), i * size);
  });
  return batch;
}
