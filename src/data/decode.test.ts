import { describe, expect, test } from 'vitest';
import { fixture, referenceValues, sharedFile, sharedPhotos, valuesFile } from '../fixtures';
import { decodeImage } from './decode';
import { bytesOf, hollowPng, type Paint, picture } from './made-files';

/** Files of interop/pytorch/decoded_pictures.py. */
const PICTURES = [
  'wide-420.jpg',
  'tall-444-progressive.jpg',
  'grey.jpg',
  'colours.png',
  'palette.png',
  'transparent.png',
  'smaller-than-64.png',
];

async function pixelsOf(file: Blob, side: number): Promise<Uint8Array> {
  const decoded = await decodeImage(file, side);
  if ('reason' in decoded) throw new Error(decoded.reason);
  expect(decoded.pixels.length).toBe(side * side * 3);
  return decoded.pixels;
}

async function reasonOf(file: Blob): Promise<string> {
  const decoded = await decodeImage(file, 16);
  return 'reason' in decoded ? decoded.reason : 'none';
}

function pixel(pixels: Uint8Array, side: number, x: number, y: number): number[] {
  return [...pixels.subarray(3 * (y * side + x), 3 * (y * side + x) + 3)];
}

describe('decodeImage scales and crops', () => {
  test('a gradient keeps its slope: each target pixel is the value at its centre', async () => {
    const gradient: Paint = (x, y) => [(x * 255) / 299, (y * 255) / 199, 0];
    const side = 40;
    const pixels = await pixelsOf(await picture(300, 200, gradient), side);
    // 300×200 → 60×40, columns 10 … 49 kept; target pixel i is centred on source coordinate 5 (i + ½) − ½.
    for (const i of [1, 7, 20, 38]) {
      const [red, green] = pixel(pixels, side, i, i);
      expect(Math.abs((red ?? 0) - ((5 * (i + 10.5) - 0.5) * 255) / 299)).toBeLessThanOrEqual(1);
      expect(Math.abs((green ?? 0) - ((5 * (i + 0.5) - 0.5) * 255) / 199)).toBeLessThanOrEqual(1);
    }
  });

  test('a checkerboard far finer than the target becomes even grey', async () => {
    const board: Paint = (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]);
    const pixels = await pixelsOf(await picture(512, 384, board), 24);
    for (const value of pixels) expect(Math.abs(value - 127.5)).toBeLessThanOrEqual(2);
  });

  test('the crop is the centre', async () => {
    const bars: Paint = (x) => (x < 60 ? [255, 0, 0] : x < 120 ? [0, 255, 0] : [0, 0, 255]);
    const pixels = await pixelsOf(await picture(180, 60, bars), 60);
    expect(new Set(Array.from({ length: 60 }, (_, x) => pixel(pixels, 60, x, 30).join()))).toEqual(
      new Set(['0,255,0']),
    );
  });

  test('a picture larger than one band of rows is read as a whole', async () => {
    const rows: Paint = (_, y) => [y < 900 ? 10 : 200, 0, 0];
    const pixels = await pixelsOf(await picture(1000, 1800, rows), 50);
    expect(pixel(pixels, 50, 3, 20)).toEqual([10, 0, 0]);
    expect(pixel(pixels, 50, 3, 30)).toEqual([200, 0, 0]);
  });

  test('a small picture grows smoothly', async () => {
    const pixels = await pixelsOf(await picture(2, 2, (x) => [x * 200, 0, 0]), 8);
    const row = Array.from({ length: 8 }, (_, x) => pixel(pixels, 8, x, 4)[0]);
    expect(row).toEqual([0, 0, 25, 75, 125, 175, 200, 200]);
  });

  test('transparency is composited on white', async () => {
    const pixels = await pixelsOf(await picture(16, 16, () => [0, 0, 0, 0]), 8);
    expect(new Set(pixels)).toEqual(new Set([255]));
    const half = await pixelsOf(await picture(16, 16, () => [0, 0, 0, 128]), 8);
    for (const value of half) expect(Math.abs(value - 127)).toBeLessThanOrEqual(1);
  });

  test('an EXIF note turns the picture', async () => {
    const jpeg = await bytesOf(
      await picture(64, 32, (x) => (x < 32 ? [255, 0, 0] : [0, 0, 255]), 'image/jpeg'),
    );
    // Orientation 6: the camera was held upright, so the stored left is the top.
    const exif = [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8];
    const entry = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    const turned = new Blob([jpeg.subarray(0, 2), new Uint8Array([...exif, ...entry]), jpeg.subarray(2)]);
    const pixels = await pixelsOf(turned, 32);
    const [red = 0, , blue = 0] = pixel(pixels, 32, 16, 2);
    expect(red - blue).toBeGreaterThan(200);
    const [lowerRed = 0, , lowerBlue = 0] = pixel(pixels, 32, 16, 29);
    expect(lowerBlue - lowerRed).toBeGreaterThan(200);
  });

  test.each(PICTURES)('%s is, at 64 pixels, what Pillow makes of it', async (name) => {
    const wanted = (await referenceValues('pictures/decoded.safetensors')).tensors.get(name);
    const file = new Blob([await valuesFile(`pictures/${name}`)]);
    const difference = meanDifference(await pixelsOf(file, 64), wanted?.data ?? []);
    expect(difference).toBeLessThan(0.1);
  });

  test('photos are, at 64 pixels, what Pillow makes of them', async (context) => {
    const photos = sharedPhotos('flowers5/val', context);
    const { tensors } = await fixture('fixtures/starter-network.safetensors', context);
    const wanted = tensors.get('images')?.data ?? new Uint8Array();
    const size = 64 * 64 * 3;
    for (const [i, name] of ['daisy', 'roses', 'sunflowers', 'tulips'].entries()) {
      const path = photos.find((photo) => photo.includes(`/${name}/`)) ?? '';
      const bytes = (await sharedFile(path)) ?? new Uint8Array();
      const pixels = await pixelsOf(new Blob([bytes]), 64);
      expect(meanDifference(pixels, wanted.slice(i * size, (i + 1) * size))).toBeLessThan(0.1);
    }
  });
});

