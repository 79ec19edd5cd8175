/**
 * For tests only: reference files from the folder `shared` beside the project. The folder is not part of the project, so a test
 * that needs one of its files is skipped, with a note, if the file is absent.
 */
import { readSafetensors, type Safetensors } from './files/safetensors';

const urls: Record<string, () => Promise<string>> = {
  ...import.meta.glob<string>('../../shared/**/*.safetensors', { query: '?url', import: 'default' }),
  ...import.meta.glob<string>('../../shared/data/**/*.jpg', { query: '?url', import: 'default' }),
};

const ROOT = '../../shared/';

/** Paths of the shared files (`.safetensors` anywhere, `.jpg` under `data/`) that start with `prefix`, sorted. */
export function sharedFiles(prefix = ''): string[] {
  return Object.keys(urls)
    .map((url) => url.slice(ROOT.length))
    .filter((path) => path.startsWith(prefix))
    .sort();
}

/** The bytes of the shared file `path`, e.g. `fixtures/layers.safetensors`; null if it is absent. */
export async function sharedFile(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const url = await urls[ROOT + path]?.();
  if (url === undefined) return null;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`../shared/${path} could not be fetched: ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The part of a test's context that is needed to skip the test. */
interface Skippable {
  skip(note?: string): never;
}

/** The shared safetensors file `path`; skips the test if the file is absent. */
export async function fixture(path: string, test: Skippable): Promise<Safetensors> {
  const bytes = await sharedFile(path);
  return bytes ? readSafetensors(bytes, path) : test.skip(`needs ../shared/${path}`);
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
