import type { Framing } from '../data/decode';

/** Images are stored at 8/7 of the input size to leave room for crops (docs/method.md §5); squeezed images at the input size. */
export function storedSide(inputSize: number, framing: Framing): number {
  return framing === 'squeeze' ? inputSize : Math.floor((inputSize * 8) / 7);
}
