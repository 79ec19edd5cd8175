/**
 * Checks whether an image file contains all of its pixels, and repairs endings that some decoders reject. Decoders show the upper
 * half of a half-copied file, fill the rest with grey and report no error, so training on it would go unnoticed. A file that
 * lacks only its end marker, or states a wrong length, is a good image.
 */
import { crc32 } from 'hash-wasm';

export type Bytes = Uint8Array<ArrayBuffer>;

/** A file with all of its pixels. */
export interface WholeFile {
  /** Bytes that every decoder accepts. */
  bytes: Bytes;
  /** JPEG only. */
  jpeg?: JpegEnd;
}

export interface JpegEnd {
  /** Position after the compressed data: that of the end marker. */
  dataEnd: number;
  /** Whether the file itself has the end marker. */
  marked: boolean;
}

/** Returns null if a part of the image is missing. */
export type Completion = (bytes: Bytes) => WholeFile | null | Promise<WholeFile | null>;

const ascii = (bytes: Uint8Array, offset: number, length: number) =>
  String.fromCharCode(...bytes.subarray(offset, offset + length));

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function joined(...parts: Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// ---------------------------------------------------------------- JPEG

export const JPEG_END = Uint8Array.of(0xff, 0xd9);
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;
const isFrameHeader = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const SCAN_HEADER = 0xda;

/**
 * Follows the segments to the end marker. Checking the last two bytes is not sufficient: cameras append data after the marker,
 * and the preview in an image's header has its own end marker. Without an end marker, the file must contain every scan; decode.ts
 * checks whether the last one is complete.
 */
export function completeJpeg(bytes: Bytes): WholeFile | null {
  const data = viewOf(bytes);
  let at = 2;
  let scans: ScanCoverage | null = null;
  while (at + 2 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || marker === 0x00 || isRestart(marker)) {
      // Inside compressed data: skip to the next 0xff.
      const next = bytes.indexOf(0xff, at + 1);
      if (next < 0) break;
      at = next;
    } else if (marker === 0xff) at += 1;
    else if (marker === 0xd9) return { bytes, jpeg: { dataEnd: at, marked: true } };
    else if (at + 4 > bytes.length) break;
    else {
      const segment = bytes.subarray(at + 4, at + 2 + data.getUint16(at + 2));
      if (isFrameHeader(marker)) scans = new ScanCoverage(segment);
      if (marker === SCAN_HEADER) scans?.add(segment);
      at += 2 + data.getUint16(at + 2);
    }
  }
  if (!scans?.isFull()) return null;
  const dataEnd = withoutPadding(bytes);
  return {
    bytes: joined(bytes.subarray(0, dataEnd), JPEG_END),
    jpeg: { dataEnd, marked: false },
  };
}

/** Position after the last byte that is not padding. Cameras pad buffers with zeros; erased flash memory contains ones. */
function withoutPadding(bytes: Uint8Array): number {
  const last = bytes.at(-1);
  let end = bytes.length;
  if (last !== 0x00 && last !== 0xff) return end;
  while (end > 0 && bytes[end - 1] === last) end--;
  // 0xff in compressed data is followed by a zero that belongs to it.
  return bytes[end - 1] === 0xff ? end + 1 : end;
}

/** Which bits of which coefficients the scans of a frame contain (ITU-T T.81, B.2.2 and B.2.3). */
class ScanCoverage {
  /** For each component, the lowest bit so far of each of the 64 coefficients. */
  readonly #lowestBit = new Map<number, number[]>();

  constructor(frameHeader: Uint8Array) {
    const components = frameHeader[5] ?? 0;
    for (let i = 0; i < components; i++)
      this.#lowestBit.set(frameHeader[6 + 3 * i] ?? -1, new Array<number>(64).fill(Number.POSITIVE_INFINITY));
  }

  add(scanHeader: Uint8Array): void {
    const components = scanHeader[0] ?? 0;
    const [from = 0, to = 0, bits = 0] = scanHeader.subarray(1 + 2 * components);
    for (let i = 0; i < components; i++)
      this.#lowestBit.get(scanHeader[1 + 2 * i] ?? -1)?.fill(bits & 15, from, to + 1);
  }

  isFull(): boolean {
    return this.#lowestBit.size > 0 && [...this.#lowestBit.values()].flat().every((bit) => bit === 0);
  }
}

/**
 * Arbitrary compressed data. It contains 0xff only in restart markers, one of each number, so that a decoder that waits for a
 * marker continues. There are two versions, because one might decode to exactly the missing pixels.
 */
