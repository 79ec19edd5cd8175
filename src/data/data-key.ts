/** Identifies the data of a run: the images and their split. */
import type { DatasetSummary } from '../core/dataset';

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
