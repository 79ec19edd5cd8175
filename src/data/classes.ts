/**
 * Determines the class of each image, and its part of the split (training, validation or test), from its path. Only names are
 * used. The rules (layout.ts), in this order:
 *
 * 1. Folders that contain all images are removed from the paths.
 * 2. Folders named like the parts of one split (folder-names.ts) are that split. In each part, a folder that is alone at its
 *    level is skipped, so that `seg_train/seg_train/<class>` and `val/images/<class>` are read in the same way. The class folders
 *    are those that the parts have in common. A part without class folders is left out.
 * 3. Without a split, the class is the first folder of the path, if such folders contain images directly.
 * 4. Anything uncertain, such as a second level of folders or a single folder `test` among classes, becomes a question to the
 *    person, with the result of each answer. A folder named like a part of a split becomes a class only if the person says so.
 *
 * Class names are the folder names in composed form (NFC), otherwise unchanged. Names that differ only in surrounding spaces or
 * letter case remain two classes, and the person is notified.
 */

import type { LeftOut, NamedFile, Part, Reading, ReadingOption } from '../core/dataset';
import { UserError } from '../core/user-error';
import { isContainerName, isPartName, partNamed } from './folder-names';
import { drawTree, type Folder, imagesIn, locate, treeOf } from './folder-tree';
import { contradiction, type LabelTable, tableWords } from './label-tables';
import { imageCount, isOpen, type Layout, layoutOf, list, type Open } from './layout';
import { naturalOrder } from './natural-order';
import { AmbiguousData } from './question';

export interface PlacedFile {
  /** Relative to the set's root, so that it does not depend on how the set was dropped. */
  path: string;
  /** The dropped file. */
  source: NamedFile;
  className: string;
  /** Null if the split is to be drawn. */
  part: Part | null;
}

export interface Arrangement {
  /** The folders that contain the set, outermost first. */
  root: string[];
  files: PlacedFile[];
  /** Sorted. An image's label is the index of its class. */
  classes: string[];
  split: 'given' | 'stratified';
  leftOut: LeftOut[];
  /** Notices for the person about the classes. */
  notices: string[];
}

export interface ArrangeOptions {
  reading?: Reading | undefined;
  /** Tables that list the images, for messages. */
  tables?: readonly LabelTable[] | undefined;
}

interface FolderSet {
  root: string[];
  top: Folder;
  /** Files whose path occurred before. */
  repeats: LeftOut[];
  tables: readonly LabelTable[];
}

/**
 * @throws AmbiguousData if the folders can be read in more than one way
 * @throws UserError if the images are not in at least two class folders
 */
export function arrange(
  images: readonly NamedFile[],
  { reading = {}, tables = [] }: ArrangeOptions = {},
): Arrangement {
  const { root, located, leftOut: repeats } = locate(images);
  return arranged({ root, top: treeOf(located), repeats, tables }, reading);
}

function arranged(set: FolderSet, reading: Reading): Arrangement {
  const layout = layoutOf(set.top, reading);
  if (isOpen(layout)) throw question(set, reading, layout);
  const placed = placedFiles(layout);
  const given = placed.files.some((file) => file.part === 'val');
  const trained = withoutUntrainedClasses(placed.files);
  const files = trained.files.map((file) => (given || file.part === 'test' ? file : { ...file, part: null }));
  const classes = [...new Set(files.map((file) => file.className))].sort(naturalOrder);
  if (classes.length < 2) throw tooFewClasses(set, classes);
  const contrary = reading.classLevel === undefined ? contradiction(set.tables, files) : null;
  if (contrary !== null) {
    const label = 'The folders name the classes';
    const level = layout.sides[0]?.level ?? 1;
    // The sentence names the table already.
    const known = { ...set, tables: [] };
    throw question(known, reading, {
      sentence: contrary,
      choices: [{ reading: { classLevel: level }, label }],
    });
  }
  return {
    root: set.root,
    files,
    classes,
    split: given ? 'given' : 'stratified',
    leftOut: [...set.repeats, ...layout.leftOut, ...placed.leftOut, ...trained.leftOut],
    notices: [...layout.notices, ...lookAlikes(placed.files.map((file) => file.className))],
  };
}

