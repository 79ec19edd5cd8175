import { crc32 } from 'hash-wasm';
import { describe, expect, test } from 'vitest';
import { fixture, referenceValues, sharedFile, sharedImages, valuesFile } from '../fixtures';
import { decodeImage } from './decode';
import { BASELINE_JPEG, PROGRESSIVE_JPEG, RESTART_JPEG, TURNED_AVIF } from './encoded-fixture';
import { bytesOf, hollowPng, type Paint, paintedImage } from './file-fixtures';
import { joined } from './whole-file';

/** Files of interop/pytorch/decoded_pictures.py. */
const IMAGES = [
  'wide-420.jpg',
  'tall-444-progressive.jpg',
  'grey.jpg',
  'colours.png',
  'palette.png',
  'transparent.png',
  'smaller-than-64.png',
];
const WEBP_CASES = import.meta.glob<string>('../../../shared/cases/webp-exif/*', {
  query: '?url',
  import: 'default',
  eager: true,
});

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
    const pixels = await pixelsOf(await paintedImage(300, 200, gradient), side);
    // 300×200 → 60×40, columns 10 … 49 kept; target pixel i is centred on source coordinate 5 (i + ½) − ½.
    for (const i of [1, 7, 20, 38]) {
      const [red, green] = pixel(pixels, side, i, i);
      expect(Math.abs((red ?? 0) - ((5 * (i + 10.5) - 0.5) * 255) / 299)).toBeLessThanOrEqual(1);
      expect(Math.abs((green ?? 0) - ((5 * (i + 0.5) - 0.5) * 255) / 199)).toBeLessThanOrEqual(1);
    }
  });

  test('a checkerboard much finer than the target becomes uniform grey', async () => {
    const board: Paint = (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]);
    const pixels = await pixelsOf(await paintedImage(512, 384, board), 24);
    for (const value of pixels) expect(Math.abs(value - 127.5)).toBeLessThanOrEqual(2);
  });

  test('the crop is the centre', async () => {
    const bars: Paint = (x) => (x < 60 ? [255, 0, 0] : x < 120 ? [0, 255, 0] : [0, 0, 255]);
    const pixels = await pixelsOf(await paintedImage(180, 60, bars), 60);
    expect(new Set(Array.from({ length: 60 }, (_, x) => pixel(pixels, 60, x, 30).join()))).toEqual(
      new Set(['0,255,0']),
    );
  });

  test('an image larger than one band of rows is read as a whole', async () => {
    const rows: Paint = (_, y) => [y < 900 ? 10 : 200, 0, 0];
    const pixels = await pixelsOf(await paintedImage(1000, 1800, rows), 50);
    expect(pixel(pixels, 50, 3, 20)).toEqual([10, 0, 0]);
    expect(pixel(pixels, 50, 3, 30)).toEqual([200, 0, 0]);
  });

  test('a small image is interpolated', async () => {
    const pixels = await pixelsOf(await paintedImage(2, 2, (x) => [x * 200, 0, 0]), 8);
    const row = Array.from({ length: 8 }, (_, x) => pixel(pixels, 8, x, 4)[0]);
    expect(row).toEqual([0, 0, 25, 75, 125, 175, 200, 200]);
  });

  test('transparency is composited on white', async () => {
    const pixels = await pixelsOf(await paintedImage(16, 16, () => [0, 0, 0, 0]), 8);
    expect(new Set(pixels)).toEqual(new Set([255]));
    const half = await pixelsOf(await paintedImage(16, 16, () => [0, 0, 0, 128]), 8);
    for (const value of half) expect(Math.abs(value - 127)).toBeLessThanOrEqual(1);
  });

  test.each(IMAGES)('%s at 64 pixels equals Pillow’s result', async (name) => {
    const wanted = (await referenceValues('pictures/decoded.safetensors')).tensors.get(name);
    const file = new Blob([await valuesFile(`pictures/${name}`)]);
    const difference = meanDifference(await pixelsOf(file, 64), wanted?.data ?? []);
    expect(difference).toBeLessThan(0.1);
  });

  test('real images at 64 pixels equal Pillow’s results', async (context) => {
    const images = sharedImages('flowers5/val', context);
    const { tensors } = await fixture('fixtures/starter-network.safetensors', context);
    const wanted = tensors.get('images')?.data ?? new Uint8Array();
    const size = 64 * 64 * 3;
    for (const [i, name] of ['daisy', 'roses', 'sunflowers', 'tulips'].entries()) {
      const path = images.find((each) => each.includes(`/${name}/`)) ?? '';
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
    const whole = await paintedImage(64, 64, (x, y) => [(x * 37) % 256, (y * 91) % 256, (x * y) % 256], type);
    expect(await reasonOf(whole)).toBe('none');
    // The end of the file is not needed: a chunk of 12 bytes in PNG, with a checksum before it.
    const data = whole.size - 16;
    for (const part of [0.4, 0.9, 0.99]) {
      expect(await reasonOf(whole.slice(0, Math.floor(data * part)))).toMatch(/^Cut off: /);
    }
  });

  test('an image of too many pixels, with its size and what to do', async () => {
    expect(await reasonOf(hollowPng(12_000, 9_000))).toBe(
      'Too large: 12,000 × 9,000 pixels (108 megapixels; the limit is 100). Save a smaller copy; 1,000 pixels per side are enough.',
    );
  });

  test('text with the file name of an image', async () => {
    expect(await reasonOf(new Blob(['this is not an image at all']))).toMatch(/^Not an image/);
  });

  test('damage inside', async () => {
    const bytes = await bytesOf(await paintedImage(64, 64, (x, y) => [x * 4, y * 4, 0]));
    bytes.fill(0x55, 40, 90);
    expect(await reasonOf(new Blob([bytes]))).toMatch(/^This PNG file is damaged/);
  });
});

