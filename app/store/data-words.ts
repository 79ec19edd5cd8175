/** What there is to say of a data set's pictures, in words that the page and the command line share. */
import type { ClassSummary, DatasetSummary } from '../../src/worker/protocol';
import { count, counted } from '../ui/format';

/** Which pictures belong together, and what the split makes of it; empty where none do. */
export function groupSentence({ duplicates, split }: Pick<DatasetSummary, 'duplicates' | 'split'>): string {
  const { groups, images, leaked } = duplicates;
  if (groups === 0) return '';
  const found = `${counted(images, 'image')} form ${counted(groups, 'group')} of near-duplicates or shots of one series`;
  if (split === 'stratified') return `${found}; each group stays in one part.`;
  if (leaked === 0) return `${found}; none has images in both training and validation.`;
  return `${found}; ${count(leaked)} validation ${leaked === 1 ? 'image has its' : 'images have their'} like among the training images, so accuracy may come out too high.`;
}

/** Classes that cannot be validated; empty where there are none, or the split is the person's own. */
export function unvalidatedSentence(
  split: DatasetSummary['split'],
  classes: readonly Pick<ClassSummary, 'name' | 'val'>[],
): string {
  const names = classes.filter(({ val }) => val === 0).map(({ name }) => `“${name}”`);
  if (split === 'given' || names.length === 0) return '';
  return `No validation images of ${names.join(', ')}: the pictures there are near-duplicates or shots of one series, or have a near-duplicate in another class. Add other pictures to have ${names.length === 1 ? 'it' : 'them'} validated.`;
}

/** How many pictures are found in more than one class; empty where none are. */
export function conflictSentence({
  duplicates: { conflicts },
  split,
}: Pick<DatasetSummary, 'duplicates' | 'split'>): string {
  if (conflicts.length === 0) return '';
  const kept = split === 'stratified' ? ' They stay in training.' : '';
  return `${counted(conflicts.length, 'group')} of near-duplicates with pictures in different classes.${kept} Remove the wrong ones.`;
}
