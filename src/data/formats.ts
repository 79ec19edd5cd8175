/**
 * Tells what a file is by its first bytes, whatever its name says, and whether it is there to its end.
 * Browsers show the upper half of a half-copied JPEG without complaint; training on it would be a silent fault.
 */

export interface ImageFormat {
  name: string;
  mime: string;
  /** Whether the file reaches its own end; a format without such a check is left to the decoder. */
  isWhole?: (bytes: Uint8Array) => boolean;
}

/** As many bytes from a file's start as `imageFormat` and `isZip` look at. */
const HEAD_BYTES = 32;

/** A file's first bytes; null where it can no longer be read. */
export async function headOf(file: Blob): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  } catch {
    return null;
  }
}

const FORMATS: readonly (ImageFormat & { matches: (head: Uint8Array) => boolean })[] = [
  { name: 'JPEG', mime: 'image/jpeg', matches: startsWith(0xff, 0xd8, 0xff), isWhole: jpegIsWhole },
  {
    name: 'PNG',
    mime: 'image/png',
    matches: startsWith(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    isWhole: pngIsWhole,
  },
  { name: 'GIF', mime: 'image/gif', matches: hasText(0, 'GIF8'), isWhole: gifHasFirstFrame },
  {
    name: 'WebP',
    mime: 'image/webp',
    matches: both(hasText(0, 'RIFF'), hasText(8, 'WEBP')),
    isWhole: riffIsWhole,
  },
  { name: 'AVIF', mime: 'image/avif', matches: hasBrand('avif', 'avis'), isWhole: boxesAreWhole },
  {
    name: 'HEIC',
    mime: 'image/heic',
    matches: hasBrand('heic', 'heix', 'hevc', 'mif1', 'msf1'),
    isWhole: boxesAreWhole,
  },
  { name: 'BMP', mime: 'image/bmp', matches: both(hasText(0, 'BM'), hasZeros(6, 4)), isWhole: bmpIsWhole },
  {
    name: 'TIFF',
    mime: 'image/tiff',
    matches: either(startsWith(0x49, 0x49, 42, 0), startsWith(0x4d, 0x4d, 0, 42)),
  },
  { name: 'JPEG XL', mime: 'image/jxl', matches: either(startsWith(0xff, 0x0a), hasText(4, 'JXL ')) },
  { name: 'JPEG 2000', mime: 'image/jp2', matches: hasText(4, 'jP  ') },
  { name: 'icon', mime: 'image/x-icon', matches: startsWith(0, 0, 1, 0) },
];

/** The picture format that begins with these bytes, or null: no picture. */
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

function hasZeros(offset: number, count: number): Test {
  return (head) =>
    head.length >= offset + count && head.subarray(offset, offset + count).every((byte) => byte === 0);
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

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// ---------------------------------------------------------------- is it there to its end?

/**
 * Walks the segments to the end marker. Searching for the last two bytes would not do: cameras append data
 * after it, and the preview inside a picture's header has an end marker of its own.
 */
function jpegIsWhole(bytes: Uint8Array): boolean {
  const data = view(bytes);
  let at = 2;
  while (at + 2 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || marker === 0x00 || isRestart(marker)) {
      // Inside compressed data: on to the next 0xff.
      const next = bytes.indexOf(0xff, at + 1);
      if (next < 0) return false;
      at = next;
    } else if (marker === 0xff) at += 1;
    else if (marker === 0xd9) return true;
    else if (at + 4 > bytes.length) return false;
    else at += 2 + data.getUint16(at + 2);
  }
  return false;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

function pngIsWhole(bytes: Uint8Array): boolean {
  const data = view(bytes);
  let at = 8;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + data.getUint32(at);
    if (textAt(bytes, at + 4, 4) === 'IEND') return end <= bytes.length;
    at = end;
  }
  return false;
}

/** Only the first frame is used, so only that one has to be whole. */
function gifHasFirstFrame(bytes: Uint8Array): boolean {
  let at = 13 + colourTableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    if (bytes[at] === 0x21) at = endOfSubBlocks(bytes, at + 2);
    else if (bytes[at] === 0x2c) {
      const dataAt = at + 11 + colourTableBytes(bytes[at + 9] ?? 0);
      return endOfSubBlocks(bytes, dataAt) <= bytes.length;
    } else return false;
  }
  return false;
}

function colourTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Position after the zero-length block that ends a chain; past the file's end if there is none. */
function endOfSubBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const length = bytes[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
  }
  return bytes.length + 1;
}

function riffIsWhole(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && 8 + view(bytes).getUint32(4, true) <= bytes.length;
}

function boxesAreWhole(bytes: Uint8Array): boolean {
  const data = view(bytes);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = data.getUint32(at);
    // 0: the box reaches to the file's end, wherever that is; 1: a 64-bit size follows.
    if (size === 0) return true;
    if (size === 1 && at + 16 > bytes.length) return false;
    const length = size === 1 ? Number(data.getBigUint64(at + 8)) : size;
    if (length < 8) return false;
    at += length;
  }
  return at === bytes.length;
}

function bmpIsWhole(bytes: Uint8Array): boolean {
  return bytes.length >= 26 && view(bytes).getUint32(2, true) <= bytes.length;
}
