/** Paths of dropped files as plain text: split, never resolved, so a folder called `..` is just a name. */

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
 * The items but for files that systems leave in folders by themselves and hidden files and folders. A hidden folder that
 * everything else lies in was chosen by its name and is kept; so are the outermost folders where `areChosen`.
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

/** The folders all these paths lie in, outermost first; the file names do not count. */
export function commonFolders(paths: readonly string[][]): string[] {
  const folders = paths.map((segments) => segments.slice(0, -1));
  const [first = [], ...others] = folders;
  const length = first.findIndex((folder, depth) => others.some((other) => other[depth] !== folder));
  return length < 0 ? first : first.slice(0, length);
}
