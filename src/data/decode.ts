/**
 * Decodes an image file to RGB bytes of the stored size. The shorter side is scaled to `side` and the centre is cropped;
 * transparent pixels are composited on white; the EXIF orientation is applied; the colour profile is not (as in PyTorch's
 * pipelines). For a bad file, the result is a reason; nothing is thrown.
 */
import { imageDimensionsFromData } from 'image-dimensions';
import type { Recipe } from '../core/backbone';
import { type ImageFormat, imageFormat } from './formats';
import { isOnItsSide, type Orientation, takeOrientation, turning } from './orientation';
import { cubicTaps, scaleHorizontally, scaleVertically, tapRange, triangleTaps } from './resample';
import { type Bytes, JPEG_END, type JpegEnd, joined, MEANINGLESS_DATA, type WholeFile } from './whole-file';

/** Larger images are left out: a decoded image takes 4 bytes per pixel. */
export const MAX_MEGAPIXELS = 100;
/** Larger images are decoded one at a time. */
const LARGE_MEGAPIXELS = 16;
/** Source pixels read back from the canvas at a time. */
const BAND_PIXELS = 2 ** 20;

/** How an image becomes square: `crop` cuts out its centre, `squeeze` scales both sides to the same length. */
export type Framing = 'crop' | 'squeeze';

export type Decoded = { pixels: Uint8Array<ArrayBuffer> /* [side, side, 3] */ } | { reason: string };

/** Decodes an image as the backbone's recipe states; the result is `recipe.crop`×`recipe.crop`. */
export function decodeByRecipe(file: Blob, recipe: Recipe): Promise<Decoded> {
  return decodeImage(file, recipe.crop, recipe);
}

/** @param side in pixels; the result is `side`×`side` */
export async function decodeImage(
  file: Blob,
  side: number,
  framing: Framing | Recipe = 'crop',
): Promise<Decoded> {
  let bytes: Bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return { reason: 'Could not be read from the disk. Was it moved or changed after it was dropped?' };
  }
  const format = imageFormat(bytes);
  if (!format) return { reason: 'Not an image: its content is in no known image format.' };
  const { width, height } = declaredSize(bytes);
  if (isTooLarge(width, height)) return { reason: sizeReason(width, height) };
  const whole = format.complete ? await format.complete(bytes) : { bytes };
  if (!whole) return { reason: cutOffReason(format) };
  const open = () => openAndScale(whole, format, side, framing);
  return width * height > LARGE_MEGAPIXELS * 1e6 ? inTurn(open) : open();
}

function cutOffReason({ name }: ImageFormat): string {
  return `Cut off: the image data of this ${name} file is incomplete. Copy the file again.`;
}

async function openAndScale(
  whole: WholeFile,
  format: ImageFormat,
  side: number,
  framing: Framing | Recipe,
): Promise<Decoded> {
  const { orientation, bytes } = takeOrientation(format.mime, whole.bytes);
  let bitmap: ImageBitmap;
  try {
    bitmap = await open(bytes, format);
  } catch {
    if (whole.jpeg?.marked === false) return { reason: cutOffReason(format) };
    return {
      reason: `This ${format.name} file is damaged, or this browser cannot read it. Save it again as JPEG or PNG.`,
    };
  }
  try {
    if (isTooLarge(bitmap.width, bitmap.height)) return { reason: sizeReason(bitmap.width, bitmap.height) };
    if (whole.jpeg && (await lacksData(bytes, format, whole.jpeg, bitmap)))
      return { reason: cutOffReason(format) };
    return { pixels: scaled(bitmap, orientation, side, framing) };
  } finally {
    bitmap.close();
  }
}

/** The decoder applies rotations that are part of the format. The EXIF orientation was removed from the bytes before. */
function open(bytes: Bytes, { mime }: ImageFormat): Promise<ImageBitmap> {
  return createImageBitmap(new Blob([bytes], { type: mime }), {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
  });
}

/**
 * Whether some of a JPEG's compressed data is missing. Decoders fill the missing area with grey and report no error. If the data
 * is complete, the pixels do not depend on the bytes after it; so the image is decoded again with other bytes after its data, and
 * the pixels are compared. A file with an end marker is tested only if its last block has the grey that decoders fill in.
 */
async function lacksData(
  bytes: Bytes,
  format: ImageFormat,
  { dataEnd, marked }: JpegEnd,
  bitmap: ImageBitmap,
): Promise<boolean> {
  if (marked && !endsInGrey(bitmap)) return false;
  for (const tail of MEANINGLESS_DATA) {
    const other = await open(joined(bytes.subarray(0, dataEnd), tail, JPEG_END), format).catch(() => null);
    const isSame = other !== null && samePixels(bitmap, other);
    other?.close();
    if (!isSame) return true;
  }
  return false;
}

/** The size that the file's header states; 0 × 0 if it cannot be read (BMP, for example). */
function declaredSize(bytes: Uint8Array): { width: number; height: number } {
  const unknown = { width: 0, height: 0 };
  try {
    return imageDimensionsFromData(bytes) ?? unknown;
  } catch {
    // The header is incomplete; the checks that follow detect it.
    return unknown;
  }
}

