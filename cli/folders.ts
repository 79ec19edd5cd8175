/** Checks the files and folders of the command line before anything is started. */
import { mkdir, opendir, stat } from 'node:fs/promises';
import { UserError } from '../src/core/user-error';
import { Bug } from './bug';
import type { Purpose } from './messages';

/** The file that a path may be, and what a folder has inside. */
const EXPECTED: Record<Purpose | 'results', { file: string; inside: string }> = {
  data: { file: 'an archive', inside: 'one sub-folder per class, with images inside' },
  backbone: { file: 'a weight file', inside: 'a weight file, or model.json and its shards' },
  project: { file: 'a project’s zip', inside: 'a project’s zip' },
  results: { file: 'a results file', inside: 'results.json' },
};

/** Throws `UserError` if there is nothing to read. */
export async function kindOf(purpose: Purpose | 'results', path: string): Promise<'folder' | 'file'> {
  const { file, inside } = EXPECTED[purpose];
  try {
    const found = await stat(path);
    if (found.isFile()) return 'file';
    if (!found.isDirectory()) throw new UserError(`“${path}” is neither a folder nor ${file}.`);
    if (!(await hasFile(path))) {
      throw new UserError(`“${path}” contains no files. It needs ${inside}.`);
    }
    return 'folder';
  } catch (error) {
    throw asUserError(error, 'read');
  }
}

/** Creates the folder. Throws `UserError` if that fails. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw asUserError(error, 'created');
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
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'a file with this name exists',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

/** A `UserError` for a file error. `place`: the file, if the error does not name it. */
export function asUserError(error: unknown, what: 'read' | 'created' | 'written', place = ''): Error {
  if (error instanceof UserError || error instanceof Bug) return error;
  // Node's file errors have these two fields, which Error does not declare.
  const { code = '', path = place } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error));
  return new UserError(`“${path}” cannot be ${what}: ${reason}.`);
}
