/** Draws all images of a class into one image, so that the page shows thousands of thumbnails from a few files. */

/** Maximum side of a thumbnail, pixels. */
const MAX_TILE = 64;
/** Maximum side of the atlas, pixels. WebP allows 16,383; half of it keeps the canvas small. */
const MAX_ATLAS_SIDE = 8192;

export interface ThumbnailLayout {
  tile: number;
  columns: number;
}

/**
 * Roughly square for the largest class. Tiles are smaller than `MAX_TILE` only if thousands of images would not fit otherwise.
 */
export function thumbnailLayout(largestClass: number, side: number): ThumbnailLayout {
  const columns = Math.max(1, Math.ceil(Math.sqrt(largestClass)));
  return { tile: Math.max(1, Math.min(MAX_TILE, side, Math.floor(MAX_ATLAS_SIDE / columns))), columns };
}

/**
 * @param images each `[side, side, 3]` RGB
 * @returns WebP, or PNG if the browser does not write WebP
 */
export async function drawAtlas(
  images: readonly Uint8Array[],
  side: number,
  { tile, columns }: ThumbnailLayout,
): Promise<Blob> {
  const rows = Math.max(1, Math.ceil(images.length / columns));
  const atlas = new OffscreenCanvas(columns * tile, rows * tile);
  const source = new OffscreenCanvas(side, side);
  const from = source.getContext('2d', { willReadFrequently: true });
  const to = atlas.getContext('2d', { willReadFrequently: true });
  if (!from || !to) throw new Error('This browser has no 2D canvas, which thumbnails need.');
  to.imageSmoothingQuality = 'high';
  images.forEach((rgb, i) => {
    const frame = frameOf(rgb, side);
    from.putImageData(frame, 0, 0);
    to.drawImage(source, (i % columns) * tile, Math.floor(i / columns) * tile, tile, tile);
  });
  return atlas.convertToBlob({ type: 'image/webp', quality: 0.9 });
}

/** @param rgb `[side, side, 3]` */
export function frameOf(rgb: Uint8Array, side: number): ImageData {
  const frame = new ImageData(side, side);
  for (let i = 0, at = 0; i < rgb.length; i += 3) {
    frame.data[at++] = rgb[i] ?? 0;
    frame.data[at++] = rgb[i + 1] ?? 0;
    frame.data[at++] = rgb[i + 2] ?? 0;
    frame.data[at++] = 255;
  }
  return frame;
}
