/** What runs must have in common to be on the same data: the images, and how they are split. */
import type { DatasetSummary } from '../worker/protocol';

/** Equal for the same images in the same split, and only then. */
export const dataKey = ({
  hash,
  split,
  testSplit,
  seed,
  testPart,
  preset,
}: Pick<DatasetSummary, 'hash' | 'split' | 'testSplit' | 'seed' | 'testPart' | 'preset'>): string =>
  [hash, split, testSplit, seed, testPart, preset].join(' ');
