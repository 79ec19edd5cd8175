import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../src/core/user-error';
import { asUserError, kindOf, makeFolder } from './folders';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'));
});
afterEach(() => rm(folder, { recursive: true }));

const inside = (...parts: string[]) => join(folder, ...parts);

/** The error message. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('what a path is', () => {
  it('is a file, or a folder with a file somewhere inside', async () => {
    await mkdir(inside('flowers', 'rose', 'deep'), { recursive: true });
    await writeFile(inside('flowers', 'rose', 'deep', '1.png'), '');
    expect(await kindOf('data', inside('flowers'))).toBe('folder');
    expect(await kindOf('data', inside('flowers', 'rose', 'deep', '1.png'))).toBe('file');
  });

  it('is the target of a link', async () => {
    await mkdir(inside('flowers'));
    await writeFile(inside('flowers', '1.png'), '');
    await symlink(inside('flowers'), inside('link'));
    expect(await kindOf('data', inside('link'))).toBe('folder');
  });

  it.each([
    ['data', 'one sub-folder per class, with images inside'],
    ['backbone', 'a weight file, or model.json and its shards'],
    ['results', 'results.json'],
  ] as const)(
    'is rejected if it is a folder without files, with what it needs: %s',
    async (purpose, needed) => {
      await mkdir(inside('empty', 'within'), { recursive: true });
      expect(await refusal(kindOf(purpose, inside('empty')))).toBe(
        `“${inside('empty')}” contains no files. It needs ${needed}.`,
      );
    },
  );

  it('is rejected if it does not exist', async () => {
    expect(await refusal(kindOf('data', inside('nowhere')))).toBe(
      `“${inside('nowhere')}” cannot be read: it does not exist.`,
    );
    await symlink(inside('nowhere'), inside('dangling'));
    expect(await refusal(kindOf('data', inside('dangling')))).toBe(
      `“${inside('dangling')}” cannot be read: it does not exist.`,
    );
  });

  it('is rejected if it leads through a file', async () => {
    await writeFile(inside('file'), '');
    expect(await refusal(kindOf('data', inside('file', 'deeper')))).toBe(
      `“${inside('file', 'deeper')}” cannot be read: part of its path is a file.`,
    );
  });

  it.skipIf(process.platform === 'win32')('is rejected if it is neither a file nor a folder', async () => {
    expect(await refusal(kindOf('data', '/dev/null'))).toBe(
      '“/dev/null” is neither a folder nor an archive.',
    );
    expect(await refusal(kindOf('backbone', '/dev/null'))).toBe(
      '“/dev/null” is neither a folder nor a weight file.',
    );
  });
});

describe('creating a folder', () => {
  it('creates its parents, and may already exist', async () => {
    await makeFolder(inside('a', 'b', 'c'));
    await makeFolder(inside('a', 'b', 'c'));
    expect((await stat(inside('a', 'b', 'c'))).isDirectory()).toBe(true);
  });

  it('is rejected if a file is in its place', async () => {
    await writeFile(inside('file'), '');
    expect(await refusal(makeFolder(inside('file')))).toBe(
      `“${inside('file')}” cannot be created: a file with this name exists.`,
    );
    expect(await refusal(makeFolder(inside('file', 'deeper')))).toMatch(
      /cannot be created: part of its path is a file\.$/,
    );
  });
});

describe('an error of the file system', () => {
  const said = (code: string, message = 'no words') =>
    asUserError(Object.assign(new Error(message), { code, path: '/disk/flowers' }), 'read').message;

  // Errors that a test cannot cause on every disk, and root on none.
  it.each([
    ['EACCES', 'permission is denied'],
    ['EPERM', 'permission is denied'],
    ['EROFS', 'the disk is read-only'],
    ['ENOSPC', 'the disk is full'],
  ])('%s is described in words', (code, words) => {
    expect(said(code)).toBe(`“/disk/flowers” cannot be read: ${words}.`);
  });

  it('that is unknown keeps its message', () => {
    expect(said('EIO', 'EIO: i/o error')).toBe('“/disk/flowers” cannot be read: EIO: i/o error.');
  });

  it('that is a UserError is not changed', () => {
    const error = new UserError('As it stands.');
    expect(asUserError(error, 'read')).toBe(error);
  });
});
