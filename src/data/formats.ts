/** Detects the format of a file from its first bytes; its name is ignored. */
import {
  type Completion,
  completeBmp,
  completeBoxes,
  completeGif,
  completeJpeg,
  completePng,
  completeWebp,
} from './whole-file';

export interface ImageFormat {
  name: string;
  mime: string;
  /** Checks that no pixels are missing; a format without such a check is left to the decoder. */
  complete?: Completion;
}

/** Number of first bytes that `imageFormat` and `isZip` read. */
const HEAD_BYTES = 32;

/** A file's first bytes; null if it can no longer be read. */
export async function headOf(file: Blob): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return null;
  }
}

const FORMATS: readonly (ImageFormat & { matches: (head: Uint8Array) => boolean })[] = [
  { name: 'JPEG', mime: 'image/jpeg', matches: startsWith(0xff, 0xd8, 0xff), complete: completeJpeg },
  {
    name: 'PNG',
    mime: 'image/png',
    matches: startsWith(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    complete: completePng,
  },
  { name: 'GIF', mime: 'image/gif', matches: hasText(0, 'GIF8'), complete: completeGif },
  {
    name: 'WebP',
    mime: 'image/webp',
    matches: both(hasText(0, 'RIFF'), hasText(8, 'WEBP')),
    complete: completeWebp,
  },
  { name: 'AVIF', mime: 'image/avif', matches: hasBrand('avif', 'avis'), complete: completeBoxes },
  {
    name: 'HEIC',
    mime: 'image/heic',
    matches: hasBrand('heic', 'heix', 'hevc', 'mif1', 'msf1'),
    complete: completeBoxes,
  },
  { name: 'BMP', mime: 'image/bmp', matches: both(hasText(0, 'BM'), hasBitmapHeader), complete: completeBmp },
  {
    name: 'TIFF',
    mime: 'image/tiff',
    matches: either(startsWith(0x49, 0x49, 42, 0), startsWith(0x4d, 0x4d, 0, 42)),
  },
  { name: 'JPEG XL', mime: 'image/jxl', matches: either(startsWith(0xff, 0x0a), hasText(4, 'JXL ')) },
  { name: 'JPEG 2000', mime: 'image/jp2', matches: hasText(4, 'jP  ') },
  { name: 'icon', mime: 'image/x-icon', matches: startsWith(0, 0, 1, 0) },
];

/** The image format that begins with these bytes; null if it is not an image. */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  return FORMATS.find((format) => format.matches(head)) ?? null;
}

/** A zip's first bytes: a local header, the end record of an empty zip, or the mark of a split one. */
export function isZip(head: Uint8Array): boolean {
  return [startsWith(0x50, 0x4b, 3, 4), startsWith(0x50, 0x4b, 5, 6), startsWith(0x50, 0x4b, 7, 8)].some(
    (is) => is(head),
  );
}

// ---------------------------------------------------------------- signatures

type Test = (head: Uint8Array) => boolean;

function startsWith(...signature: number[]): Test {
  return (head) => signature.every((byte, i) => head[i] === byte);
}

function hasText(offset: number, text: string): Test {
  return (head) => textAt(head, offset, text.length) === text;
}

/** Text may also begin with `BM`. In a bitmap, the second header states its own size, one of a few values, and one plane. */
function hasBitmapHeader(head: Uint8Array): boolean {
  const size = head[14] ?? 0;
  const planesAt = size === 12 ? 22 : 26;
  return (
    [12, 16, 40, 52, 56, 64, 108, 124].includes(size) &&
    head.subarray(15, 18).every((byte) => byte === 0) &&
    head[planesAt] === 1 &&
    head[planesAt + 1] === 0
  );
}

function hasBrand(...brands: string[]): Test {
  return (head) => textAt(head, 4, 4) === 'ftyp' && brands.includes(textAt(head, 8, 4));
}

function both(first: Test, second: Test): Test {
  return (head) => first(head) && second(head);
}

function either(first: Test, second: Test): Test {
  return (head) => first(head) || second(head);
}

function textAt(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}
