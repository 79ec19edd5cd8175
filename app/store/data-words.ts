/** Sentences about a data set's images, shared by the page, the report and the command line. */
import type { ClassSummary, DatasetSummary, Part, Preset } from '../../src/core/dataset';
import { count, counted } from '../ui/format';

export const PRESET_LABELS: Record<Preset, string> = {
  whole: 'Whole set',
  vtab: '800 training + 200 validation images, as in VTAB-1k',
  'few-shot-1': 'Few-shot, 1 training image per class',
  'few-shot-2': 'Few-shot, 2 training images per class',
  'few-shot-4': 'Few-shot, 4 training images per class',
  'few-shot-8': 'Few-shot, 8 training images per class',
  'few-shot-16': 'Few-shot, 16 training images per class',
};

/** What the preset selects; empty for the whole data set. */
export function presetSentence({ preset, unused }: Pick<DatasetSummary, 'preset' | 'unused'>): string {
  if (preset === 'whole') return '';
  const aside = unused > 0 ? `${counted(unused, 'image')} not used` : 'all images used';
  const squeezed = preset === 'vtab' ? ', resized to a square without cropping' : '';
  return `${PRESET_LABELS[preset]}: drawn at random with the split seed${squeezed}; ${aside}.`;
}

/** Number of images of all classes in each part of the split. */
export function imagesPerPart(classes: readonly Record<Part, number>[]): Record<Part, number> {
  const sum = (part: Part) => classes.reduce((total, each) => total + each[part], 0);
  return { train: sum('train'), val: sum('val'), test: sum('test') };
}

/** Number of images of all classes in all parts: the number that is shown as the size of the data set. */
export function imageCount(classes: readonly Record<Part, number>[]): number {
  const { train, val, test } = imagesPerPart(classes);
  return train + val + test;
}

/** At most this many classes are listed by name on the page; the others are counted. */
const CLASSES_NAMED = 20;

/** The classes, each with its number of images. */
export function classSentence(
  classes: readonly ({ name: string } & Record<Part, number>)[],
  most = CLASSES_NAMED,
): string {
  const shown = classes.slice(0, most);
  const named = shown.map(({ name, train, val, test }) => `${name} (${count(train + val + test)})`);
  const hidden = classes.length - shown.length;
  return `Classes: ${named.join(', ')}${hidden > 0 ? ` and ${count(hidden)} more` : ''}.`;
}

/** Near-duplicates, and how many of them are in more than one part of the split; empty if there are none. */
export function groupSentence({ duplicates }: Pick<DatasetSummary, 'duplicates'>): string {
  const { groups, images, leaked } = duplicates;
  const found =
    groups > 0 ? `${counted(images, 'image')} form ${counted(groups, 'group')} of near-duplicates. ` : '';
  const parts = [
    ...(leaked.val > 0 ? [counted(leaked.val, 'validation image')] : []),
    ...(leaked.test > 0 ? [counted(leaked.test, 'test image')] : []),
  ];
  if (parts.length > 0)
    return `${found}${parts.join(' and ')} ${leaked.val + leaked.test === 1 ? 'looks' : 'look'} like training images, so accuracy may be too high.`;
  return found && `${found}No group is split between training and the other images.`;
}

/** Classes whose images are too similar to keep near-duplicates together; empty if there are none. */
export function givenUpSentence({
  duplicates: { givenUp },
  split,
}: Pick<DatasetSummary, 'duplicates' | 'split'>): string {
  if (givenUp.images === 0) return '';
  const names = givenUp.classes.map((name) => `“${name}”`).join(', ');
  const found = `${counted(givenUp.images, 'image')} of ${names} are so similar, as with a fixed camera or in one long series, that near-duplicates cannot be distinguished from different images.`;
  return split === 'given'
    ? found
    : `${found} They were split image by image; only identical images and shorter series were kept together.`;
}

/** Classes without validation images, and why; empty if there are none. */
export function unvalidatedSentence({
  split,
  preset,
  classes,
}: Pick<DatasetSummary, 'split' | 'preset'> & {
  classes: readonly Pick<ClassSummary, 'name' | 'val'>[];
}): string {
  const names = classes.filter(({ val }) => val === 0).map(({ name }) => `“${name}”`);
  if (names.length === 0) return '';
  const found = `No validation images of ${names.join(', ')}: `;
  if (split === 'given') return `${found}the given split has none.`;
  if (preset !== 'whole') return `${found}the subset has none.`;
  return `${found}each image there has a near-duplicate in another class. Remove the copies with the wrong class.`;
}

/** `2 corrected labels and 1 removed image`; `no corrected labels` if there are none. */
export function correctionWords({ reading }: Pick<DatasetSummary, 'reading'>): string {
  const corrections = reading.corrections ?? [];
  const removed = corrections.filter(({ className }) => className === null).length;
  const changed = corrections.length - removed;
  const words = [
    ...(changed > 0 ? [counted(changed, 'corrected label')] : []),
    ...(removed > 0 ? [counted(removed, 'removed image')] : []),
  ];
  return words.join(' and ') || 'no corrected labels';
}

/** How many labels the person has corrected; empty if none. */
export const correctionSentence = (dataset: Pick<DatasetSummary, 'reading'>): string =>
  dataset.reading.corrections?.length ? `With ${correctionWords(dataset)}.` : '';

/** How many groups of near-duplicates have more than one class; empty if there are none. */
export function conflictSentence({
  duplicates: { conflicts },
  split,
}: Pick<DatasetSummary, 'duplicates' | 'split'>): string {
  if (conflicts.length === 0) return '';
  const kept = split === 'stratified' ? ' They are used for training only.' : '';
  return `${counted(conflicts.length, 'group')} of duplicates or near-duplicates with images in different classes.${kept} Correct the class of the images with the wrong one, or remove them.`;
}

/** `400 training, 200 validation, 100 test`, as separate strings. */
export function partWords(images: Record<Part, number>): string[] {
  const words = [`${count(images.train)} training`, `${count(images.val)} validation`];
  return images.test > 0 ? [...words, `${count(images.test)} test`] : words;
}