function placedFiles({ sides }: Layout): { files: PlacedFile[]; leftOut: LeftOut[] } {
  const files: PlacedFile[] = [];
  const leftOut: LeftOut[] = [];
  for (const { part, folder, level, partLevel } of sides) {
    for (const { source, path, segments } of imagesIn(folder)) {
      const folders = segments.slice(folder.depth, -1);
      const className = folders[level - 1];
      const own = partLevel === null ? part : (partNamed(folders[partLevel - 1] ?? '')?.part ?? null);
      if (className === undefined || (partLevel !== null && own === null)) {
        const reason = 'Not in a class folder. Put it in the folder of its class.';
        leftOut.push({ path: source.path, reason });
      } else files.push({ path, source, className, part: own });
    }
  }
  return { files, leftOut };
}

function withoutUntrainedClasses(files: readonly PlacedFile[]): { files: PlacedFile[]; leftOut: LeftOut[] } {
  const untrained = (part: PlacedFile['part']) => part === 'val' || part === 'test';
  const trained = new Set(files.filter(({ part }) => !untrained(part)).map((file) => file.className));
  const leftOut = files
    .filter(({ className }) => !trained.has(className))
    .map(({ source, className, part }) => ({
      path: source.path,
      reason: `Class “${className}” has ${part === 'val' ? 'validation' : 'test'} images but no training images.`,
    }));
  return { files: files.filter(({ className }) => trained.has(className)), leftOut };
}

/** One sentence for each group of class names that differ only in letter case, width or spaces. */
function lookAlikes(classNames: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const name of [...new Set(classNames)].sort(naturalOrder)) {
    const key = name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups.values()]
    .filter((names) => names.length > 1)
    .map(
      (names) =>
        `${list(names)} are ${names.length === 2 ? 'two' : names.length} classes whose names differ only in letter case or spaces. If they are the same class, give their folders the same name.`,
    );
}

// ---------------------------------------------------------------- questions

function question(set: FolderSet, reading: Reading, open: Open): UserError {
  const named = set.tables.length > 0 ? ` ${tableWords(set.tables)}` : '';
  const sentence = open.sentence + named;
  // If a table contains the labels, the folders of a split are not classes.
  const choices = set.tables.length > 0 && open.choices.length === 1 ? [] : open.choices;
  const options = choices.flatMap((choice) => previews(set, { ...reading, ...choice.reading }, choice.label));
  if (options.length === 0) return new UserError(sentence);
  return new AmbiguousData({ sentence, tree: drawTree(set.root, set.top), options });
}

/** The result of a reading: several options if it leads to another question, none if it gives no classes. */
function previews(set: FolderSet, reading: Reading, label: string): ReadingOption[] {
  try {
    return [preview(set, reading, label)];
  } catch (error) {
    if (error instanceof AmbiguousData)
      return error.question.options.map((option) => ({ ...option, label: `${label}. ${option.label}` }));
    if (error instanceof UserError) return [];
    throw error;
  }
}

function preview(set: FolderSet, reading: Reading, label: string): ReadingOption {
  const { files, classes, leftOut } = arranged(set, reading);
  const count = (part: Part) => files.filter((file) => file.part === part).length;
  const parts = { train: count('train'), val: count('val'), test: count('test') };
  const images = new Map<string, number>();
  for (const { className } of files) images.set(className, (images.get(className) ?? 0) + 1);
  return {
    reading,
    label,
    classes: classes.map((name) => ({ name, images: images.get(name) ?? 0 })),
    parts: parts.val + parts.test > 0 ? { ...parts, train: files.length - parts.val - parts.test } : null,
    leftOut: leftOut.length,
  };
}

function tooFewClasses({ root, top, tables }: FolderSet, classes: readonly string[]): UserError {
  const advice = 'A data set needs at least two folders, one for each class, with its images inside.';
  const named = tables.length > 0 ? ` ${tableWords(tables)}` : '';
  const only = classes[0] ?? top.folders[0]?.name ?? root.at(-1);
  if (only === undefined) {
    const are = top.count === 1 ? 'is' : 'are';
    return new UserError(
      `The ${imageCount(top.count)} ${are} not in folders, so their classes are unknown.${named} ${advice}`,
    );
  }
  if (named !== '' || isPartName(only) || isContainerName(only)) {
    return new UserError(
      `All ${imageCount(top.count)} are in one folder, “${only}”, which contains no class folders, so their classes are unknown.${named} ${advice}`,
    );
  }
  return new UserError(`There is only one class, “${only}”. ${advice}`);
}
