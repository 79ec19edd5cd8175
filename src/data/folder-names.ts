/**
 * Interprets folder names: a part of a split (`train`, `seg_test`, `flowersVal`), a container that is not a class (`images`,
 * `fold3`), or neither. Only the name is used; layout.ts decides what the folder is.
 */
import type { Part } from '../core/dataset';

const PART_WORDS: ReadonlyMap<string, Part> = new Map([
  ...(['train', 'training', 'trn', 'trainval'] as const).map((word) => [word, 'train'] as const),
  ...(['val', 'valid', 'validation', 'validate', 'dev'] as const).map((word) => [word, 'val'] as const),
  ...(['test', 'tests', 'testing', 'tst', 'eval', 'evaluation'] as const).map(
    (word) => [word, 'test'] as const,
  ),
]);

/** Words that say nothing about the content, as in `training_set`, `train_images` and `Test Data`. */
const FILLERS = new Set(
  'set sets data dataset folder dir split subset the of image images img imgs picture pictures pics photo photos sample samples'.split(
    ' ',
  ),
);

/** Names of folders that contain all images of a set, such as `images/` beside `annotations/`. */
const CONTAINERS = new Set(
  'image images img imgs picture pictures pics photo photos jpg jpgs jpeg jpegs png pngs jpegimages data dataset raw original originals files'.split(
    ' ',
  ),
);

/** Names of folders whose images describe other images. */
const DESCRIPTIONS = new Set(
  'annotation annotations annots label labels mask masks trimap trimaps segmentation segmentations segmentationclass segmentationobject groundtruth gt bboxes meta metadata thumbnails'.split(
    ' ',
  ),
);

/** Words that, with a number after them, name a piece of a divided set. */
const PIECES = new Set(
  'fold part batch shard chunk split subset piece volume vol archive images data'.split(' '),
);

export interface PartName {
  part: Part;
  /** The other words of the name, which the folders of one split share: `flowers` of `flowers_train`; empty if there are none. */
  stem: string;
}

/** The part that a folder is named after, by its whole name, its first word or its last word; null if none. */
export function partNamed(name: string): PartName | null {
  const words = wordsOf(name).filter((word) => !FILLERS.has(word));
  const kept = words.length > 1 ? words.filter((word) => !/^\d+$/.test(word)) : words;
  for (const [word, stem] of [
    [kept[0], kept.slice(1)],
    [kept.at(-1), kept.slice(0, -1)],
  ] as const) {
    const part = PART_WORDS.get(withoutSet(word ?? ''));
    if (part) return { part, stem: stem.join(' ') };
  }
  return null;
}

/** Whether the name is only that of a part: `Train`, `test_set`, `val2017`. */
export function isPartName(name: string): boolean {
  return partNamed(name)?.stem === '';
}

/** Part names that are rarely class names, unlike `valid` (beside `invalid`) and `dev`. */
const CERTAIN_PARTS = new Set(['train', 'training', 'test', 'testing', 'val', 'validation']);

/** Whether the name is that of a part and unlikely to be that of a class. */
export function isCertainPartName(name: string): boolean {
  const words = wordsOf(name).filter((word) => !FILLERS.has(word) && !/^\d+$/.test(word));
  return words.length === 1 && CERTAIN_PARTS.has(withoutSet(words[0] ?? ''));
}

/** Whether the name is not that of a class: `images`, `JPEGImages`, `fold1`, `part_2`. */
export function isContainerName(name: string): boolean {
  const words = wordsOf(name);
  const joined = words.join('');
  if (CONTAINERS.has(joined)) return true;
  return words.length > 1 && /^\d+$/.test(words.at(-1) ?? '') && PIECES.has(words.at(-2) ?? '');
}

/** Whether images in a folder of this name describe other images: masks, label maps. */
export function isDescriptionName(name: string): boolean {
  return DESCRIPTIONS.has(wordsOf(name).join(''));
}

/** `trainset` → `train`. */
function withoutSet(word: string): string {
  return word.replace(/(?:data)?sets?$|data$|images$|imgs$/, '') || word;
}

/** `seg_train` → seg, train; `flowersVal2017` → flowers, val, 2017. */
function wordsOf(name: string): string[] {
  const spaced = name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{L})(\d)/gu, '$1 $2')
    .replace(/(\d)(\p{L})/gu, '$1 $2');
  return spaced
    .toLowerCase()
    .split(/[\s_\-.+()[\]]+/)
    .filter((word) => word !== '');
}