// ---------------------------------------------------------------- EXIF orientation

/** Colours of the stored quarters, by row. */
const QUARTERS = [
  [220, 30, 30],
  [30, 180, 30],
  [30, 30, 220],
  [200, 200, 200],
] as const;
/** Which stored quarter is seen top left, top right, bottom left, bottom right: EXIF 2.32, tag 0x0112. */
const SEEN: readonly (readonly number[])[] = [
  [0, 1, 2, 3],
  [1, 0, 3, 2],
  [3, 2, 1, 0],
  [2, 3, 0, 1],
  [0, 2, 1, 3],
  [2, 0, 3, 1],
  [3, 1, 2, 0],
  [1, 3, 0, 2],
];
const WIDE = 48;
const HIGH = 32;
const quartered: Paint = (x, y) =>
  QUARTERS[2 * Math.floor(y / (HIGH / 2)) + Math.floor(x / (WIDE / 2))] ?? [0, 0, 0];

/** TIFF with one entry, the orientation. */
function exif(orientation: number, { little = false, long = false } = {}): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(26));
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 1, little);
  view.setUint16(10, 0x0112, little);
  view.setUint16(12, long ? 4 : 3, little);
  view.setUint32(14, 1, little);
  if (long) view.setUint32(18, orientation, little);
  else view.setUint16(18, orientation, little);
  return new Uint8Array(view.buffer);
}

const text = (letters: string) => new TextEncoder().encode(letters);

function uint32(value: number, little = false): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, little);
  return new Uint8Array(view.buffer);
}

function jpegWith(jpeg: Uint8Array, note: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = 8 + note.length;
  const head = Uint8Array.of(0xff, 0xe1, length >> 8, length & 255, ...text('Exif'), 0, 0);
  return joined(jpeg.subarray(0, 2), head, note, jpeg.subarray(2));
}

/** After the header, or after the image data. */
async function pngWith(png: Uint8Array, note: Uint8Array, late: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const named = joined(text('eXIf'), note);
  const at = late ? png.length - 12 : 33;
  const checksum = uint32(Number.parseInt(await crc32(named), 16));
  return joined(png.subarray(0, at), uint32(note.length), named, checksum, png.subarray(at));
}

/** The extended form of a simple file, as cwebp writes it for files with EXIF data. */
function webpWith(webp: Uint8Array, note: Uint8Array): Uint8Array<ArrayBuffer> {
  const padding = new Uint8Array(note.length & 1);
  const exifChunk = joined(text('EXIF'), uint32(note.length, true), note, padding);
  const size = [WIDE - 1, 0, 0, HIGH - 1, 0, 0];
  const isExtended = String.fromCharCode(...webp.subarray(12, 16)) === 'VP8X';
  const header = isExtended
    ? webp.slice(12, 30)
    : joined(text('VP8X'), uint32(10, true), Uint8Array.of(0, 0, 0, 0, ...size));
  header[8] = (header[8] ?? 0) | 8;
  const chunks = joined(header, webp.subarray(isExtended ? 30 : 12), exifChunk);
  return joined(text('RIFF'), uint32(4 + chunks.length, true), text('WEBP'), chunks);
}

