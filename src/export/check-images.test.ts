import { expect, test } from 'vitest';
import { checkImages, compareLogits } from './check-images';

test('images of the asked size, each with contrast and unlike the others', () => {
  const images = checkImages(6, 64);
  expect(images).toHaveLength(6 * 64 * 64 * 3);
  const each = Array.from({ length: 6 }, (_, i) => images.subarray(i * 12288, (i + 1) * 12288));
  for (const image of each) expect(Math.max(...image) - Math.min(...image)).toBeGreaterThan(100);
  expect(new Set(each.map((image) => image.join())).size).toBe(6);
});

test('the same bytes whenever and however many are asked for', () => {
  expect(checkImages(2, 32)).toEqual(checkImages(4, 32).slice(0, 2 * 32 * 32 * 3));
});

test('the bytes are those every adapter file was checked with', () => {
  // Computed by hand: the first pixels of the gradient and of the checkerboard, and the edges of its squares.
  const images = checkImages(2, 4);
  expect([...images.subarray(0, 9)]).toEqual([0, 0, 0, 64, 0, 32, 128, 0, 64]);
  expect([...images.subarray(48, 60)]).toEqual([224, 224, 224, 224, 224, 224, 32, 224, 224, 32, 224, 224]);
});

test('one pixel and none', () => {
  expect(checkImages(4, 1)).toHaveLength(12);
  expect(checkImages(0, 64)).toHaveLength(0);
});

test('logits are compared by the greatest difference, relative above 1', () => {
  expect(compareLogits([[0.5, -0.25]], [[0.5, -0.2]])).toBeCloseTo(0.05, 12);
  expect(
    compareLogits(
      [
        [10, 1],
        [-20, 0],
      ],
      [
        [10, 2],
        [-20, 0],
      ],
    ),
  ).toBeCloseTo(0.05, 12);
  expect(compareLogits([[1]], [[1]])).toBe(0);
});

test('a logit that is not a number differs infinitely, whatever comes after it', () => {
  expect(compareLogits([[1, 1]], [[Number.NaN, 1]])).toBe(Number.POSITIVE_INFINITY);
});

test('logits of two shapes are a bug of the caller', () => {
  expect(() => compareLogits([[1, 2]], [[1]])).toThrow(RangeError);
  expect(() => compareLogits([[1]], [])).toThrow(RangeError);
});
