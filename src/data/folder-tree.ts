/** The folder tree of a set, and a drawing of it as text. */
import type { LeftOut, NamedFile } from '../core/dataset';
import { naturalOrder } from './natural-order';
import { commonFolders, segmentsOf } from './paths';

export interface Located {
  source: NamedFile;
  /** The path relative to the set's root, in Unicode's composed form (NFC). */
  segments: string[];
  /** Identifies the image in the data set: `segments` joined, unless two files would then have the same path. */
  path: string;
}

export interface Folder {
  name: string;
  /** Number of folders that contain it. */
  depth: number;
  /** Images directly in it. */
  images: Located[];
  folders: Folder[];
  /** Images in it and in all folders below. */
  count: number;
}

/**
 * The images with their paths relative to the folders that contain all of them. macOS writes `é` as two characters, other systems
 * as one: folders are compared in composed form (NFC). Two files whose paths differ only in this are both kept.
 */
export function locate(images: readonly NamedFile[]): {
  root: string[];
  located: Located[];
  leftOut: LeftOut[];
} {
  const leftOut: LeftOut[] = [];
  const raw = new Map<string, NamedFile>();
  for (const source of images) {
    const path = segmentsOf(source.path).join('/');
    if (!raw.has(path)) raw.set(path, source);
    else
      leftOut.push({
        path: source.path,
        reason: 'Another file has the same path; the first one was used.',
      });
  }
  const times = new Map<string, number>();
  for (const path of raw.keys()) times.set(path.normalize(), (times.get(path.normalize()) ?? 0) + 1);
  const all = [...raw].map(([path, source]) => ({ path, source, segments: path.normalize().split('/') }));
  const root = commonFolders(all.map(({ segments }) => segments));
  const located = all.map(({ path, source, segments }) => {
    const own = (times.get(path.normalize()) ?? 0) > 1 ? path.split('/') : segments;
    return { source, segments: segments.slice(root.length), path: own.slice(root.length).join('/') };
  });
  return { root, located, leftOut };
}

export function treeOf(located: readonly Located[], name = '', depth = 0): Folder {
  const inFolders = new Map<string, Located[]>();
  const images: Located[] = [];
  for (const image of located) {
    const folder = image.segments.length > depth + 1 ? image.segments[depth] : undefined;
    if (folder === undefined) images.push(image);
    else {
      const present = inFolders.get(folder);
      if (present) present.push(image);
      else inFolders.set(folder, [image]);
    }
  }
  const names = [...inFolders.keys()].sort(naturalOrder);
  const folders = names.map((each) => treeOf(inFolders.get(each) ?? [], each, depth + 1));
  return { name, depth, images, folders, count: located.length };
}

export function imagesIn({ images, folders }: Folder): Located[] {
  return folders.length === 0 ? images : images.concat(...folders.map(imagesIn));
}

/** The folders `level` levels below, 1 for those directly in it. */
export function foldersAt(folder: Folder, level: number): Folder[] {
  return level === 1 ? folder.folders : folder.folders.flatMap((each) => foldersAt(each, level - 1));
}

export function namesAt(folder: Folder, level: number): string[] {
  return [...new Set(foldersAt(folder, level).map(({ name }) => name))];
}

const LEVELS_DRAWN = 4;
const FOLDERS_DRAWN = 8;
const LINES_DRAWN = 40;

/** The folders with their numbers of images, indented. Long lists and deep folders are truncated. */
export function drawTree(root: readonly string[], top: Folder): string {
  const lines: string[] = [];
  const draw = (folder: Folder, indent: number) => {
    const space = '  '.repeat(indent);
    const [shown, hidden] = [folder.folders.slice(0, FOLDERS_DRAWN), folder.folders.slice(FOLDERS_DRAWN)];
    const loose = folder.images.length;
    if (loose > 0 && folder.folders.length > 0)
      lines.push(`${space}(${imageCount(loose)} beside the folders)`);
    for (const each of shown) {
      lines.push(`${space}${each.name}/  ${imageCount(each.count)}`);
      if (indent + 1 < LEVELS_DRAWN) draw(each, indent + 1);
    }
    if (hidden.length > 0) lines.push(`${space}… ${hidden.length.toLocaleString('en')} more folders`);
  };
  const name = root.at(-1);
  if (name !== undefined) lines.push(`${name}/  ${imageCount(top.count)}`);
  draw(top, name === undefined ? 0 : 1);
  return lines.length > LINES_DRAWN ? [...lines.slice(0, LINES_DRAWN), '…'].join('\n') : lines.join('\n');
}

function imageCount(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'image' : 'images'}`;
}
