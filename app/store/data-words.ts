/** What there is to say of a data set's pictures, in words that the page and the command line share. */
import type { ClassSummary, DatasetSummary, Part, Preset } from '../../src/worker/protocol';
import { count, counted } from '../ui/format';

export const PRESET_LABELS: Record<Preset, string> = {
  whole: 'Whole set',
  vtab: 'VTAB-like, 800 + 200',
  'few-shot-1': 'Few-shot, 1 per class',
  'few-shot-2': 'Few-shot, 2 per class',
  'few-shot-4': 'Few-shot, 4 per class',
  'few-shot-8': 'Few-shot, 8 per class',
  'few-shot-16': 'Few-shot, 16 per class',
};

/** What the preset makes of the set; empty for the whole. */
export function presetSentence({ preset, unused }: Pick<DatasetSummary, 'preset' | 'unused'>): string {
  if (preset === 'whole') return '';
  const aside = unused > 0 ? `${counted(unused, 'image')} left aside` : 'no image left aside';
  const squeezed = preset === 'vtab' ? ', each squeezed whole into the square' : '';
  return `${PRESET_LABELS[preset]}: drawn by the seed${squeezed}, ${aside}.`;
}

/** How many images of all classes each part has. */
export function imagesPerPart(classes: readonly Record<Part, number>[]): Record<Part, number> {
  const sum = (part: Part) => classes.reduce((total, each) => total + each[part], 0);
  return { train: sum('train'), val: sum('val'), test: sum('test') };
}

/** Classes that are named in a line; of more, the others are counted. */
const CLASSES_NAMED = 20;

/** The classes found, with the images of each. */
export function classSentence(classes: readonly ({ name: string } & Record<Part, number>)[]): string {
  const shown = classes.length > CLASSES_NAMED ? classes.slice(0, CLASSES_NAMED) : classes;
  const named = shown.map(({ name, train, val, test }) => `${name} (${count(train + val + test)})`);
  const hidden = classes.length - shown.length;
  return `Classes: ${named.join(', ')}${hidden > 0 ? ` and ${count(hidden)} more` : ''}.`;
}

/** Which pictures belong together, and how many of them are on either side of the split; empty where none do. */
export function groupSentence({ duplicates }: Pick<DatasetSummary, 'duplicates'>): string {
  const { groups, images, leaked } = duplicates;
  const found =
    groups > 0
      ? `${counted(images, 'image')} form ${counted(groups, 'group')} of near-duplicates, copies or shots of one series. `
      : '';
  const parts = [
    ...(leaked.val > 0 ? [counted(leaked.val, 'validation image')] : []),
    ...(leaked.test > 0 ? [counted(leaked.test, 'test image')] : []),
  ];
  if (parts.length > 0)
    return `${found}${parts.join(' and ')} ${leaked.val + leaked.test === 1 ? 'looks' : 'look'} like training images, so accuracy may come out too high.`;
  return found && `${found}None of them is both trained on and scored.`;
}

/** Classes whose images look too much alike for groups to be kept together; empty where there are none. */
export function givenUpSentence({
  duplicates: { givenUp },
  split,
}: Pick<DatasetSummary, 'duplicates' | 'split'>): string {
  if (givenUp.images === 0) return '';
  const names = givenUp.classes.map((name) => `“${name}”`).join(', ');
  const found = `${counted(givenUp.images, 'image')} of ${names} look so much alike, as with a fixed camera or in one long series, that near-duplicates cannot be told from different images.`;
  return split === 'given'
    ? found
    : `${found} They were split image by image; only identical images and shorter series were kept together.`;
}

/** Classes that cannot be validated, and why; empty where there are none. */
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
  if (preset !== 'whole') return `${found}the preset takes none.`;
  return `${found}each image there has a duplicate in another class. Remove the wrong copies.`;
}

/** How many pictures are found in more than one class; empty where none are. */
export function conflictSentence({
  duplicates: { conflicts },
  split,
}: Pick<DatasetSummary, 'duplicates' | 'split'>): string {
  if (conflicts.length === 0) return '';
  const kept = split === 'stratified' ? ' They stay in training.' : '';
  return `${counted(conflicts.length, 'group')} of duplicates or near-duplicates with pictures in different classes.${kept} Remove the wrong ones.`;
}

/** `400 to train, 200 to validate, 100 to test`, each count on its own. */
export function partWords(images: Record<Part, number>): string[] {
  const words = [`${count(images.train)} to train`, `${count(images.val)} to validate`];
  return images.test > 0 ? [...words, `${count(images.test)} to test`] : words;
}
