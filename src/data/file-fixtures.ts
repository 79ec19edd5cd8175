/** For tests only: images painted by a function, and archives of them. */
import { BlobReader, BlobWriter, ZipWriter, type ZipWriterAddDataOptions } from '@zip.js/zip.js';
import { packTar, type TarHeader } from 'modern-tar';
import type { FileSource, NamedFile } from '../core/dataset';

export type Rgba = readonly [red: number, green: number, blue: number, alpha?: number];
export type Paint = (x: number, y: number) => Rgba;

/** A PNG (or another type the browser writes) of `width`×`height` pixels. */
export async function paintedImage(
  width: number,
  height: number,
  paint: Paint,
  type = 'image/png',
): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  const image = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red, green, blue, alpha = 255] = paint(x, y);
      image.data.set([red, green, blue, alpha], 4 * (y * width + x));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type, quality: 1 });
}

/** A small image of one colour, different for every number. */
export function plain(number: number, type = 'image/png'): Promise<Blob> {
  return paintedImage(8, 8, () => [number % 256, Math.floor(number / 256) % 256, 128], type);
}

/** Plain images at these paths, as if dropped, with the colours of the numbers from `first` on. */
export async function plainFiles(
  paths: readonly string[],
  type = 'image/png',
  first = 0,
): Promise<NamedFile[]> {
  return Promise.all(paths.map(async (path, i) => ({ path, file: await plain(first + i, type) })));
}

/** `root/class/0.png` … for each class and its number of images. */
export function classPaths(root: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, i) => `${root}/${name}/${i}.png`),
  );
}

export function dropped(...files: NamedFile[]): FileSource {
  return { kind: 'files', files };
}

export function textFile(path: string, text: string): NamedFile {
  return { path, file: new Blob([text]) };
}

export async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}

export async function zipOf(
  files: readonly NamedFile[],
  options: ZipWriterAddDataOptions = {},
): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  for (const { path, file } of files) await writer.add(path, new BlobReader(file), options);
  return writer.close();
}

/** A tar of the files; `others` are headers without a body: folders and links. */
export async function tarOf(files: readonly NamedFile[], others: readonly TarHeader[] = []): Promise<Blob> {
  const entries = files.map(({ path, file }) => ({ header: { name: path, size: file.size }, body: file }));
  return new Blob([await packTar([...entries, ...others.map((header) => ({ header }))])]);
}

export async function gzipped(blob: Blob): Promise<Blob> {
  return new Response(blob.stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/** Replaces every occurrence of a byte sequence by another of the same length. */
export async function patched(blob: Blob, from: ArrayLike<number>, to: ArrayLike<number>): Promise<Blob> {
  const bytes = await bytesOf(blob);
  const wanted = Array.from(from);
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) bytes.set(Array.from(to), at);
  }
  return new Blob([bytes]);
}

/** 32 bits, little-endian. */
export function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** A PNG that states a size but holds no image data: header chunk and end chunk only. */
export function hollowPng(width: number, height: number): Blob {
  const bytes = new Uint8Array(8 + 25 + 12);
  const view = new DataView(bytes.buffer);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  view.setUint32(8, 13);
  bytes.set(new TextEncoder().encode('IHDR'), 12);
  view.setUint32(16, width);
  view.setUint32(20, height);
  bytes.set([8, 2, 0, 0, 0], 24);
  bytes.set(new TextEncoder().encode('IEND'), 37);
  return new Blob([bytes]);
}
