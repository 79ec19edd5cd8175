/**
 * For tests only: reference values. Those that PyTorch and Pillow computed are part of the project (interop/pytorch). Images
 * and published weights are not: they may lie in a folder `shared` beside the project, and a test that needs one is skipped,
 * with a note that names the file, where it is absent.
 */
import { readSafetensors, type Safetensors } from './files/safetensors';

const VALUES = '../interop/pytorch/values/';
const valueUrls = import.meta.glob<string>(
  ['../interop/pytorch/values/*.safetensors', '../interop/pytorch/values/pictures/*'],
  { query: '?url', import: 'default' },
);

const SHARED = '../../shared/';
const sharedUrls: Record<string, () => Promise<string>> = {
  ...import.meta.glob<string>('../../shared/**/*.safetensors', { query: '?url', import: 'default' }),
  ...import.meta.glob<string>('../../shared/data/**/*.jpg', { query: '?url', import: 'default' }),
};

/** The bytes of the file `path` in interop/pytorch/values. Throws if it is missing, because these files are part of the project. */
export async function valuesFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await fetched(valueUrls[VALUES + path]);
  if (!bytes) throw new Error(`interop/pytorch/values has no file ${path}.`);
  return bytes;
}

/** The reference values that `interop/pytorch/<script>.py` made, e.g. `layers.safetensors`. */
export async function referenceValues(path: string): Promise<Safetensors> {
  return readSafetensors(await valuesFile(path), path);
}

/** Paths of the shared files (`.safetensors` anywhere, `.jpg` under `data/`) that start with `prefix`, sorted. */
export function sharedFiles(prefix = ''): string[] {
  return Object.keys(sharedUrls)
    .map((url) => url.slice(SHARED.length))
    .filter((path) => path.startsWith(prefix))
    .sort();
}

/** The bytes of the shared file `path`, e.g. `data/flowers5/val/daisy/1.jpg`; null if it is absent. */
export async function sharedFile(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return fetched(sharedUrls[SHARED + path]);
}

/** The part of a test's context that is needed to skip the test. */
interface Skippable {
  skip(note?: string): never;
}

/** Paths of the shared images under `data/<set>/`, sorted; skips the test if there are none. */
export function sharedImages(set: string, test: Skippable): string[] {
  const images = sharedFiles(`data/${set}/`);
  return images.length > 0 ? images : test.skip(`needs the images of ../shared/data/${set}`);
}

/** The shared safetensors file `path`; skips the test if the file is absent. */
export async function fixture(path: string, test: Skippable): Promise<Safetensors> {
  const bytes = await sharedFile(path);
  return bytes ? readSafetensors(bytes, path) : test.skip(`needs ../shared/${path}`);
}

async function fetched(url: (() => Promise<string>) | undefined): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!url) return null;
  const address = await url();
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} could not be fetched: ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** ‖actual − expected‖ / ‖expected‖, Euclidean; 0 when both are zero. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  eachPair(actual, expected, (a, b) => {
    difference += (a - b) ** 2;
    norm += b ** 2;
  });
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}

/** max|actual − expected| / max|expected|; 0 when both are zero. */
export function maxRelativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let greatest = 0;
  eachPair(actual, expected, (a, b) => {
    difference = Math.max(difference, Math.abs(a - b));
    greatest = Math.max(greatest, Math.abs(b));
  });
  return difference === 0 ? 0 : difference / greatest;
}

function eachPair(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  visit: (a: number, b: number) => void,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`Compared ${actual.length} numbers with ${expected.length}.`);
  }
  for (let i = 0; i < expected.length; i++) visit(actual[i] ?? Number.NaN, expected[i] ?? Number.NaN);
}
