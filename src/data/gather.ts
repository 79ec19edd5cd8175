/**
 * The pixels of the images of a batch.
 * @returns `[indices.length, side, side, 3]` RGB
 */
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
