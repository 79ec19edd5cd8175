import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../src/core/user-error';
import { withoutLinks } from './linked-folder';

let place: string;
const at = (...names: string[]) => join(place, ...names);

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'linked-'));
  for (const name of ['cat', 'dog']) {
    mkdirSync(at('set', name), { recursive: true });
    mkdirSync(at('elsewhere', name), { recursive: true });
    for (const i of [0, 1]) {
      writeFileSync(at('set', name, `${i}.png`), `${name} ${i}`);
      writeFileSync(at('elsewhere', name, `${i}.png`), 'x');
    }
  }
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

async function filesOf(folder: string) {
  const { path, notices, remove } = await withoutLinks(folder);
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
  const hasLinks = readdirSync(path, { recursive: true, withFileTypes: true }).some((e) =>
    e.isSymbolicLink(),
  );
  remove();
  return { path, files, notices, hasLinks };
}

describe('a folder', () => {
  test('without links is returned unchanged', async () => {
    const { path, notices } = await withoutLinks(at('set'));
    expect([path, notices]).toEqual([at('set'), []]);
  });

  test('with links to its own files and folders: the links are followed', async () => {
    symlinkSync('dog', at('set', 'hound'));
    symlinkSync(at('set', 'cat', '0.png'), at('set', 'dog', 'odd.png'));
    const { files, notices, hasLinks, path } = await filesOf(at('set'));
    expect(files).toEqual([
      ...['cat/0.png', 'cat/1.png', 'dog/0.png', 'dog/1.png', 'dog/odd.png'],
      ...['hound/0.png', 'hound/1.png', 'hound/odd.png'],
    ]);
    expect([notices, hasLinks]).toEqual([[], false]);
    expect(path.endsWith('/set')).toBe(true);
  });

  test('with links that lead out of it, nowhere or in a circle: the links are not followed, but named', async () => {
    symlinkSync('../../elsewhere/cat/0.png', at('set', 'cat', 'far.png'));
    symlinkSync('nothing', at('set', 'cat', 'broken.png'));
    symlinkSync('..', at('set', 'dog', 'up'));
    symlinkSync('circle.png', at('set', 'dog', 'circle.png'));
    const { files, notices } = await filesOf(at('set'));
    expect(files).toEqual(['cat/0.png', 'cat/1.png', 'dog/0.png', 'dog/1.png']);
    expect(notices).toEqual([
      'The symbolic link “cat/far.png” was passed over: it leads out of the folder.',
      '2 symbolic links were passed over: each leads nowhere: “cat/broken.png” and “dog/circle.png”.',
      'The symbolic link “dog/up” was passed over: it leads back to a folder around it.',
    ]);
  });

  test('a folder with a longer name that begins in the same way is outside', async () => {
    mkdirSync(at('set-2'));
    writeFileSync(at('set-2', '0.png'), 'x');
    symlinkSync('../set-2', at('set', 'bird'));
    expect((await filesOf(at('set'))).notices).toEqual([
      'The symbolic link “bird” was passed over: it leads out of the folder.',
    ]);
  });

  test('that is itself a link is followed', async () => {
    symlinkSync('set', at('chosen'));
    symlinkSync('cat', at('set', 'again'));
    expect((await filesOf(at('chosen'))).files.length).toBe(6);
  });

  test('with only links that lead out is rejected, and the links are named', async () => {
    mkdirSync(at('linked'));
    for (const name of ['cat', 'dog']) symlinkSync(at('elsewhere', name), at('linked', name));
    const error = await withoutLinks(at('linked')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(
      'has no files to read. 2 symbolic links were passed over: each leads out of the folder: “cat” and “dog”.',
    );
  });
});
