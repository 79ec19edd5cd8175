/**
 * From the paths of the images to their classes and parts. Looks at names only. The rules (layout.ts), in this order:
 *
 * 1. What all images share is stripped.
 * 2. Folders called like the parts of one split (folder-names.ts) are that split. Single folders around the class folders
 *    are looked through in each part, so that `seg_train/seg_train/<class>` and `val/images/<class>` are read alike; the
 *    class folders are those that the parts share. A part without class folders is left out.
 * 3. Without a split, the class is the first folder an image lies in, where images lie directly in such folders.
 * 4. Whatever is not certain, a second level of folders or a lone `test` among classes, is a question to the person, with
 *    what each answer would give. A split's name becomes a class only where the person says so.
 *
 * Class names are the folders' names in composed form (NFC), otherwise as they are: names that differ in spaces around them
 * or in letter case stay two classes, and the person is told.
 */
import { UserError } from '../user-error';
import type { LeftOut, NamedFile, Part, Reading, ReadingOption } from '../worker/protocol';
import { isContainerName, isPartName, partNamed } from './folder-names';
import { drawTree, type Folder, imagesIn, locate, treeOf } from './folder-tree';
import { contradiction, type LabelTable, tableWords } from './label-tables';
import { imageCount, isOpen, type Layout, layoutOf, list, type Open } from './layout';
import { naturalOrder } from './natural-order';
import { AmbiguousData } from './question';

export interface PlacedFile {
  /** Below the set's root, so the same set has the same paths however it was dropped. */
  path: string;
  /** As it was dropped. */
  source: NamedFile;
  className: string;
  /** Null if the split is still to be made. */
  part: Part | null;
}

export interface Arrangement {
  /** Folders around the set, outermost first. */
  root: string[];
  files: PlacedFile[];
  /** In class order: an image's label is its class's place here. */
  classes: string[];
  split: 'given' | 'stratified';
  leftOut: LeftOut[];
  /** What the person should know of the classes found. */
  notices: string[];
}

export interface ArrangeOptions {
  reading?: Reading | undefined;
  /** Tables that name the images, for the messages. */
  tables?: readonly LabelTable[] | undefined;
}

interface FolderSet {
  root: string[];
  top: Folder;
  /** Of the same path as another. */
  repeats: LeftOut[];
  tables: readonly LabelTable[];
}

/**
 * @throws AmbiguousData if the folders can be read in more than one way
 * @throws UserError if the images do not lie in at least two class folders
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
        `${list(names)} are ${names.length === 2 ? 'two' : names.length} classes and differ only in letter case or spaces. Rename their folders if they are the same.`,
    );
}

// ---------------------------------------------------------------- what is open

function question(set: FolderSet, reading: Reading, open: Open): UserError {
  const named = set.tables.length > 0 ? ` ${tableWords(set.tables)}` : '';
  const sentence = open.sentence + named;
  // Where a table has the labels, the folders of a split are no classes.
  const choices = set.tables.length > 0 && open.choices.length === 1 ? [] : open.choices;
  const options = choices.flatMap((choice) => previews(set, { ...reading, ...choice.reading }, choice.label));
  if (options.length === 0) return new UserError(sentence);
  return new AmbiguousData({ sentence, tree: drawTree(set.root, set.top), options });
}

/** What a reading gives; several where it leaves something open in turn; none where it gives no classes. */
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
  const advice = 'A data set needs at least two folders, one for each class, with its pictures inside.';
  const named = tables.length > 0 ? ` ${tableWords(tables)}` : '';
  const only = classes[0] ?? top.folders[0]?.name ?? root.at(-1);
  if (only === undefined) {
    const [pictures, are] = top.count === 1 ? ['picture', 'is'] : ['pictures', 'are'];
    return new UserError(
      `The ${top.count} ${pictures} ${are} not in folders, so their classes are unknown.${named} ${advice}`,
    );
  }
  if (named !== '' || isPartName(only) || isContainerName(only)) {
    return new UserError(
      `All ${imageCount(top.count)} lie in one folder, “${only}”, without class folders inside, so their classes are unknown.${named} ${advice}`,
    );
  }
  return new UserError(`There is only one class, “${only}”. ${advice}`);
}