/** The four quarters of the decoded image, as indices of `QUARTERS`. */
async function quartersOf(file: Uint8Array<ArrayBuffer>): Promise<number[]> {
  const decoded = await decodeImage(new Blob([file]), 32, 'squeeze');
  if ('reason' in decoded) throw new Error(decoded.reason);
  return [
    [8, 8],
    [23, 8],
    [8, 23],
    [23, 23],
  ].map(([x = 0, y = 0]) => {
    const seen = pixel(decoded.pixels, 32, x, y);
    return QUARTERS.findIndex((colour) => colour.every((value, i) => Math.abs(value - (seen[i] ?? 0)) < 12));
  });
}

describe('the EXIF orientation is applied once in every browser', () => {
  const ORIENTATIONS = SEEN.map((seen, i) => ({ orientation: i + 1, seen }));

  test.each(ORIENTATIONS)('orientation $orientation', async ({ orientation, seen }) => {
    const stored = async (type: string) => bytesOf(await paintedImage(WIDE, HIGH, quartered, type));
    const [jpeg, png, webp] = await Promise.all(['image/jpeg', 'image/png', 'image/webp'].map(stored));
    if (!jpeg || !png || !webp) throw new Error('This browser does not write all three.');
    const note = exif(orientation);
    expect(await quartersOf(jpegWith(jpeg, note)), 'JPEG').toEqual(seen);
    expect(await quartersOf(await pngWith(png, note, false)), 'PNG').toEqual(seen);
    expect(await quartersOf(await pngWith(png, note, true)), 'PNG, behind the data').toEqual(seen);
    expect(await quartersOf(webpWith(webp, note)), 'WebP').toEqual(seen);
    expect(await quartersOf(TURNED_AVIF[orientation - 1] ?? new Uint8Array()), 'AVIF').toEqual(seen);
    const others = [exif(orientation, { little: true }), exif(orientation, { long: true })];
    for (const other of others) expect(await quartersOf(webpWith(webp, other))).toEqual(seen);
    const prefixed = joined(text('Exif'), new Uint8Array(2), note);
    expect(await quartersOf(webpWith(webp, prefixed)), 'WebP, with the prefix of JPEG').toEqual(seen);
    // The first EXIF block counts; a second one does not rotate the image again.
    expect(await quartersOf(jpegWith(jpegWith(jpeg, exif(3)), note)), 'two notes').toEqual(seen);
  });

  test('is ignored if it is invalid or cut off', async () => {
    const jpeg = await bytesOf(await paintedImage(WIDE, HIGH, quartered, 'image/jpeg'));
    const png = await bytesOf(await paintedImage(WIDE, HIGH, quartered));
    for (const note of [exif(0), exif(9), exif(6).subarray(0, 17), exif(6).subarray(0, 3), text('nothing')]) {
      expect(await quartersOf(jpegWith(jpeg, note))).toEqual([0, 1, 2, 3]);
      expect(await quartersOf(await pngWith(png, note, false))).toEqual([0, 1, 2, 3]);
    }
  });

  test('is exact to the pixel, also over several bands of rows', async () => {
    const grain: Paint = (x, y) => [(x * 7 + y * 13) % 256, (x * y) % 256, (x ^ y) % 256];
    const side = 1100;
    const stored = await bytesOf(await paintedImage(side, side, grain));
    const seen = await pixelsOf(new Blob([await pngWith(stored, exif(6), false)]), side);
    const isUpright = seen.every((value, i) => {
      const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
      return value === grain(y, side - 1 - x)[i % 3];
    });
    expect(isUpright).toBe(true);
  });

  test.skipIf(Object.keys(WEBP_CASES).length === 0)(
    'gives Pillow’s result for WebP files of cwebp (skipped if ../shared is absent)',
    async () => {
      for (const path of Object.keys(WEBP_CASES).filter((each) => each.endsWith('.webp'))) {
        const [seen, wanted] = await Promise.all(
          [path, path.replace('.webp', '-expected.png')].map(async (each) =>
            pixelsOf(await (await fetch(WEBP_CASES[each] ?? '')).blob(), 64),
          ),
        );
        expect(seen).toEqual(wanted);
      }
    },
  );
});

