/**
 * The orientation of an image, from its EXIF data. All browsers rotate JPEG, some rotate PNG, and not all rotate WebP. So the
 * EXIF orientation is removed from the bytes for the decoder and applied here: the result is the same in every browser, and
 * nothing is rotated twice. In AVIF and HEIC rotation is a part of the format and is applied by the decoder.
 */
import type { Bytes } from './whole-file';

/**
 * 1 as stored, 2 mirrored left to right, 3 turned by 180°, 4 mirrored top to bottom, 5 mirrored on the diagonal, 6 to
 * be turned by 90° clockwise, 7 mirrored on the other diagonal, 8 to be turned by 90° anticlockwise (EXIF 2.32, tag 0x0112).
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const AS_STORED: Orientation = 1;
const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const LONG = 4;

/** Start and end of a block of EXIF data. `whole`: what to remove if the block cannot be changed in place. */
interface Block {
  start: number;
  end: number;
  whole?: { start: number; end: number };
}

const BLOCKS: Readonly<Record<string, (bytes: Bytes, view: DataView) => Block[]>> = {
  'image/jpeg': jpegBlocks,
  'image/png': pngBlocks,
  'image/webp': webpBlocks,
};

/**
 * The image's orientation, and the file without it.
 * @param bytes may be changed
 */
export function takeOrientation(mime: string, bytes: Bytes): { orientation: Orientation; bytes: Bytes } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation: Orientation | null = null;
  let rest = bytes;
  // In reverse order, so that offsets stay valid. The first orientation in the file counts.
  for (const { start, end, whole } of (BLOCKS[mime]?.(bytes, view) ?? []).reverse()) {
    const tag = orientationTagIn(new DataView(bytes.buffer, bytes.byteOffset + start, end - start));
    if (!tag) continue;
    orientation = tag.orientation;
    if (whole) rest = without(rest, whole.start, whole.end);
    else tag.clear();
  }
  return { orientation: orientation ?? AS_STORED, bytes: rest };
}

/** Columns (a, c, e) and rows (b, d, f) of the matrix that draws a stored image of this size upright. */
export function turning(
  orientation: Orientation,
  width: number,
  height: number,
): [a: number, b: number, c: number, d: number, e: number, f: number] {
  switch (orientation) {
    case 1:
      return [1, 0, 0, 1, 0, 0];
    case 2:
      return [-1, 0, 0, 1, width, 0];
    case 3:
      return [-1, 0, 0, -1, width, height];
    case 4:
      return [1, 0, 0, -1, 0, height];
    case 5:
      return [0, 1, 1, 0, 0, 0];
    case 6:
      return [0, 1, -1, 0, height, 0];
    case 7:
      return [0, -1, -1, 0, height, width];
    case 8:
      return [0, -1, 1, 0, 0, width];
  }
}

/** Whether the stored rows are the upright image's columns. */
export function isOnItsSide(orientation: Orientation): boolean {
  return orientation >= 5;
}

// ---------------------------------------------------------------- EXIF: the format is TIFF's

function orientationTagIn(view: DataView): { orientation: Orientation; clear(): void } | null {
  const at = prefixBytes(view);
  if (view.byteLength < at + 8) return null;
  const order = view.getUint16(at);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const little = order === 0x4949;
  const directory = at + view.getUint32(at + 4, little);
  if (directory + 2 > view.byteLength) return null;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > view.byteLength) return null;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const isLong = view.getUint16(entry + 2, little) === LONG;
    if (!isLong && view.getUint16(entry + 2, little) !== SHORT) return null;
    const value = isLong ? view.getUint32(entry + 8, little) : view.getUint16(entry + 8, little);
    if (!isOrientation(value)) return null;
    return {
      orientation: value,
      clear: () =>
        isLong ? view.setUint32(entry + 8, AS_STORED, little) : view.setUint16(entry + 8, AS_STORED, little),
    };
  }
  return null;
}

/** Some writers put JPEG's `Exif` and two zeros before the data in other formats, too. */
function prefixBytes(view: DataView): number {
  return view.byteLength >= 6 && view.getUint32(0) === 0x45786966 && view.getUint16(4) === 0 ? 6 : 0;
}

const isOrientation = (value: number): value is Orientation =>
  Number.isInteger(value) && value >= 1 && value <= 8;

// ---------------------------------------------------------------- location of EXIF data in a file

function jpegBlocks(bytes: Bytes, view: DataView): Block[] {
  const blocks: Block[] = [];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1];
    if (marker === 0xff) at += 1;
    else {
      // There is no EXIF data after the start of the compressed data.
      if (marker === 0xda || marker === 0xd9) break;
      const end = Math.min(bytes.length, at + 2 + view.getUint16(at + 2));
      const isExif = marker === 0xe1 && end >= at + 10 && view.getUint32(at + 4) === 0x45786966;
      if (isExif) blocks.push({ start: at + 4, end });
      if (end <= at + 3) break;
      at = end;
    }
  }
  return blocks;
}

function pngBlocks(bytes: Bytes, view: DataView): Block[] {
  const blocks: Block[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const end = at + 12 + view.getUint32(at);
    // 'eXIf'. A change would invalidate its checksum, so the whole chunk is removed.
    if (view.getUint32(at + 4) === 0x65584966 && end <= bytes.length)
      blocks.push({ start: at + 8, end: end - 4, whole: { start: at, end } });
  }
  return blocks;
}

function webpBlocks(bytes: Bytes, view: DataView): Block[] {
  const blocks: Block[] = [];
  let at = 12;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size;
    // 'EXIF'
    if (view.getUint32(at) === 0x45584946 && end <= bytes.length) blocks.push({ start: at + 8, end });
    at = end + (size & 1);
  }
  return blocks;
}

function without(bytes: Bytes, start: number, end: number): Bytes {
  const rest = new Uint8Array(bytes.length - (end - start));
  rest.set(bytes.subarray(0, start));
  rest.set(bytes.subarray(end), start);
  return rest;
}
