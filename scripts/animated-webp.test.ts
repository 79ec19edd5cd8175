import { describe, expect, it } from 'vitest';
import { animatedWebp } from './animated-webp';

/** A WebP file whose picture is the head of a VP8 key frame of 300 × 200 pixels, and `more` bytes. */
function image(more: number[]): Uint8Array {
  const picture = [0, 0, 0, 0x9d, 0x01, 0x2a, 300 % 256, 1, 200, 0, ...more];
  const padding = picture.length % 2;
  const size = 12 + picture.length + padding;
  return Uint8Array.from([
    ...letters('RIFF'),
    ...[size, 0, 0, 0],
    ...letters('WEBP'),
    ...letters('VP8 '),
    ...[picture.length, 0, 0, 0],
    ...picture,
    ...new Array<number>(padding).fill(0),
  ]);
}

const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/** The name and content of each chunk from `at` on. */
function chunks(file: Uint8Array, at: number): { name: string; content: Uint8Array }[] {
  if (at >= file.length) return [];
  const length = new DataView(file.buffer, file.byteOffset).getUint32(at + 4, true);
  const name = String.fromCharCode(...file.subarray(at, at + 4));
  const content = file.slice(at + 8, at + 8 + length);
  return [{ name, content }, ...chunks(file, at + 8 + length + (length % 2))];
}

describe('an animated WebP', () => {
  const file = animatedWebp([
    { image: image([1, 2, 3]), milliseconds: 70_000 },
    { image: image([4, 5]), milliseconds: 40 },
  ]);

  it('has a header with its length, its size and the animation flag', () => {
    const view = new DataView(file.buffer);
    expect(String.fromCharCode(...file.subarray(0, 4), ...file.subarray(8, 12))).toBe('RIFFWEBP');
    expect(view.getUint32(4, true)).toBe(file.length - 8);
    const [header, animation] = chunks(file, 12);
    expect(header).toEqual({ name: 'VP8X', content: Uint8Array.of(2, 0, 0, 0, 43, 1, 0, 199, 0, 0) });
    expect(animation?.name).toBe('ANIM');
  });

  it('has every frame with its duration and its picture, padded to even lengths', () => {
    const frames = chunks(file, 12).slice(2);
    expect(frames.map(({ name }) => name)).toEqual(['ANMF', 'ANMF']);
    // 70,000 = 1·65,536 + 17·256 + 112.
    expect(frames.map(({ content }) => [...content.subarray(12, 15)])).toEqual([
      [112, 17, 1],
      [40, 0, 0],
    ]);
    const pictures = frames.map(({ content }) => chunks(content, 16)[0]);
    expect(pictures.map((picture) => picture?.name)).toEqual(['VP8 ', 'VP8 ']);
    expect(pictures.map((picture) => [...(picture?.content.subarray(10) ?? [])])).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('throws for images of other formats, and without images', () => {
    expect(() => animatedWebp([])).toThrow('at least one frame');
    const lossless = image([]);
    lossless.set(letters('VP8L'), 12);
    expect(() => animatedWebp([{ image: lossless, milliseconds: 40 }])).toThrow('no chunk “VP8 ”');
  });
});
