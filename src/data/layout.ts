/**
 * Determines which folders of a set are parts of a split and which are classes, from folder names and numbers of images only. The
 * rules are in `classes.ts`. What they do not decide is returned as an open question.
 */

import type { LeftOut, Part, Reading } from '../core/dataset';
import { UserError } from '../core/user-error';
import { isCertainPartName, isContainerName, isDescriptionName, isPartName, partNamed } from './folder-names';
import { type Folder, foldersAt, imagesIn, type Located, namesAt } from './folder-tree';
import { naturalOrder } from './natural-order';

/** A part of the split, or the whole set. */
export interface Side {
  part: Part | null;
  /** The class folders are `level` levels below. */
  folder: Folder;
  level: number;
  /** The level below `folder` of the folders `train` and `test` inside each class; null if there are none. */
  partLevel: number | null;
}

export interface Layout {
  sides: Side[];
  leftOut: LeftOut[];
  notices: string[];
}

/** A choice for the person. If there are no choices, the sentence says why the set cannot be read. */
export interface Open {
  sentence: string;
  choices: { reading: Reading; label: string }[];
}

/** If at least this fraction of all images is directly in the folders of a level, these folders are the classes. */
const CERTAIN_SHARE = 0.05;

/** @throws UserError if the reading names folders that do not exist */
export function layoutOf(top: Folder, reading: Reading): Layout | Open {
  const split = reading.splitFolders === false ? null : splitIn(top, reading);
  return split ?? plain(top, reading);
}

// ---------------------------------------------------------------- a split by folders

function splitIn(top: Folder, reading: Reading): Layout | Open | null {
  const group = partFolders(top);
  if (group) return splitLayout(top, group, reading);
  const holders = top.folders.filter((folder) => {
    const inner = partFolders(unwrapped(folder));
    return inner !== null && !('classes' in inner);
  });
  if (holders.length === 0) return null;
  if (holders.length > 1 && holders.length === top.folders.length) return splitInEach(top, reading);
  const [holder] = holders;
  if (!holder || holders.length > 1) return null;
  const inside = splitIn(unwrapped(holder), reading);
  // A class may itself contain folders `train` and `test`; then the other folders are also classes.
  if (!inside || isOpen(inside)) return null;
  const outside = [...top.images, ...top.folders.filter((each) => each !== holder).flatMap(imagesIn)];
  const reason = `Outside the folder “${holder.name}”, which contains the data set with its split.`;
  return { ...inside, leftOut: [...inside.leftOut, ...reasons(outside, reason)] };
}

/** The folders that form one split, or names of the form `<class>_train` for several classes. */
type PartFolders = ReadonlyMap<Folder, Part> | { classes: string[] };

function partFolders(top: Folder): PartFolders | null {
  const named = top.folders.flatMap((folder) => {
    const found = partNamed(folder.name);
    return found ? [{ folder, ...found }] : [];
  });
  const makeSplit = (group: typeof named) =>
    group.some(({ part }) => part === 'train') && group.some(({ part }) => part !== 'train');
  const mapOf = (group: typeof named) => new Map(group.map(({ folder, part }) => [folder, part]));
  const exact = named.filter(({ stem }) => stem === '');
  if (makeSplit(exact)) return mapOf(exact);
  const stems = [...new Set(named.map(({ stem }) => stem))].filter((stem) => stem !== '');
  const groups = stems.map((stem) => named.filter((each) => each.stem === stem)).filter(makeSplit);
  if (groups.length > 1) return { classes: groups.flat().map(({ folder }) => folder.name) };
  if (groups[0]) return mapOf([...groups[0], ...exact]);
  // `train` beside `test_stage1`, or `flowers_train` beside `test`.
  if (exact.length > 0 && new Set(named.map(({ stem }) => stem)).size === 2 && makeSplit(named))
    return mapOf(named);
  return null;
}

