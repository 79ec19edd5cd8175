/**
 * One file to RGB bytes of the size the engine keeps: shorter side scaled to `side` and centre cut out, on white
 * where it is transparent, turned as its EXIF data says, colour profile not applied (as in PyTorch's
 * pipelines). Never throws for a bad file: it gives the reason instead.
 */
import { imageDimensionsFromData } from 'image-dimensions';
import type { Recipe } from '../backbone/recipe';
import { type ImageFormat, imageFormat } from './formats';
import { isOnItsSide, type Orientation, takeOrientation, turning } from './orientation';
import { cubicTaps, scaleAcross, scaleDown, tapRange, triangleTaps } from './resample';
import { type Bytes, JPEG_END, type JpegEnd, joined, MEANINGLESS_DATA, type WholeFile } from './whole-file';

/** A decoded image takes 4 bytes per pixel while it is open; more than this is refused. */
export const MAX_MEGAPIXELS = 100;
/** Larger images are opened one after another, not side by side. */
const LARGE_MEGAPIXELS = 16;
/** Source pixels read back from the canvas at a time. */
const BAND_PIXELS = 2 ** 20;

/** How an image becomes square: its centre, or the whole of it with its sides scaled apart. */
export type Framing = 'crop' | 'squeeze';

export type Decoded = { pixels: Uint8Array<ArrayBuffer> /* [side, side, 3] */ } | { reason: string };

/** As a backbone's own recipe has it; the result is `recipe.crop`×`recipe.crop`. */
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
  if (!format) return { reason: 'Not a picture: its content is of no picture format.' };
  const { width, height } = declaredSize(bytes);
  if (isTooLarge(width, height)) return { reason: sizeReason(width, height) };
  const whole = format.complete ? await format.complete(bytes) : { bytes };
  if (!whole) return { reason: cutOffReason(format) };
  const open = () => openAndScale(whole, format, side, framing);
  return width * height > LARGE_MEGAPIXELS * 1e6 ? inTurn(open) : open();
}

function cutOffReason({ name }: ImageFormat): string {
  return `Cut off: this ${name} file ends before its picture does. Copy it again.`;
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

/** The decoder's own turns, of formats that hold them, are made; EXIF's are taken out before. */
function open(bytes: Bytes, { mime }: ImageFormat): Promise<ImageBitmap> {
  return createImageBitmap(new Blob([bytes], { type: mime }), {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
  });
}

/**
 * Whether a part of a JPEG's compressed data is missing. Decoders fill the rest with grey and report nothing. Where all
 * data is there, the pixels do not depend on what comes after it; so the image is decoded with other data there. A file
 * with an end marker is tried only if its last block is the grey that decoders fill with.
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

/** The size the file's header states; 0 × 0 where none can be read from it (BMP and the like). */
function declaredSize(bytes: Uint8Array): { width: number; height: number } {
  const unknown = { width: 0, height: 0 };
  try {
    return imageDimensionsFromData(bytes) ?? unknown;
  } catch {
    // A header cut short; the checks that follow say so.
    return unknown;
  }
}

function isTooLarge(width: number, height: number): boolean {
  return width * height > MAX_MEGAPIXELS * 1e6;
}

function sizeReason(width: number, height: number): string {
  const count = (n: number) => n.toLocaleString('en');
  return `Too large: ${count(width)} × ${count(height)} pixels (${Math.round((width * height) / 1e6)} megapixels; the limit is ${MAX_MEGAPIXELS}). Save a smaller copy, 1,000 pixels across is plenty.`;
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
    scaleAcross(rgba, width, x.start, columns, across.subarray((top - y.start) * side * 3));
  return scaleDown(across, side, y.start, rows);
}

interface Range {
  start: number;
  end: number;
}

/** The pixels of a part of the upright image, on white: some rows at a time, `[rows, x.end - x.start, 4]` RGBA. */
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
/** What a block of no coefficients decodes to, before rounding. */
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

/** Kept from image to image: making a canvas takes longer than reading a small image with it. */
let lastBands: OffscreenCanvasRenderingContext2D[] = [];
/** One of the usual size, one for a block. */
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
