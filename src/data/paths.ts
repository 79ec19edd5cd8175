/** Paths of dropped files are plain text: they are split, never resolved, so a folder named `..` is only a name. */

/** `./a//b.jpg` → `['a', 'b.jpg']`. */
export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

const CLUTTER = new Set(['__MACOSX', 'Thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Icon\r', '.DS_Store']);

function isSystemClutter(name: string): boolean {
  return CLUTTER.has(name) || name.startsWith('._');
}

function isHidden(name: string): boolean {
  return name.startsWith('.') && name !== '..';
}

/**
 * The items without system files (such as `.DS_Store`), hidden files and hidden folders. A hidden folder that contains everything
 * else was chosen by the person and is kept; so are the outermost folders if `areChosen`.
 */
export function withoutClutter<T>(
  items: readonly T[],
  pathOf: (item: T) => string,
  { areChosen }: { areChosen: boolean },
): T[] {
  const located = items.map((item) => ({ item, segments: segmentsOf(pathOf(item)) }));
  const meant = located.filter(({ segments }) => !segments.some(isSystemClutter));
  const common = commonFolders(meant.map(({ segments }) => segments)).length;
  const isKept = (segments: string[]) =>
    segments
      .slice(Math.max(common, areChosen && segments.length > 1 ? 1 : 0))
      .every((name) => !isHidden(name));
  return meant.filter(({ segments }) => isKept(segments)).map(({ item }) => item);
}

/** The folders that all these paths have in common, outermost first. File names do not count. */
export function commonFolders(paths: readonly string[][]): string[] {
  const folders = paths.map((segments) => segments.slice(0, -1));
  const [first = [], ...others] = folders;
  const length = first.findIndex((folder, depth) => others.some((other) => other[depth] !== folder));
  return length < 0 ? first : first.slice(0, length);
}
