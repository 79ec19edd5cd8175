/**
 * What a folder's name says of its content: a part of a split (`train`, `seg_test`, `flowersVal`), a container that is no
 * class (`images`, `fold3`), or neither. Looks at the name only; whether it is meant so, `classes.ts` decides.
 */
import type { Part } from '../worker/protocol';

const PART_WORDS: ReadonlyMap<string, Part> = new Map([
  ...(['train', 'training', 'trn', 'trainval'] as const).map((word) => [word, 'train'] as const),
  ...(['val', 'valid', 'validation', 'validate', 'dev'] as const).map((word) => [word, 'val'] as const),
  ...(['test', 'tests', 'testing', 'tst', 'eval', 'evaluation'] as const).map(
    (word) => [word, 'test'] as const,
  ),
]);

/** Words that say nothing of the content, as in `training_set`, `train_images` and `Test Data`. */
const FILLERS = new Set(
  'set sets data dataset folder dir split subset the of image images img imgs picture pictures pics photo photos sample samples'.split(
    ' ',
  ),
);

/** Folders that other files of a set lie in, as in `images/` beside `annotations/`. */
const CONTAINERS = new Set(
  'image images img imgs picture pictures pics photo photos jpg jpgs jpeg jpegs png pngs jpegimages data dataset raw original originals files'.split(
    ' ',
  ),
);

/** Folders of images that describe other images. */
const DESCRIPTIONS = new Set(
  'annotation annotations annots label labels mask masks trimap trimaps segmentation segmentations segmentationclass segmentationobject groundtruth gt bboxes meta metadata thumbnails'.split(
    ' ',
  ),
);

/** Words in front of a number that make it a piece of a set that was cut up. */
const PIECES = new Set(
  'fold part batch shard chunk split subset piece volume vol archive images data'.split(' '),
);

export interface PartName {
  part: Part;
  /** The other words, which the folders of one split share: `flowers` of `flowers_train`; empty where there are none. */
  stem: string;
}

/** The part that a folder's name names, as the whole of it, as its first word or as its last; null for none. */
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

/** Whether the name is that of a split's part and nothing else: `Train`, `test_set`, `val2017`. */
export function isPartName(name: string): boolean {
  return partNamed(name)?.stem === '';
}

/** The part names that are hardly ever classes; `valid` beside `invalid` and `dev` are. */
const CERTAIN_PARTS = new Set(['train', 'training', 'test', 'testing', 'val', 'validation']);

/** Whether the name is a part's and would be an odd name for a class. */
export function isCertainPartName(name: string): boolean {
  const words = wordsOf(name).filter((word) => !FILLERS.has(word) && !/^\d+$/.test(word));
  return words.length === 1 && CERTAIN_PARTS.has(withoutSet(words[0] ?? ''));
}

/** Whether no class is called so: `images`, `JPEGImages`, `fold1`, `part_2`. */
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
