/**
 * Resolves symbolic links in a folder, because Chromium ignores them silently. Links to targets inside the folder are followed,
 * as in torchvision's ImageFolder; others are reported.
 */
import { rmSync } from 'node:fs';
import { constants, copyFile, link, mkdir, mkdtemp, readdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../src/core/user-error';
import { list } from '../src/data/layout';

export interface PlainFolder {
  /** The folder itself if it has no links, else a temporary folder with its files. */
  path: string;
  /** Notices about links that were not followed. */
  notices: string[];
  /** Deletes the temporary files. */
  remove: () => void;
}

/** A limit, because followed links can multiply the number of files. */
const MOST_FILES = 500_000;

interface Found {
  /** Real paths, by path relative to the folder. */
  files: Map<string, string>;
  links: number;
  passedOver: { path: string; reason: 'outside' | 'broken' | 'cycle' }[];
}

const REASONS = {
  outside: 'leads out of the folder',
  broken: 'leads nowhere',
  cycle: 'leads back to a folder around it',
} as const;

/** Throws `UserError` if links were found but no files could be reached. */
export async function withoutLinks(folder: string): Promise<PlainFolder> {
  const root = await realpath(folder);
  const found: Found = { files: new Map(), links: 0, passedOver: [] };
  await walk(root, '', [root], found);
  const notices = linkNotices(found);
  if (found.links === 0) return { path: folder, notices, remove: () => {} };
  if (found.files.size === 0)
    throw new UserError(
      `“${folder}” has no files to read. ${notices.join(' ')} Give the folder that the files lie in, or copy them.`,
    );
  const temporary = await mkdtemp(join(tmpdir(), 'images-'));
  const remove = () => rmSync(temporary, { recursive: true, force: true });
  try {
    const path = join(temporary, basename(resolve(folder)));
    const folders = new Set([...found.files.keys()].map((below) => dirname(join(path, below))));
    for (const each of folders) await mkdir(each, { recursive: true });
    for (const [below, real] of found.files) await linkOrCopy(real, join(path, below));
    return { path, notices, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** `below`: the path relative to the root, as the person sees it; `around`: the real paths of the enclosing folders. */
async function walk(root: string, below: string, around: readonly string[], found: Found): Promise<void> {
  const here = around.at(-1) ?? root;
  for (const entry of await readdir(here, { withFileTypes: true })) {
    // The page ignores hidden files and folders.
    if (entry.name.startsWith('.')) continue;
    const path = join(below, entry.name);
    const target = entry.isSymbolicLink()
      ? await followed(root, here, entry.name, around)
      : join(here, entry.name);
    if (entry.isSymbolicLink()) found.links++;
    if (typeof target !== 'string') {
      found.passedOver.push({ path, ...target });
      continue;
    }
    const isFolder = entry.isSymbolicLink() ? (await stat(target)).isDirectory() : entry.isDirectory();
    if (isFolder) await walk(root, path, [...around, target], found);
    else if (found.files.size < MOST_FILES) found.files.set(path, target);
    else
      throw new UserError(
        `“${root}” has more than ${MOST_FILES.toLocaleString('en')} files, links followed.`,
      );
  }
}

/** The target of a link, or why it is not followed. */
async function followed(
  root: string,
  folder: string,
  name: string,
  around: readonly string[],
): Promise<string | Pick<Found['passedOver'][number], 'reason'>> {
  let target: string;
  try {
    target = await realpath(join(folder, name));
  } catch {
    return { reason: 'broken' };
  }
  if (around.includes(target)) return { reason: 'cycle' };
  const way = relative(root, target);
  return way === '..' || way.startsWith(`..${sep}`) || resolve(root, way) !== target || way === ''
    ? { reason: 'outside' }
    : target;
}

function linkNotices({ passedOver }: Found): string[] {
  return Object.entries(REASONS).flatMap(([reason, words]) => {
    const paths = passedOver.filter((each) => each.reason === reason).map(({ path }) => path);
    if (paths.length === 0) return [];
    return paths.length === 1
      ? [`The symbolic link ${list(paths)} was passed over: it ${words}.`]
      : [
          `${paths.length.toLocaleString('en')} symbolic links were passed over: each ${words}: ${list(paths, 3)}.`,
        ];
  });
}

/** Hard links take no space. On another file system the file is copied. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