export const MEANINGLESS_DATA: readonly Bytes[] = [1, 2].map((seed) => {
  const noise = (restart: number) =>
    Uint8Array.from({ length: 48 }, (_, i) => (seed * 89 + restart * 31 + i * i * 57 + i * 101) % 255);
  return joined(
    noise(0),
    ...Array.from({ length: 8 }, (_, n) => joined(Uint8Array.of(0xff, 0xd0 + n), noise(n + 1))),
  );
});

// ---------------------------------------------------------------- PNG

const PNG_SIGNATURE_BYTES = 8;
/** Chunks of an animation. Without them, the file is a single image. */
const ANIMATION_CHUNKS = ['acTL', 'fcTL'];
/** The passes of an interlaced image (PNG, §8.2): first column and row, and the steps between them. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const NO_INTERLACE = [[0, 0, 1, 1]] as const;
/** By colour type. */
const CHANNELS = [1, 0, 3, 1, 2, 0, 4];

/** If the end chunk is missing, the compressed data must contain every row and the checksum. */
export async function completePng(bytes: Bytes): Promise<WholeFile | null> {
  const data = viewOf(bytes);
  const before: Uint8Array[] = [bytes.subarray(0, PNG_SIGNATURE_BYTES)];
  const packed: Uint8Array[] = [];
  let at = PNG_SIGNATURE_BYTES;
  let header: Uint8Array | null = null;
  while (at + 8 <= bytes.length) {
    const end = at + 12 + data.getUint32(at);
    const kind = ascii(bytes, at + 4, 4);
    if (kind === 'IEND' && end <= bytes.length) return { bytes };
    if (kind === 'IHDR') header = bytes.subarray(at + 8, end - 4);
    if (kind === 'IDAT') packed.push(bytes.subarray(at + 8, Math.min(end - 4, bytes.length)));
    else if (packed.length === 0 && !ANIMATION_CHUNKS.includes(kind)) before.push(bytes.subarray(at, end));
    at = end;
  }
  if (!header || header.length < 13 || (await inflatedBytes(packed)) !== rowBytes(header)) return null;
  return { bytes: joined(...before, await chunk('IDAT', joined(...packed)), await chunk('IEND')) };
}

/** Null if the data is damaged or ends early. */
async function inflatedBytes(packed: Uint8Array[]): Promise<number | null> {
  const stream = new Blob([joined(...packed)]).stream().pipeThrough(new DecompressionStream('deflate'));
  let count = 0;
  try {
    const reader = stream.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) count += read.value.length;
    return count;
  } catch {
    return null;
  }
}

/** Number of bytes of all rows of all passes, including the filter byte of each row. */
function rowBytes(header: Uint8Array): number {
  const view = viewOf(header);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const bitsPerPixel = view.getUint8(8) * (CHANNELS[view.getUint8(9)] ?? 0);
  const passes = view.getUint8(12) === 1 ? ADAM7 : NO_INTERLACE;
  return passes.reduce((sum, [column, row, across, down]) => {
    const columns = Math.max(0, Math.ceil((width - column) / across));
    const rows = Math.max(0, Math.ceil((height - row) / down));
    return sum + (columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bitsPerPixel) / 8)));
  }, 0);
}

async function chunk(kind: string, content: Uint8Array = new Uint8Array(0)): Promise<Bytes> {
  const named = joined(new TextEncoder().encode(kind), content);
  const bytes = joined(new Uint8Array(4), named, new Uint8Array(4));
  viewOf(bytes).setUint32(0, content.length);
  viewOf(bytes).setUint32(4 + named.length, Number.parseInt(await crc32(named), 16));
  return bytes;
}

// ---------------------------------------------------------------- GIF

/** Only the first frame is used, so only that one must be complete. The byte that ends the file is optional. */
export function completeGif(bytes: Bytes): WholeFile | null {
  let at = 13 + colourTableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    if (bytes[at] === 0x21) at = endOfSubBlocks(bytes, at + 2);
    else if (bytes[at] === 0x2c) {
      const dataAt = at + 11 + colourTableBytes(bytes[at + 9] ?? 0);
      return endOfSubBlocks(bytes, dataAt) <= bytes.length ? { bytes } : null;
    } else return null;
  }
  return null;
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

// ---------------------------------------------------------------- WebP

const RIFF_HEADER_BYTES = 12;
/** A still image's data, lossy or lossless, or a frame of an animation. */
const WEBP_IMAGES = ['VP8 ', 'VP8L', 'ANMF'];