function splitLayout(top: Folder, group: PartFolders, reading: Reading): Layout | Open {
  if ('classes' in group)
    return {
      sentence: `The folders ${list(group.classes)} are named after both a class and a part of a split. Put the images into one folder for each part with one folder for each class inside, such as train/cat and test/cat.`,
      choices: [asClasses()],
    };
  const folders = [...group.keys()];
  const names = folders.map(({ name }) => name);
  const of = (part: Part) => folders.filter((folder) => group.get(folder) === part);
  const trained = of('train').flatMap((folder) => classParent(folder) ?? []);
  if (trained.length === 0) {
    const flat = folders.every((folder) => classParent(folder) === null);
    return {
      sentence: `The folders ${list(names)} are named like the parts of a split, but ${
        flat ? 'contain no' : 'the training images are not in'
      } class folders, so the classes of their images are unknown. Sort the images of each part into one folder for each class, such as train/cat and train/dog.`,
      choices: flat ? [asClasses()] : [],
    };
  }
  const level = levelIn(trained, reading);
  if (typeof level !== 'number') return level;
  const classes = new Set(trained.flatMap((folder) => namesAt(folder, level)));
  const layout: Layout = {
    sides: trained.map((folder) => ({ part: 'train', folder, level, partLevel: null })),
    leftOut: besides(top, folders),
    notices: [],
  };
  const apart: { folder: Folder; part: Part; isFlat: boolean }[] = [];
  for (const [folder, part] of group) {
    if (part === 'train') {
      if (classParent(folder) === null) apart.push({ folder, part, isFlat: true });
      continue;
    }
    const shared = sharedParent(folder, level, classes);
    if (shared) layout.sides.push({ part, ...shared, partLevel: null });
    else apart.push({ folder, part, isFlat: classParent(folder) === null });
  }
  const unshared = apart.filter(({ isFlat }) => !isFlat).map(({ folder }) => folder);
  if (unshared.length > 0) {
    const found = unshared.flatMap((folder) => namesAt(classParent(folder) ?? folder, level));
    const sentence = `The folders ${list(names)} are named like the parts of one split, but have no class folders in common: ${list([...classes], 3)} are in the training part, ${list(found, 3)} in ${list(unshared.map(({ name }) => name))}.`;
    if (reading.splitFolders !== true || layout.sides.length === trained.length)
      return {
        sentence,
        choices: reading.splitFolders === true ? [] : [asSplit('They are the parts of a split'), asClasses()],
      };
    layout.notices.push(sentence);
  }
  for (const { folder, isFlat } of apart) {
    const images = imagesIn(folder);
    const what = isFlat
      ? `The folder “${folder.name}” contains no class folders`
      : `The folder “${folder.name}” contains none of the class folders of the training images`;
    layout.leftOut = layout.leftOut.concat(reasons(images, `Not in a class folder: ${lowerFirst(what)}.`));
    layout.notices.push(
      `${what}, so its ${imageCount(images.length)} ${images.length === 1 ? 'was' : 'were'} left out.`,
    );
  }
  return layout;
}

/**
 * For a set in which every folder contains `train` and `test`: each folder is a class with its own split, or a set with class
 * folders below.
 */
function splitInEach(top: Folder, reading: Reading): Layout | Open | null {
  if (top.folders.some((folder) => unwrapped(folder) !== folder)) return null;
  const partFoldersIn = top.folders.flatMap(({ folders }) => folders);
  const layout = (level: number): Layout => ({
    sides: [{ part: null, folder: top, level, partLevel: 2 }],
    leftOut: [],
    notices: [],
  });
  const deeper = partFoldersIn.filter((folder) => folder.folders.length > 0);
  if (reading.classLevel !== undefined) return layout(reading.classLevel);
  if (deeper.length === 0) return layout(1);
  const inner = [...new Set(deeper.flatMap((folder) => namesAt(folder, 1)))];
  return {
    sentence: `Each of the folders ${list(top.folders.map(({ name }) => name))} contains a split, with the folders ${list(inner)} in its parts. Which of these are the classes?`,
    choices: [
      levelChoice(
        1,
        top.folders.map(({ name }) => name),
      ),
      levelChoice(3, inner),
    ],
  };
}

// ---------------------------------------------------------------- no split by folders

function plain(whole: Folder, reading: Reading): Layout | Open {
  const { top, leftOut } = withoutCopies(withoutDescriptions(whole));
  const [only] = top.folders;
  if (only && top.folders.length === 1 && reading.classLevel === undefined && only.folders.length > 0) {
    // Images beside the folder of the set, such as a cover.
    const inside = layoutOf(unwrapped(only), reading);
    if (isOpen(inside)) return inside;
    const reason = 'Not in a class folder. Put it in the folder of its class.';
    return { ...inside, leftOut: [...inside.leftOut, ...leftOut, ...reasons(top.images, reason)] };
  }
  if (reading.splitFolders !== false) {
    const lone = lonePart(top, reading);
    if (lone) return isOpen(lone) ? lone : { ...lone, leftOut: [...lone.leftOut, ...leftOut] };
  }
  const level = levelIn([top], reading);
  if (typeof level !== 'number') return level;
  return { sides: [{ part: null, folder: top, level, partLevel: null }], leftOut, notices: [] };
}

/**
 * In `images/` beside `masks/`, the folder that describes other images is not a class. Among other classes, “mask” may be a
 * class.
 */
function withoutDescriptions(top: Folder): { top: Folder; leftOut: LeftOut[] } {
  const described = top.folders.filter(({ name }) => isDescriptionName(name));
  const others = top.folders.filter((folder) => !described.includes(folder));
  const isApart =
    described.length > 0 && others.length > 0 && others.every(({ name }) => isContainerName(name));
  if (!isApart || others.every(({ folders }) => folders.length === 0)) return { top, leftOut: [] };
  const reason = `Outside the folder “${others[0]?.name}”, which contains the class folders.`;
  return { top: { ...top, folders: others }, leftOut: reasons(described.flatMap(imagesIn), reason) };
}

