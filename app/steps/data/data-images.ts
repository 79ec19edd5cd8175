/** The images of a data set as the page shows them: their paths, classes, parts and places among the thumbnails. */
import type { ClassSummary, DatasetSummary, Part } from '../../../src/core/dataset';

export interface DataImage {
  /** Relative to the root of the data set. */
  path: string;
  className: string;
  part: Part;
  /** Index among the thumbnails of its class. */
  tile: number;
}

/** The images of a class in the order of its thumbnails: training, validation, test. */
export const imagesOf = ({ name, train, val, paths }: ClassSummary): DataImage[] =>
  paths.map((path, tile) => ({
    path,
    className: name,
    part: tile < train ? 'train' : tile < train + val ? 'val' : 'test',
    tile,
  }));

/** The images of each conflict. */
export function conflictsOf({ classes, duplicates }: DatasetSummary): DataImage[][] {
  if (duplicates.conflicts.length === 0) return [];
  const byPath = new Map(classes.flatMap(imagesOf).map((image) => [image.path, image]));
  return duplicates.conflicts.map((paths) => paths.flatMap((path) => byPath.get(path) ?? []));
}

export const PART_WORDS: Record<Part, string> = {
  train: 'training image',
  val: 'validation image',
  test: 'test image',
};
