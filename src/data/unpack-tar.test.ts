import { describe, expect, test } from 'vitest';
import { UserError } from '../core/user-error';
import { importDataset } from './dataset';
import { classPaths, dropped, gzipped, plainFiles, tarOf, textFile, zipOf } from './file-fixtures';
import { canUnpack, unpack } from './unpack';

const texts = (...paths: string[]) => paths.map((path) => textFile(path, `content of ${path}`));
const load = (archive: Blob, path: string) =>
  importDataset(dropped({ path, file: archive }), { side: 8, seed: 1, testPart: 0, preset: 'whole' });

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.message : '';
}

describe('a tar', () => {
  test('with or without gzip is read like its folder', async () => {
    const files = await plainFiles(classPaths('flower_photos', { rose: 4, tulip: 4 }));
    const plainly = await importDataset(dropped(...files), {
      side: 8,
      seed: 1,
      testPart: 0,
      preset: 'whole',
    });
    const tar = await tarOf(files);
    for (const [archive, path] of [
      [tar, 'flowers.tar'],
      [await gzipped(tar), 'flowers.tar.gz'],
      [await gzipped(tar), 'flowers.tgz'],
      [await gzipped(tar), 'download'],
    ] as const) {
      const dataset = await load(archive, path);
      expect(dataset.hash).toBe(plainly.hash);
      expect(dataset.name).toBe(path.replace(/\..*/, ''));
    }
  });

  test('for each part of a split is unpacked beside other archives', async () => {
    const train = await gzipped(await tarOf(await plainFiles(classPaths('train', { a: 3, b: 3 }))));
    const val = await zipOf(await plainFiles(classPaths('val', { a: 1, b: 1 })));
    const source = dropped({ path: 'train.tar.gz', file: train }, { path: 'val.zip', file: val });
    const dataset = await importDataset(source, { side: 8, seed: 1, testPart: 0, preset: 'whole' });
    expect([dataset.classes, dataset.split]).toEqual([['a', 'b'], 'given']);
  });

  test('keeps long names, hard links and empty files, and ignores other entries', async () => {
    const long = `set/${'folder/'.repeat(30)}猫.txt`;
    const tar = await tarOf(texts('set/a.txt', long, 'set/__MACOSX/x', 'set/._a.txt', 'set/.hidden/b'), [
      { name: 'set/', size: 0, type: 'directory' },
      { name: 'set/second.txt', size: 0, type: 'link', linkname: 'set/a.txt' },
      { name: 'set/lost.txt', size: 0, type: 'link', linkname: 'set/nowhere' },
      { name: 'set/soft.txt', size: 0, type: 'symlink', linkname: '/etc/passwd' },
      { name: 'set/empty.txt', size: 0 },
    ]);
    const { files, leftOut } = await unpack(tar, { name: 'x.tar' });
    expect(files.map(({ path }) => path)).toEqual([
      'x/set/a.txt',
      `x/${long}`,
      'x/set/second.txt',
      'x/set/empty.txt',
    ]);
    expect(await files[2]?.file.text()).toBe('content of set/a.txt');
    expect(leftOut).toEqual([
      { path: 'x/set/lost.txt', reason: 'A link to a file that is not in the archive.' },
      { path: 'x/set/soft.txt', reason: 'A symbolic link inside the archive. Pack the file itself.' },
    ]);
  });

  test('leaves out entries whose path leads outside the archive', async () => {
    const { files, leftOut } = await unpack(
      await tarOf(texts('../up.png', '/etc/x.png', 'a\\..\\..\\y.png', 'a/b.png')),
      {
        name: 'x.tar',
      },
    );
    expect(files.map(({ path }) => path)).toEqual(['x/a/b.png']);
    expect(leftOut.map(({ reason }) => reason)).toEqual(Array(3).fill('Its path leads outside the archive.'));
  });

  test('that is cut off or damaged is rejected', async () => {
    const tar = await tarOf([
      { path: 'a.bin', file: new Blob([new Uint8Array(5000).map((_, i) => (i * 7919) % 251)]) },
    ]);
    expect(await refusal(unpack(tar.slice(0, 3000), { name: 'x.tar' }))).toMatch(
      /^“x\.tar” is damaged or cut off/,
    );
    const packed = await gzipped(tar);
    for (const length of [packed.size - 20, Math.floor(packed.size / 2)])
      expect(await refusal(unpack(packed.slice(0, length), { name: 'x.tar.gz' }))).toMatch(
        /^“x\.tar\.gz” is damaged/,
      );
  });

  test('that unpacks to more than 200 times its size is rejected', async () => {
    const bomb = await gzipped(
      await tarOf([{ path: 'zeros.png', file: new Blob([new Uint8Array(8 * 2 ** 20)]) }]),
    );
    expect(await refusal(unpack(bomb, { name: 'x.tar.gz' }))).toMatch(
      /^“x\.tar\.gz” is compressed by more than 200:1/,
    );
  });

  test('that states more than 4 GB is rejected before they are read', async () => {
    const tar = new Uint8Array(await (await tarOf(texts('a.bin'))).arrayBuffer());
    // 5 GB in octal, and the new checksum of the header.
    tar.set(new TextEncoder().encode('45000000000'), 124);
    tar.fill(0x20, 148, 156);
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    tar.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    expect(await refusal(unpack(new Blob([tar]), { name: 'x.tar' }))).toMatch(
      /would unpack to [45]\.\d GB; the limit/,
    );
  });

  test('ends when aborted', async () => {
    const controller = new AbortController();
    const run = unpack(await tarOf(texts('a', 'b', 'c')), {
      name: 'x.tar',
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('unsupported archives are named', () => {
  const packed = (bytes: number[]) => new Blob([Uint8Array.from([...bytes, ...Array(600).fill(7)])]);

  test.each([
    [
      '7z',
      [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
      /^None of the dropped files .*“set\.x”: A 7z archive, which this page cannot unpack\. Unpack it yourself/,
    ],
    ['RAR', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], /“set\.x”: A RAR archive, which/],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], /“set\.x”: An xz archive/],
    ['bzip2', [0x42, 0x5a, 0x68, 0x39], /“set\.x”: A bzip2 archive/],
    ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd], /“set\.x”: A Zstandard archive/],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(load(packed(bytes), 'set.x'))).toMatch(message);
  });

  test('a gzip file without a tar', async () => {
    expect(await refusal(load(await gzipped(new Blob(['not a tar '.repeat(100)])), 'labels.gz'))).toMatch(
      /“labels\.gz”: A gzip file that is not a tar archive, which this page cannot unpack/,
    );
  });

  test('a zip inside a zip, before other files', async () => {
    const inner = await zipOf(await plainFiles(['a/1.png']));
    const outer = await zipOf([textFile('README.txt', 'read me'), { path: 'data.zip', file: inner }]);
    expect(await refusal(load(outer, 'outer.zip'))).toMatch(
      /^None of the dropped files could be read .*“outer\/data\.zip”: A zip inside another archive\. Unpack the outer archive/,
    );
  });

  test('a tar is recognised by its checksum', async () => {
    const tar = await tarOf(texts('a.txt'));
    expect(await canUnpack(tar)).toBe(true);
    const changed = new Uint8Array(await tar.arrayBuffer());
    changed[0] = 0x62;
    expect(await canUnpack(new Blob([changed]))).toBe(false);
    expect(await canUnpack(new Blob([new Uint8Array(1024)]))).toBe(false);
  });
});