/** Archives of data sets often contain a second copy of the set, in a folder beside the class folders. */
function withoutCopies({ top, leftOut }: { top: Folder; leftOut: LeftOut[] }) {
  const names = new Set(top.folders.map(({ name }) => name));
  const copies = top.folders.filter(
    ({ name, images, folders }) =>
      images.length === 0 &&
      folders.length > 1 &&
      !isPartName(name) &&
      folders.every((each) => names.has(each.name)),
  );
  if (copies.length === 0 || copies.length === top.folders.length) return { top, leftOut };
  const left = copies.flatMap((copy) =>
    reasons(
      imagesIn(copy),
      `In “${copy.name}”, whose folders have the names of the classes beside it; treated as a copy of the set. If these are other images, move them into the class folders.`,
    ),
  );
  return {
    top: { ...top, folders: top.folders.filter((folder) => !copies.includes(folder)) },
    leftOut: [...leftOut, ...left],
  };
}

/** For a folder `test` among class folders: it contains test images or images without labels, or it is a class. */
function lonePart(top: Folder, reading: Reading): Layout | Open | null {
  const lone = top.folders.filter(({ name }) => isCertainPartName(name));
  if (lone.length === 0) return null;
  const names = lone.map(({ name }) => name);
  const rest: Folder = { ...top, folders: top.folders.filter((folder) => !lone.includes(folder)) };
  if (rest.folders.length === 0)
    return {
      sentence: `There is no folder of training images beside ${list(names)}. A set with a split needs a folder “train” with one folder for each class inside.`,
      choices: [asClasses()],
    };
  const level = levelIn([rest], reading);
  if (typeof level !== 'number') return level;
  const classes = new Set(namesAt(rest, level));
  const sides: Side[] = [{ part: null, folder: rest, level, partLevel: null }];
  const apart: Folder[] = [];
  for (const folder of lone) {
    const part = partNamed(folder.name)?.part ?? null;
    const shared = sharedParent(folder, level, classes);
    if (shared && part !== 'train') sides.push({ part, ...shared, partLevel: null });
    else apart.push(folder);
  }
  if (apart.length === 0) return { sides, leftOut: [], notices: [] };
  if (reading.splitFolders !== true) {
    const one = apart.length === 1;
    const apartNames = list(apart.map(({ name }) => name));
    return {
      sentence: `${one ? 'The folder' : 'The folders'} ${apartNames} ${one ? 'is' : 'are'} named like a part of a split, but ${one ? 'is' : 'are'} beside the folders ${list([...classes], 3)}.`,
      choices: [
        asSplit(
          apart.some(isTrainingSet)
            ? `${apartNames} contains the training images; leave out the other folders`
            : `Not ${one ? 'a class' : 'classes'}: leave ${apartNames} out`,
        ),
        asClasses(one ? `${apartNames} is a class` : `${apartNames} are classes`),
      ],
    };
  }
  const training = apart.find(isTrainingSet);
  const parent = training && classParent(training);
  if (parent) {
    const outside = [...top.images, ...top.folders.filter((each) => each !== training).flatMap(imagesIn)];
    const inside = levelIn([parent], reading);
    if (typeof inside !== 'number') return inside;
    return {
      sides: [{ part: null, folder: parent, level: inside, partLevel: null }],
      leftOut: reasons(outside, `Outside the folder “${training.name}”, which contains the training images.`),
      notices: [],
    };
  }
  return {
    sides,
    leftOut: reasons(apart.flatMap(imagesIn), 'Not in a class folder: its folder is a part of a split.'),
    notices: [],
  };
}

const isTrainingSet = (folder: Folder) =>
  partNamed(folder.name)?.part === 'train' && (classParent(folder)?.folders.length ?? 0) > 1;

// ---------------------------------------------------------------- which level names the class

