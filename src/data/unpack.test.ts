import { describe, expect, test } from 'vitest';
import { UserError } from '../core/user-error';
import { MAX_RATIO } from './archive-limits';
import { bytesOf, patched, plainFiles, textFile, uint32, zipOf } from './file-fixtures';
import { unpack } from './unpack';

async function refusal(zip: Blob): Promise<string> {
  const error = await unpack(zip, { name: 'set.zip' }).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.message : '';
}

const zeros = (megabytes: number) => new Blob([new Uint8Array(megabytes * 2 ** 20)]);

describe('unpack', () => {
  test('gives each file under the zip’s name, without system files', async () => {
    const files = await plainFiles(['a/1.png', 'b/🌷 2.png']);
    const { files: unpacked, leftOut } = await unpack(
      await zipOf([...files, textFile('__MACOSX/a/._1.png', 'x')]),
      {
        name: 'set.zip',
      },
    );
    expect(unpacked.map(({ path }) => path)).toEqual(['set/a/1.png', 'set/b/🌷 2.png']);
    expect(leftOut).toEqual([]);
    for (const [i, { file }] of files.entries()) {
      expect(await bytesOf(unpacked[i]?.file ?? new Blob())).toEqual(await bytesOf(file));
    }
  });

  test('reads `\\` of old Windows tools as a separator', async () => {
    const { files } = await unpack(await zipOf([textFile('a\\1.txt', 'x')]), { name: 'set.zip' });
    expect(files.map(({ path }) => path)).toEqual(['set/a/1.txt']);
  });

  test('reads both separators in one path', async () => {
    const { files } = await unpack(await zipOf([textFile('set/cat\\1.txt', 'x')]), { name: 'set.zip' });
    expect(files.map(({ path }) => path)).toEqual(['set/set/cat/1.txt']);
  });

  test('keeps a hidden folder that contains everything, and ignores hidden files inside', async () => {
    const files = ['.photos/cat/1.txt', '.photos/dog/2.txt', '.photos/.git/config', '__MACOSX/.photos/._x'];
    const unpacked = await unpack(await zipOf(files.map((path) => textFile(path, 'x'))), { name: 'x.zip' });
    // `.git` is not read, and the rest of the set is.
    expect(unpacked.files.map(({ path }) => path)).toEqual(['x/.photos/cat/1.txt', 'x/.photos/dog/2.txt']);
  });

  test('leaves out entries whose path leads outside the archive', async () => {
    const bad = [
      '../up.png',
      'a/../../up.png',
      '/etc/up.png',
      'C:\\up.png',
      '..\\up.png',
      '\\\\host\\up.png',
    ];
    const zip = await zipOf([...bad, 'a/b..png'].map((path) => textFile(path, 'x')));
    const { files, leftOut } = await unpack(zip, { name: 'set.zip' });
    expect(files.map(({ path }) => path)).toEqual(['set/a/b..png']);
    expect(leftOut.map(({ path }) => path)).toEqual(bad.map((path) => `set/${path}`));
    for (const { reason } of leftOut) expect(reason).toBe('Its path leads outside the archive.');
  });

  test('leaves out a damaged entry and keeps the others', async () => {
    const zip = await zipOf([textFile('a.txt', 'the first text'), textFile('b.txt', 'the other text')], {
      level: 0,
    });
    const letters = (text: string) => new TextEncoder().encode(text);
    const { files, leftOut } = await unpack(await patched(zip, letters('first'), letters('FIRST')), {
      name: 'set.zip',
    });
    expect(files.map(({ path }) => path)).toEqual(['set/b.txt']);
    expect(leftOut).toEqual([
      { path: 'set/a.txt', reason: expect.stringMatching(/^Damaged inside the zip/) },
    ]);
  });

  test('rejects an encrypted zip', async () => {
    const zip = await zipOf([textFile('a.txt', 'secret')], { password: 'p' });
    expect(await refusal(zip)).toBe(
      '“set.zip” is encrypted. Unpack it with its password and drop the folder instead.',
    );
  });

  test('rejects a zip that is cut off or damaged', async () => {
    const zip = await zipOf(await plainFiles(['a/1.png']));
    expect(await refusal(zip.slice(0, zip.size - 30))).toMatch(/^“set\.zip” is damaged or cut off/);
    expect(await refusal(new Blob(['PK\x03\x04 and nothing more']))).toMatch(/damaged or cut off/);
  });

  test(`rejects an entry compressed by more than ${MAX_RATIO}:1`, async () => {
    expect(await refusal(await zipOf([{ path: 'bomb.png', file: zeros(8) }]))).toMatch(
      /^“bomb\.png” in “set\.zip” is compressed by more than 200:1, the limit/,
    );
  });

  test('rejects a zip that states more than 4 GB in total', async () => {
    const size = 3 * 2 ** 20;
    const zip = await zipOf(
      [1, 2, 3].map((i) => ({ path: `${i}.bin`, file: zeros(3) })),
      { level: 0 },
    );
    expect(await refusal(await patched(zip, uint32(size), uint32(3 * 2 ** 30)))).toMatch(
      /^“set\.zip” would unpack to 9\.0 GB; the limit is 4 GB\./,
    );
  });

  test('stops at an entry that unpacks to more than it states', async () => {
    const zip = await zipOf([{ path: 'liar.png', file: zeros(8) }]);
    const lying = await patched(zip, uint32(8 * 2 ** 20), uint32(1000));
    expect(await refusal(lying)).toMatch(/^“liar\.png” in “set\.zip” does not unpack to the 1,000 bytes/);
  });

  test('ends when aborted', async () => {
    const zip = await zipOf(await plainFiles(['a/1.png', 'a/2.png']));
    const controller = new AbortController();
    const run = unpack(zip, {
      name: 'x.zip',
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });
});
