/** Pixels as lossless PNGs, and back. */
import { frameOf } from './thumbnails';

/** @param rgb `[side, side, 3]` */
export async function pngOfPixels(rgb: Uint8Array, side: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(side, side);
  contextOf(canvas).putImageData(frameOf(rgb, side), 0, 0);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** `[side, side, 3]` RGB; null if it cannot be decoded or has another size. */
export async function pixelsOfPng(png: Blob, side: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const options = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' } as const;
  const bitmap = await createImageBitmap(png, options).catch(() => null);
  if (bitmap?.width !== side || bitmap.height !== side) return null;
  const context = contextOf(new OffscreenCanvas(side, side));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, side, side);
  const rgb = new Uint8Array(side * side * 3);
  for (let pixel = 0; pixel < side * side; pixel++)
    for (let channel = 0; channel < 3; channel++) rgb[3 * pixel + channel] = data[4 * pixel + channel] ?? 0;
  return rgb;
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser has no 2D canvas, which images need.');
  return context;
}