/** The level of the class folders below `tops`. */
function levelIn(tops: readonly Folder[], { classLevel, splitFolders }: Reading): number | Open {
  const at = (level: number) => tops.flatMap((top) => foldersAt(top, level));
  const namesOf = (folders: readonly Folder[]) =>
    [...new Set(folders.map(({ name }) => name))].sort(naturalOrder);
  if (classLevel !== undefined) {
    if (at(classLevel).length === 0) {
      let deepest = classLevel;
      while (deepest > 0 && at(deepest).length === 0) deepest--;
      throw new UserError(`There are no folders at level ${classLevel}; the deepest level is ${deepest}.`);
    }
    return classLevel;
  }
  const first = at(1);
  const pieces =
    first.length > 1 && first.every(({ name }) => isContainerName(name) || isDescriptionName(name));
  if (areClasses(first)) {
    if (!pieces || splitFolders === false) return 1;
    return {
      sentence: `The folders ${list(namesOf(first))} are named like pieces of a set, not like classes. Put the images into one folder for each class.`,
      choices: [levelChoice(1, namesOf(first))],
    };
  }
  const second = namesOf(at(2));
  if (second.length === 1 || second.every(isContainerName)) return 1;
  // `cat/cat/1.jpg`, from unpacking one zip for each class.
  if (first.every(({ name, folders }) => folders.length === 1 && folders[0]?.name === name)) return 1;
  const levels = [1, 2];
  for (let level = 2; !areClasses(at(level)) && at(level + 1).length > 0 && level < 4; level++)
    levels.push(level + 1);
  const possible = levels.filter((level) => {
    const names = namesOf(at(level));
    return names.length > 1 && !names.some(isPartName) && !(level === 1 && pieces);
  });
  if (possible.length === 1 && possible[0] !== undefined) return possible[0];
  return {
    sentence: `More than one level of folders could name the classes: ${possible.map((level) => list(namesOf(at(level)), 3)).join(', or ')}.`,
    choices: possible.map((level) => levelChoice(level, namesOf(at(level)))),
  };
}

/** Whether images are directly in these folders, not only in folders inside them. */
function areClasses(folders: readonly Folder[]): boolean {
  const total = folders.reduce((sum, { count }) => sum + count, 0);
  const direct = folders.reduce((sum, { images }) => sum + images.length, 0);
  return direct >= CERTAIN_SHARE * total;
}

// ---------------------------------------------------------------- wrappers

/** The folder itself, or the folder inside it, at any depth, that contains everything in it. */
function unwrapped(folder: Folder): Folder {
  const [only] = folder.folders;
  if (!only || folder.folders.length > 1 || folder.images.length > 0 || only.folders.length === 0)
    return folder;
  return unwrapped(only);
}

/**
 * The folder whose sub-folders are the classes of a part: the part's folder, or one inside it if folders are alone at their
 * level. Null if there are no class folders, as in `train/images/1.png`.
 */
function classParent(folder: Folder): Folder | null {
  const folders = folder.folders.filter(
    ({ name }) => folder.folders.length === 1 || !isDescriptionName(name) || !hasContainer(folder),
  );
  const [only] = folders;
  if (!only) return null;
  if (folders.length > 1) {
    const flat = folders.every(({ name, folders: inner }) => inner.length === 0 && isContainerName(name));
    return flat ? null : folder;
  }
  if (only.folders.length > 0) return classParent(only);
  return isContainerName(only.name) || isPartName(only.name) || only.name === folder.name ? null : folder;
}

const hasContainer = ({ folders }: Folder) => folders.some(({ name }) => isContainerName(name));

/**
 * The folder of a part (its own folder or one inside it) with classes of the training images, at most `deepest` levels below;
 * null if there is none.
 */
function sharedParent(
  folder: Folder,
  deepest: number,
  classes: ReadonlySet<string>,
): Pick<Side, 'folder' | 'level'> | null {
  for (let at: Folder | undefined = folder; at; at = at.folders.length === 1 ? at.folders[0] : undefined) {
    for (let level = deepest; level >= 1; level--) {
      if (namesAt(at, level).some((name) => classes.has(name))) return { folder: at, level };
    }
  }
  return null;
}

// ---------------------------------------------------------------- sentences

export function isOpen(found: Layout | Open): found is Open {
  return 'choices' in found;
}

const asSplit = (label: string) => ({ reading: { splitFolders: true }, label });
const asClasses = (label = 'The folders are classes, not parts of a split') => ({
  reading: { splitFolders: false },
  label,
});
const levelChoice = (classLevel: number, names: readonly string[]) => ({
  reading: { classLevel },
  label: `The classes are ${list(names, 4)}`,
});

function besides(top: Folder, folders: readonly Folder[]): LeftOut[] {
  const outside = [...top.images, ...top.folders.filter((each) => !folders.includes(each)).flatMap(imagesIn)];
  return reasons(
    outside,
    `Outside the folders ${list(folders.map(({ name }) => name))}, which form the split.`,
  );
}

function reasons(images: readonly Located[], reason: string): LeftOut[] {
  return images.map(({ source }) => ({ path: source.path, reason }));
}

/** `“a”, “b” and “c”`. */
export function list(names: readonly string[], most = 6): string {
  const quoted = names.map((name) => `“${name}”`);
  if (quoted.length > most)
    return `${quoted.slice(0, most).join(', ')} and ${(quoted.length - most).toLocaleString('en')} more`;
  return quoted.length < 2 ? quoted.join() : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

export function imageCount(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'image' : 'images'}`;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