// ---------------------------------------------------------------- files with all of their pixels

describe('a file with all of its pixels is read like the intact one', () => {
  const colourful: Paint = (x, y) => [(x * 37) % 256, (y * 91) % 256, (x * y) % 256];
  const same = async (file: Uint8Array<ArrayBuffer>, intact: Uint8Array<ArrayBuffer>, what: string) => {
    const [seen, wanted] = await Promise.all([file, intact].map((each) => decodeImage(new Blob([each]), 40)));
    expect(seen, what).toEqual(wanted);
    expect(wanted, what).toHaveProperty('pixels');
  };
  const JPEGS = {
    baseline: BASELINE_JPEG,
    progressive: PROGRESSIVE_JPEG,
    'with restart markers': RESTART_JPEG,
  };
  const zeros = (count: number) => new Uint8Array(count);

  test.each(Object.entries(JPEGS))('JPEG, %s, without its end marker', async (_, jpeg) => {
    const unmarked = jpeg.subarray(0, -2);
    await same(joined(unmarked), jpeg, 'nothing else');
    await same(jpeg.slice(0, -1), jpeg, 'half of the marker');
    await same(joined(unmarked, zeros(64)), jpeg, 'zeros');
    await same(joined(unmarked, zeros(5000).fill(0xff)), jpeg, 'ones');
    await same(joined(jpeg, zeros(64)), jpeg, 'marker and zeros');
    await same(joined(jpeg, text('appended by a camera')), jpeg, 'marker and other data');
  });

  test('PNG without its end chunk', async () => {
    const png = await bytesOf(await paintedImage(61, 47, colourful));
    await same(png.slice(0, -12), png, 'no chunk');
    await same(png.slice(0, -3), png, 'a part of it');
    await same(png.slice(0, -14), png, 'a part of the checksum before it');
    await same(joined(png.subarray(0, -12), zeros(100)), png, 'zeros');
    await same(joined(png, text('more')), png, 'other data behind it');
  });

  test('GIF without its final byte', async () => {
    await same(GIF.slice(0, -1), GIF, 'no byte');
    await same(joined(GIF, text('more')), GIF, 'other data behind it');
  });

  test('WebP with a wrong length in its header', async () => {
    const webp = await bytesOf(await paintedImage(61, 47, colourful, 'image/webp'));
    for (const size of [0, webp.length - 9, webp.length, 2 ** 31]) {
      const wrong = webp.slice();
      wrong.set(uint32(size, true), 4);
      await same(wrong, webp, `length ${size}`);
    }
    await same(joined(webp, zeros(3)), webp, 'zeros behind it');
  });

  test('BMP with a wrong length, reserved bytes set, or no padding after its last row', async () => {
    const bmp = bitmapFile(5, 4);
    const changed = (at: number, value: number) =>
      joined(bmp.subarray(0, at), uint32(value, true), bmp.subarray(at + 4));
    for (const size of [0, bmp.length - 2, bmp.length + 2, 2 ** 31])
      await same(changed(2, size), bmp, `${size}`);
    await same(changed(6, 0x01000100), bmp, 'reserved bytes');
    await same(bmp.slice(0, -1), bmp, 'no padding');
    await same(joined(bmp, zeros(2)), bmp, 'two bytes more');
  });

  test('AVIF with other data after it', async () => {
    const avif = TURNED_AVIF[0] ?? new Uint8Array();
    for (const extra of [1, 7, 64]) await same(joined(avif, zeros(extra).fill(7)), avif, `${extra} bytes`);
    await same(joined(avif, zeros(16)), avif, 'zeros');
  });
});

