/** The images of one part of the split, as the engine stores them: one byte array, and a label and a path for each image. */
import { UserError } from '../core/user-error';

export interface Images {
  /** `[n, side, side, 3]` RGB. */
  pixels: Uint8Array<ArrayBuffer>;
  /** `[n]`, indices of the data set's class list. */
  labels: Int32Array<ArrayBuffer>;
  /** `[n]`, relative to the set's root. */
  paths: string[];
}

export interface LabelledImage {
  path: string;
  label: number;
  /** `[side, side, 3]` RGB. */
  pixels: Uint8Array<ArrayBuffer>;
}

const NOTHING = new Uint8Array(0);

/**
 * Copies images into one array. The pixels of each image are released once copied, so that memory never holds all of them twice.
 * @throws UserError if there is not enough memory
 */
export function assemble(list: LabelledImage[], side: number): Images {
  const size = side * side * 3;
  const pixels = allocate(list.length * size);
  list.forEach((image, i) => {
    pixels.set(image.pixels, i * size);
    image.pixels = NOTHING;
  });
  return {
    pixels,
    labels: Int32Array.from(list, (image) => image.label),
    paths: list.map((image) => image.path),
  };
}

/** The single images of an array, as views of it. */
export function separate(images: Images, side: number): LabelledImage[] {
  const size = side * side * 3;
  return images.paths.map((path, i) => ({
    path,
    label: images.labels[i] ?? 0,
    pixels: images.pixels.subarray(i * size, (i + 1) * size),
  }));
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    const megabytes = Math.round(bytes / 1e6).toLocaleString('en');
    throw new UserError(
      `There is not enough memory for these images (${megabytes} MB). Use fewer images, or close other tabs.`,
    );
  }
}
