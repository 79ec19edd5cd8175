/**
 * From the paths of the pictures to their classes: what they share is stripped, `train/` beside `val/` is a
 * given split, `test/` beside them is kept for testing, and otherwise a picture's class is the first folder it lies in. Looks at names only.
 */
import { UserError } from '../user-error';
import type { LeftOut, NamedFile, Part } from '../worker/protocol';
import { naturalOrder } from './natural-order';
import { commonFolders, segmentsOf } from './paths';

export interface PlacedFile {
  /** Below the set's root, so the same set has the same paths however it was dropped. */
  path: string;
  /** As it was dropped. */
  source: NamedFile;
  className: string;
  /** Null where the split is still to be made. */
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
}

/** Folder names of a given split, best first; compared in lower case. */
const TRAIN_FOLDERS = ['train', 'training'];
const VAL_FOLDERS = ['val', 'valid', 'validation'];
const TEST_FOLDERS = ['test', 'testing'];

interface Located {
  source: NamedFile;
  /** Below the root. */
  segments: string[];
}

/** @throws UserError where the pictures do not lie in at least two class folders */
export function arrange(images: readonly NamedFile[]): Arrangement {
  const leftOut: LeftOut[] = [];
  const located = withoutRepeats(images, leftOut);
  const root = commonFolders(located.map((image) => image.segments));
  for (const image of located) image.segments = image.segments.slice(root.length);
  const folders = splitFolders(located);
  const files = folders ? placeGiven(located, folders, leftOut) : placeByFolder(located, 0, leftOut);
  const given = files.some((file) => file.part === 'val');
  const kept = withoutUntrainedClasses(files, leftOut).map((file) =>
    given || file.part === 'test' ? file : { ...file, part: null },
  );
  const classes = [...new Set(kept.map((file) => file.className))].sort(naturalOrder);
  if (classes.length < 2) throw tooFewClasses(classes, root, images.length);
  return { root, files: kept, classes, split: given ? 'given' : 'stratified', leftOut };
}

function withoutRepeats(images: readonly NamedFile[], leftOut: LeftOut[]): Located[] {
  const seen = new Set<string>();
  return images.flatMap((source) => {
    const segments = segmentsOf(source.path);
    const path = segments.join('/');
    if (seen.has(path)) {
      leftOut.push({ path: source.path, reason: 'The same path came up before; the first file was kept.' });
      return [];
    }
    seen.add(path);
    return [{ source, segments }];
  });
}

/** The root's folders of parts, where `train/` has class folders in it and another part beside it. */
function splitFolders(located: readonly Located[]): Map<string, Part> | null {
  const firstLevel = [
    ...new Set(located.map(({ segments }) => (segments.length > 1 ? segments[0] : undefined))),
  ];
  const called = (names: string[]) =>
    names.flatMap((name) => firstLevel.filter((folder) => folder?.toLowerCase() === name))[0];
  const train = called(TRAIN_FOLDERS);
  const val = called(VAL_FOLDERS);
  const test = called(TEST_FOLDERS);
  if (!train || !(val || test)) return null;
  const hasClasses = located.some(({ segments }) => segments[0] === train && segments.length > 2);
  if (!hasClasses) return null;
  const folders = new Map<string, Part>([[train, 'train']]);
  if (val) folders.set(val, 'val');
  if (test) folders.set(test, 'test');
  return folders;
}

function placeGiven(
  located: readonly Located[],
  folders: ReadonlyMap<string, Part>,
  leftOut: LeftOut[],
): PlacedFile[] {
  const inside = (folder: string) => located.filter(({ segments }) => segments[0] === folder);
  const beside = located.filter(({ segments: [first = ''] }) => !folders.has(first));
  for (const { source } of beside) {
    const names = [...folders.keys()].map((name) => `“${name}”`);
    const reason = `Beside the folders ${names.slice(0, -1).join(', ')} and ${names.at(-1)}, which make the split.`;
    leftOut.push({ path: source.path, reason });
  }
  return [...folders].flatMap(([folder, part]) =>
    placeByFolder(inside(folder), 1, leftOut).map((file) => ({ ...file, part })),
  );
}

/** @param depth of the class folder below the root */
function placeByFolder(located: readonly Located[], depth: number, leftOut: LeftOut[]): PlacedFile[] {
  return located.flatMap(({ source, segments }) => {
    const className = segments.length > depth + 1 ? segments[depth] : undefined;
    if (className === undefined) {
      leftOut.push({
        path: source.path,
        reason: 'Not in a class folder. Put it in the folder of its class.',
      });
      return [];
    }
    return [{ path: segments.join('/'), source, className, part: null }];
  });
}

function withoutUntrainedClasses(files: PlacedFile[], leftOut: LeftOut[]): PlacedFile[] {
  const untrained = (part: PlacedFile['part']) => part === 'val' || part === 'test';
  const trained = new Set(files.filter(({ part }) => !untrained(part)).map((file) => file.className));
  return files.filter((file) => {
    if (trained.has(file.className)) return true;
    const images = file.part === 'val' ? 'validation' : 'test';
    const reason = `Class “${file.className}” has ${images} images but no training images.`;
    leftOut.push({ path: file.source.path, reason });
    return false;
  });
}

function tooFewClasses(classes: string[], root: string[], count: number): UserError {
  const advice = 'A data set needs at least two folders, one for each class, with its pictures inside.';
  const only = classes[0] ?? root.at(-1);
  if (only === undefined) {
    return new UserError(`The ${count} pictures are not in folders, so their classes are unknown. ${advice}`);
  }
  return new UserError(`There is only one class, “${only}”. ${advice}`);
}