describe('a file that lacks pixels is left out', () => {
  const grain: Paint = (x, y) => [(x * 37) % 256, (y * 91) % 256, (x * y) % 256];
  const shared = (jpeg: Uint8Array) => jpeg.lastIndexOf(0xda) + 12;

  test.each([
    ['baseline', BASELINE_JPEG],
    ['progressive', PROGRESSIVE_JPEG],
    ['with restart markers', RESTART_JPEG],
  ])('JPEG, %s, cut off anywhere, padded or not', async (_, jpeg) => {
    // The last five bytes may not change any pixel.
    const last = jpeg.length - 2 - 5;
    for (let end = shared(jpeg); end < last; end += 3) {
      const cut = jpeg.subarray(0, end);
      expect(await reasonOf(new Blob([cut])), `${end}`).toMatch(/^Cut off/);
      expect(await reasonOf(new Blob([cut, new Uint8Array(600)])), `${end}, zeros`).toMatch(/^Cut off/);
      expect(await reasonOf(new Blob([cut, new Uint8Array(600).fill(0xff)])), `${end}, ones`).toMatch(
        /^Cut off/,
      );
    }
  });

  test('JPEG whose data is cut off before its end marker, or between two scans', async () => {
    const large = await bytesOf(await paintedImage(96, 96, grain, 'image/jpeg'));
    for (const part of [0.3, 0.6, 0.9]) {
      const cut = large.subarray(0, Math.floor(large.length * part));
      expect(await reasonOf(new Blob([cut, Uint8Array.of(0xff, 0xd9)])), `${part}`).toMatch(/^Cut off/);
    }
    // Before the tables of the last scan: all data of the other scans is present.
    const scans = [...PROGRESSIVE_JPEG.keys()].filter(
      (i) => PROGRESSIVE_JPEG[i] === 0xff && PROGRESSIVE_JPEG[i + 1] === 0xc4,
    );
    expect(scans.length).toBeGreaterThan(3);
    for (const at of scans.slice(1))
      expect(await reasonOf(new Blob([PROGRESSIVE_JPEG.slice(0, at)]))).toMatch(/^Cut off/);
  });

  test('but not a grey JPEG', async () => {
    const grey = await paintedImage(64, 64, () => [128, 128, 128], 'image/jpeg');
    expect(await reasonOf(grey)).toBe('none');
  });

  test('PNG whose compressed data ends early, followed by zeros or nothing', async () => {
    const png = await bytesOf(await paintedImage(64, 64, grain));
    const data = png.length - 12 - 4;
    for (const cut of [data - 1, data - 5, data - 100, 200]) {
      expect(await reasonOf(new Blob([png.slice(0, cut)]))).toMatch(/^Cut off/);
      expect(await reasonOf(new Blob([png.slice(0, cut), new Uint8Array(500)]))).toMatch(/^Cut off/);
    }
  });

  test('PNG whose compressed data ends early before an end chunk', async () => {
    const png = await bytesOf(await paintedImage(64, 64, grain));
    const at = [...png.keys()].find((i) => String.fromCharCode(...png.subarray(i, i + 4)) === 'IDAT') ?? 0;
    const content = png.subarray(at + 4, png.length - 16);
    for (const part of [0.2, 0.5, 0.9]) {
      const short = content.subarray(0, Math.floor(content.length * part));
      const named = joined(text('IDAT'), short);
      const checksum = uint32(Number.parseInt(await crc32(named), 16));
      const file = joined(png.subarray(0, at - 4), uint32(short.length), named, checksum, png.subarray(-12));
      expect(await reasonOf(new Blob([file])), `${part}`).not.toBe('none');
    }
  });

  test('GIF, WebP, BMP and AVIF, padded with zeros or not', async () => {
    const webp = await bytesOf(await paintedImage(61, 47, grain, 'image/webp'));
    const files = { GIF, WebP: webp, BMP: bitmapFile(9, 9), AVIF: TURNED_AVIF[0] ?? new Uint8Array() };
    for (const [name, file] of Object.entries(files)) {
      expect(await reasonOf(new Blob([file.slice(0, Math.floor(file.length * 0.9))])), name).toMatch(
        /^Cut off/,
      );
    }
  });
});

/** 1×1 pixel. */
const GIF = Uint8Array.of(
  ...[0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255],
  ...[0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b],
);

/** A 24-bit BMP; neighbouring bytes of its rows differ. */
function bitmapFile(width: number, height: number): Uint8Array<ArrayBuffer> {
  const row = 4 * Math.ceil((3 * width) / 4);
  const bytes = new Uint8Array(54 + row * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < 3 * width; x++) bytes[54 + y * row + x] = (31 * x + 57 * y) % 256;
  return bytes;
}