function isTooLarge(width: number, height: number): boolean {
  return width * height > MAX_MEGAPIXELS * 1e6;
}

function sizeReason(width: number, height: number): string {
  const count = (n: number) => n.toLocaleString('en');
  return `Too large: ${count(width)} × ${count(height)} pixels (${Math.round((width * height) / 1e6)} megapixels; the limit is ${MAX_MEGAPIXELS}). Save a smaller copy; 1,000 pixels per side are enough.`;
}

let lastInTurn: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastInTurn.then(work, work);
  lastInTurn = result;
  return result;
}

/** @returns `[side, side, 3]` */
function scaled(
  bitmap: ImageBitmap,
  orientation: Orientation,
  side: number,
  framing: Framing | Recipe,
): Uint8Array<ArrayBuffer> {
  const [uprightWidth, uprightHeight] = isOnItsSide(orientation)
    ? [bitmap.height, bitmap.width]
    : [bitmap.width, bitmap.height];
  const shorter = Math.min(uprightWidth, uprightHeight);
  const taps = (source: number) => {
    if (typeof framing === 'object') return recipeTaps(source, shorter, framing);
    return framing === 'crop'
      ? centreTaps(source, side / shorter, side)
      : triangleTaps(source, side, 0, side);
  };
  const columns = taps(uprightWidth);
  const rows = taps(uprightHeight);
  const x = tapRange(columns);
  const y = tapRange(rows);
  const width = x.end - x.start;
  const across = new Uint8ClampedArray((y.end - y.start) * side * 3);
  for (const { top, rgba } of bands(bitmap, orientation, x, y))
    scaleHorizontally(rgba, width, x.start, columns, across.subarray((top - y.start) * side * 3));
  return scaleVertically(across, side, y.start, rows);
}

interface Range {
  start: number;
  end: number;
}

/** The pixels of a region of the upright image, on white, some rows at a time: `[rows, x.end - x.start, 4]` RGBA. */
function* bands(
  bitmap: ImageBitmap,
  orientation: Orientation,
  x: Range,
  y: Range,
): Generator<{ top: number; rgba: Uint8ClampedArray }> {
  const [a, b, c, d, e, f] = turning(orientation, bitmap.width, bitmap.height);
  const width = x.end - x.start;
  const band = Math.max(1, Math.min(y.end - y.start, Math.floor(BAND_PIXELS / width)));
  for (let top = y.start; top < y.end; top += band) {
    const height = Math.min(band, y.end - top);
    const context = bandContext(width, band);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillRect(0, 0, width, height);
    context.setTransform(a, b, c, d, e - x.start, f - top);
    context.drawImage(bitmap, 0, 0);
    yield { top, rgba: context.getImageData(0, 0, width, height).data };
  }
}

/** Side of a JPEG's block, pixels. */
const BLOCK = 8;
/** The value that a block without coefficients decodes to, before rounding. */
const NO_DATA_GREY = 128;

function endsInGrey(bitmap: ImageBitmap): boolean {
  const { width, height } = bitmap;
  const x = { start: Math.max(0, width - BLOCK), end: width };
  const y = { start: Math.max(0, height - BLOCK), end: height };
  const isGrey = (value: number, i: number) => i % 4 === 3 || Math.abs(value - NO_DATA_GREY) <= 1;
  return [...bands(bitmap, 1, x, y)].every(({ rgba }) => rgba.every(isGrey));
}

function samePixels(first: ImageBitmap, second: ImageBitmap): boolean {
  if (first.width !== second.width || first.height !== second.height) return false;
  const all = (bitmap: ImageBitmap) =>
    bands(bitmap, 1, { start: 0, end: bitmap.width }, { start: 0, end: bitmap.height });
  const others = all(second);
  for (const { rgba } of all(first)) {
    const other = others.next();
    if (other.done || !rgba.every((value, i) => value === other.value.rgba[i])) return false;
  }
  return true;
}

function centreTaps(source: number, scale: number, side: number) {
  const target = Math.max(side, Math.round(source * scale));
  return triangleTaps(source, target, Math.floor((target - side) / 2), side);
}

/** The longer side is rounded down and the centre to the nearest even number, as in torchvision's Resize and CenterCrop. */
function recipeTaps(source: number, shorter: number, { resize, crop, interpolation }: Recipe) {
  const target = Math.floor((resize * source) / shorter);
  const half = (target - crop) / 2;
  const from = half % 1 === 0.5 ? 2 * Math.round(half / 2) : Math.round(half);
  const taps = interpolation === 'bicubic' ? cubicTaps : triangleTaps;
  return taps(source, target, from, crop);
}

/** Reused: creating a canvas takes longer than reading a small image with it. */
let lastBands: OffscreenCanvasRenderingContext2D[] = [];
/** One canvas of the usual size, and one for a block. */
const BANDS_KEPT = 2;

function bandContext(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const kept = lastBands.find(({ canvas }) => canvas.width === width && canvas.height === height);
  if (kept) return kept;
  const made = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!made) throw new Error('This browser has no 2D canvas, which reading images needs.');
  made.fillStyle = 'white';
  made.imageSmoothingEnabled = false;
  lastBands = [made, ...lastBands].slice(0, BANDS_KEPT);
  return made;
}