/** The first image must be complete. A wrong length in the file's header is corrected. */
export function completeWebp(bytes: Bytes): WholeFile | null {
  const data = viewOf(bytes);
  let at = RIFF_HEADER_BYTES;
  let hasImage = false;
  while (at + 8 <= bytes.length) {
    const kind = ascii(bytes, at, 4);
    const size = data.getUint32(at + 4, true);
    if (!/^[A-Z][A-Z0-9 ]{3}$/.test(kind) || at + 8 + size > bytes.length) break;
    hasImage ||= WEBP_IMAGES.includes(kind);
    // Chunks of an odd size are followed by a byte of padding.
    at += 8 + size + (size & 1);
  }
  if (!hasImage) return null;
  const stated = 8 + data.getUint32(4, true);
  if (stated === bytes.length && at === bytes.length) return { bytes };
  const repaired = new Uint8Array(at);
  repaired.set(bytes.subarray(0, at));
  viewOf(repaired).setUint32(4, at - 8, true);
  return { bytes: repaired };
}

// ---------------------------------------------------------------- AVIF and HEIC

/** Keeps all complete boxes. Bytes after the image data that do not form a box are removed. */
export function completeBoxes(bytes: Bytes): WholeFile | null {
  const data = viewOf(bytes);
  let at = 0;
  let hasData = false;
  while (at + 8 <= bytes.length) {
    const size = data.getUint32(at);
    // 0: the box extends to the end of the file; 1: a 64-bit size follows.
    if (size === 0 && ascii(bytes, at + 4, 4) === 'mdat') return { bytes };
    if (size === 1 && at + 16 > bytes.length) break;
    const length = size === 1 ? Number(data.getBigUint64(at + 8)) : size;
    if (length < 8 || at + length > bytes.length) break;
    hasData ||= ascii(bytes, at + 4, 4) === 'mdat';
    at += length;
  }
  if (at === bytes.length) return { bytes };
  return hasData ? { bytes: bytes.slice(0, at) } : null;
}

// ---------------------------------------------------------------- BMP

const BMP_HEADER_BYTES = 14;
/** The OS/2 header, with sizes of 16 bits. */
const CORE_HEADER_BYTES = 12;
/** Compression methods that leave the rows uncompressed, without or with bit masks. */
const UNPACKED = [0, 3, 6];

/**
 * All rows that width, height and depth require must be present. The length that the file states is often wrong by a few bytes,
 * and some writers omit the padding of the last row.
 */
export function completeBmp(bytes: Bytes): WholeFile | null {
  const data = viewOf(bytes);
  if (bytes.length < BMP_HEADER_BYTES + CORE_HEADER_BYTES) return null;
  const pixelsAt = data.getUint32(10, true);
  const { row, padded, rows } = bmpRows(data) ?? {};
  if (row === undefined || padded === undefined || rows === undefined)
    return data.getUint32(2, true) <= bytes.length ? { bytes: repairedBmp(bytes, bytes.length) } : null;
  const needed = rows === 0 ? pixelsAt : pixelsAt + padded * (rows - 1) + row;
  if (needed > bytes.length) return null;
  return { bytes: repairedBmp(bytes, Math.max(bytes.length, pixelsAt + padded * rows)) };
}

/** Bytes of a row without and with its padding; null if the rows are compressed. */
function bmpRows(data: DataView): { row: number; padded: number; rows: number } | null {
  const isCore = data.getUint32(14, true) === CORE_HEADER_BYTES;
  if (!isCore && data.byteLength < BMP_HEADER_BYTES + 40) return null;
  if (!isCore && !UNPACKED.includes(data.getUint32(30, true))) return null;
  const width = isCore ? data.getUint16(18, true) : Math.abs(data.getInt32(18, true));
  const rows = isCore ? data.getUint16(20, true) : Math.abs(data.getInt32(22, true));
  const row = Math.ceil((width * data.getUint16(isCore ? 24 : 28, true)) / 8);
  return { row, padded: 4 * Math.ceil(row / 4), rows };
}

/** With the actual length in the header, and zeros in the reserved bytes. */
function repairedBmp(bytes: Bytes, length: number): Bytes {
  const repaired = new Uint8Array(length);
  repaired.set(bytes);
  viewOf(repaired).setUint32(2, length, true);
  viewOf(repaired).setUint32(6, 0, true);
  return repaired;
}
