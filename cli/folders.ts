/** The files and folders named on the command line, looked at before anything is started. */
import { mkdir, opendir, stat } from 'node:fs/promises';
import { UserError } from '../src/user-error';
import type { Purpose } from './messages';

/** The file that a path may be, and what a folder has inside. */
const EXPECTED: Record<Purpose | 'results', { file: string; inside: string }> = {
  data: { file: 'a zip', inside: 'one sub-folder per class, with images inside' },
  backbone: { file: 'a file of weights', inside: 'a file of weights, or model.json and its shards' },
  results: { file: 'a results file', inside: 'results.json' },
};

/** Throws `UserError` where there is nothing to read. */
export async function kindOf(purpose: Purpose | 'results', path: string): Promise<'folder' | 'file'> {
  const { file, inside } = EXPECTED[purpose];
  try {
    const found = await stat(path);
    if (found.isFile()) return 'file';
    if (!found.isDirectory()) throw new UserError(`“${path}” is neither a folder nor ${file}.`);
    if (!(await hasFile(path))) {
      throw new UserError(`“${path}” is empty. It needs ${inside}.`);
    }
    return 'folder';
  } catch (error) {
    throw asUserError(error, 'read');
  }
}

/** Makes the folder. Throws `UserError` where that cannot be done. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw asUserError(error, 'made');
  }
}

async function hasFile(folder: string): Promise<boolean> {
  for await (const entry of await opendir(folder, { recursive: true })) if (!entry.isDirectory()) return true;
  return false;
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a file of that name is there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

/** The error in words for the person. */
export function asUserError(error: unknown, what: 'read' | 'made'): Error {
  if (error instanceof UserError) return error;
  // Node's file errors carry these two beside what Error declares.
  const { code = '', path = '' } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new UserError(`“${path}” cannot be ${what}: ${reason}.`);
}
