/** Paths of dropped files as plain text: split, never resolved, so a folder called `..` is just a name. */

/** `./a//b.jpg` → `['a', 'b.jpg']`. */
export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

const CLUTTER = new Set(['__MACOSX', 'Thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Icon\r']);

/** Files that systems leave in folders by themselves, and hidden files and folders: nobody meant to drop them. */
export function isClutter(path: string): boolean {
  return segmentsOf(path).some((name) => CLUTTER.has(name) || (name.startsWith('.') && name !== '..'));
}

/** The folders all these paths lie in, outermost first; the file names do not count. */
export function commonFolders(paths: readonly string[][]): string[] {
  const folders = paths.map((segments) => segments.slice(0, -1));
  const [first = [], ...others] = folders;
  const length = first.findIndex((folder, depth) => others.some((other) => other[depth] !== folder));
  return length < 0 ? first : first.slice(0, length);
}
