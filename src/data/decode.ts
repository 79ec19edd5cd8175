/**
 * One file to RGB bytes of the size the engine keeps: shorter side scaled to `side` and centre cut out, on white
 * where it is transparent, turned as its EXIF note says, colour profile not applied (as in PyTorch's
 * pipelines). Never throws for a bad file: it gives the reason instead.
 */
import { imageDimensionsFromData } from 'image-dimensions';
import { type ImageFormat, imageFormat } from './formats';
import { scaleAcross, scaleDown, tapRange, triangleTaps } from './resample';

/** A decoded picture takes 4 bytes per pixel while it is open; more than this is refused. */
export const MAX_MEGAPIXELS = 100;
/** Larger pictures are opened one after another, not side by side. */
const LARGE_MEGAPIXELS = 16;
/** Source pixels read back from the canvas at a time. */
const BAND_PIXELS = 2 ** 20;

/** How a picture becomes square: its centre, or the whole of it with its sides scaled apart. */
export type Framing = 'crop' | 'squeeze';

export type Decoded = { pixels: Uint8Array<ArrayBuffer> /* [side, side, 3] */ } | { reason: string };

/** @param side in pixels; the result is `side`×`side` */
export async function decodeImage(file: Blob, side: number, framing: Framing = 'crop'): Promise<Decoded> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return { reason: 'Could not be read from the disk. Was it moved or changed after it was dropped?' };
  }
  const format = imageFormat(bytes);
  if (!format) return { reason: 'Not a picture: its content is of no picture format.' };
  const { width, height } = declaredSize(bytes);
  if (isTooLarge(width, height)) return { reason: sizeReason(width, height) };
  if (format.isWhole && !format.isWhole(bytes)) {
    return { reason: `Cut off: this ${format.name} file ends before its picture does. Copy it again.` };
  }
  const open = () => openAndScale(bytes, format, side, framing);
  return width * height > LARGE_MEGAPIXELS * 1e6 ? inTurn(open) : open();
}

async function openAndScale(
  bytes: Uint8Array<ArrayBuffer>,
  format: ImageFormat,
  side: number,
  framing: Framing,
): Promise<Decoded> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: format.mime }), {
      imageOrientation: 'from-image',
      colorSpaceConversion: 'none',
    });
  } catch {
    return {
      reason: `This ${format.name} file is damaged, or this browser cannot read it. Save it again as JPEG or PNG.`,
    };
  }
  try {
    if (isTooLarge(bitmap.width, bitmap.height)) return { reason: sizeReason(bitmap.width, bitmap.height) };
    return { pixels: scaled(bitmap, side, framing) };
  } finally {
    bitmap.close();
  }
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
function scaled(bitmap: ImageBitmap, side: number, framing: Framing): Uint8Array<ArrayBuffer> {
  const scale = side / Math.min(bitmap.width, bitmap.height);
  const taps = (source: number) =>
    framing === 'crop' ? centreTaps(source, scale, side) : triangleTaps(source, side, 0, side);
  const columns = taps(bitmap.width);
  const rows = taps(bitmap.height);
  const x = tapRange(columns);
  const y = tapRange(rows);
  const width = x.end - x.start;
  const band = Math.max(1, Math.min(y.end - y.start, Math.floor(BAND_PIXELS / width)));
  const context = bandContext(width, band);
  const across = new Uint8ClampedArray((y.end - y.start) * side * 3);
  for (let top = y.start; top < y.end; top += band) {
    const height = Math.min(band, y.end - top);
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, -x.start, -top);
    const { data } = context.getImageData(0, 0, width, height);
    scaleAcross(data, width, x.start, columns, across.subarray((top - y.start) * side * 3));
  }
  return scaleDown(across, side, y.start, rows);
}

function centreTaps(source: number, scale: number, side: number) {
  const target = Math.max(side, Math.round(source * scale));
  return triangleTaps(source, target, Math.floor((target - side) / 2), side);
}

/** Kept from picture to picture: making a canvas takes longer than reading a small picture with it. */
let lastBand: OffscreenCanvasRenderingContext2D | null = null;

function bandContext(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (lastBand?.canvas.width === width && lastBand.canvas.height === height) return lastBand;
  lastBand = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!lastBand) throw new Error('This browser gave no 2D canvas to read pictures with.');
  lastBand.fillStyle = 'white';
  lastBand.imageSmoothingEnabled = false;
  return lastBand;
}