/** Mean absolute difference, grey levels. */
function meanDifference(a: Uint8Array, b: ArrayLike<number>): number {
  expect(b.length).toBe(a.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

describe('decodeImage gives a reason for', () => {
  test.each(['image/jpeg', 'image/png', 'image/webp'])('a truncated %s', async (type) => {
    const whole = await picture(64, 64, (x, y) => [(x * 37) % 256, (y * 91) % 256, (x * y) % 256], type);
    expect(await reasonOf(whole)).toBe('none');
    for (const part of [0.4, 0.9, 0.99]) {
      expect(await reasonOf(whole.slice(0, Math.floor(whole.size * part)))).toMatch(/^Cut off: /);
    }
  });

  test('a truncated GIF and BMP', async () => {
    const gif = [0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
    const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b];
    expect(await reasonOf(new Blob([new Uint8Array([...gif, ...frame])]))).toBe('none');
    expect(await reasonOf(new Blob([new Uint8Array([...gif, ...frame.slice(0, 12)])]))).toMatch(/^Cut off/);
    expect(await reasonOf(bitmapFile(58))).toBe('none');
    expect(await reasonOf(bitmapFile(58).slice(0, 50))).toMatch(/^Cut off/);
  });

  test('a picture of too many pixels, with its size and what to do', async () => {
    expect(await reasonOf(hollowPng(12_000, 9_000))).toBe(
      'Too large: 12,000 × 9,000 pixels (108 megapixels; the limit is 100). Save a smaller copy, 1,000 pixels across is plenty.',
    );
  });

  test('text under a picture name', async () => {
    expect(await reasonOf(new Blob(['not a picture at all, really']))).toMatch(/^Not a picture/);
  });

  test('damage inside', async () => {
    const bytes = await bytesOf(await picture(64, 64, (x, y) => [x * 4, y * 4, 0]));
    bytes.fill(0x55, 40, 90);
    expect(await reasonOf(new Blob([bytes]))).toMatch(/^This PNG file is damaged/);
  });

  test('nothing, where data follows a JPEG’s end', async () => {
    const jpeg = await picture(32, 32, () => [1, 2, 3], 'image/jpeg');
    expect(await reasonOf(new Blob([jpeg, 'appended by a camera']))).toBe('none');
  });
});

/** A 1×1 BMP of 24 bits. */
function bitmapFile(size: number): Blob {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, size, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 1, true);
  view.setInt32(22, 1, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  return new Blob([bytes]);
}
