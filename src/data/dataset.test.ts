import { describe, expect, test } from 'vitest';
import type { FileSource, NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { type Dataset, type ImportOptions, importDataset, resplit, summarize } from './dataset';
import { bytesOf, classPaths, dropped, hollowPng, plain, plainFiles, textFile, zipOf } from './file-fixtures';
import { gather } from './gather';

const SIDE = 8;

function load(source: FileSource, options: Partial<ImportOptions> = {}): Promise<Dataset> {
  return importDataset(source, { side: SIDE, seed: 1, testPart: 0, preset: 'whole', ...options });
}

async function loadPaths(...paths: string[]): Promise<Dataset> {
  return load(dropped(...(await plainFiles(paths))));
}

/** The message for the person; anything but a UserError fails the test. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.message : '';
}

function reasonFor(dataset: Dataset, path: string): string | undefined {
  return dataset.leftOut.find((entry) => entry.path === path)?.reason;
}

function perClass(dataset: Dataset, part: 'train' | 'val'): number[] {
  return dataset.classes.map((_, label) => dataset[part].labels.filter((l) => l === label).length);
}

const TWO_CLASSES = classPaths('pets', { cat: 5, dog: 5 });

describe('a good set', () => {
  test('becomes classes in natural order, split 80/20 within each', async () => {
    const dataset = await loadPaths(...classPaths('set', { class10: 10, class2: 20, class1: 5 }));
    expect(dataset.classes).toEqual(['class1', 'class2', 'class10']);
    expect(perClass(dataset, 'train')).toEqual([4, 16, 8]);
    expect(perClass(dataset, 'val')).toEqual([1, 4, 2]);
    expect(dataset).toMatchObject({
      name: 'set',
      description: '',
      split: 'stratified',
      seed: 1,
      leftOut: [],
    });
    expect(dataset.augmentation).toBe('crops-flips');
    expect(dataset.train.pixels.length).toBe(28 * SIDE * SIDE * 3);
  });

  test('keeps each image with its own label and path', async () => {
    const paths = classPaths('set', { a: 6, b: 6 });
    const dataset = await loadPaths(...paths);
    for (const images of [dataset.train, dataset.val]) {
      images.paths.forEach((path, i) => {
        expect(path.startsWith(`${dataset.classes[images.labels[i] ?? -1]}/`)).toBe(true);
        // `plainFiles` gives the n-th file the red value n.
        expect(images.pixels[i * SIDE * SIDE * 3]).toBe(paths.indexOf(`set/${path}`));
      });
    }
  });

  test('is found in outer folders at any depth; folders inside a class belong to the class', async () => {
    const dataset = await loadPaths(
      'a/b/c/cat/1.png',
      'a/b/c/cat/old/2.png',
      'a/b/c/dog/1.png',
      'a/b/c/dog/x/y/2.png',
    );
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect([...dataset.train.paths, ...dataset.val.paths].sort()).toEqual(
      ['cat/1.png', 'cat/old/2.png', 'dog/1.png', 'dog/x/y/2.png'].sort(),
    );
  });

  test('reads JPEG and WebP as well', async () => {
    const jpegs = await plainFiles(classPaths('s', { a: 2 }), 'image/jpeg');
    const webps = await plainFiles(classPaths('s', { b: 2 }), 'image/webp', 100);
    expect((await load(dropped(...jpegs, ...webps))).classes).toEqual(['a', 'b']);
  });

  test('may contain the same file name in two classes, but not the same path twice', async () => {
    const dataset = await loadPaths('s/a/1.png', 's/a/2.png', 's/b/1.png', 's/b/2.png', 's/b/2.png');
    expect(dataset.train.paths.length + dataset.val.paths.length).toBe(4);
    expect(dataset.leftOut).toEqual([{ path: 's/b/2.png', reason: expect.stringMatching(/same path/) }]);
  });

  test('keeps names with spaces, emoji, markup and dots as plain text', async () => {
    const names = ['two words', '🌷 tulip', '<img src=x onerror=alert(1)>', '..'];
    const dataset = await loadPaths(
      ...names.flatMap((name) => [`set/${name}/a b.png`, `set/${name}/🌼.png`]),
    );
    expect([...dataset.classes].sort()).toEqual([...names].sort());
    expect(dataset.leftOut).toEqual([]);
  });

  test('reports its progress', async () => {
    const seen: string[] = [];
    await load(dropped(...(await plainFiles(TWO_CLASSES))), {
      onProgress: ({ label, done, total }) => seen.push(`${label} ${done}/${total}`),
    });
    expect(seen[0]).toBe('Reading images 0/10');
    expect(seen.slice(-2)).toEqual(['Reading images 10/10', 'Comparing and splitting the images 0/0']);
    expect(seen.length).toBe(12);
  });

  test('of 3,000 files is read completely', async () => {
    const files = await plainFiles(classPaths('many', { a: 1000, b: 1000, c: 1000 }));
    const dataset = await load(dropped(...files), { side: 73 });
    expect(perClass(dataset, 'train')).toEqual([800, 800, 800]);
    expect(perClass(dataset, 'val')).toEqual([200, 200, 200]);
  });
});

describe('the split', () => {
  test('depends on the seed, not on the order of the files', async () => {
    const files = await plainFiles(classPaths('s', { a: 20, b: 20 }));
    const first = await load(dropped(...files));
    const again = await load(dropped(...files.toReversed()));
    const other = await load(dropped(...files), { seed: 2 });
    expect(again).toEqual(first);
    expect(other.val.paths).not.toEqual(first.val.paths);
    expect(other.hash).toBe(first.hash);
  });

  test('with another seed equals that of an import with that seed', async () => {
    const files = await plainFiles(classPaths('s', { a: 20, b: 7 }));
    const first = await load(dropped(...files));
    const before = first.val.paths.slice();
    expect(resplit(first, { seed: 2, testPart: 0 })).toEqual(await load(dropped(...files), { seed: 2 }));
    expect(first.val.paths).toEqual(before);
  });

  test('has at least one training and one validation image of each class and uses every image once', async () => {
    for (let n = 2; n <= 12; n++) {
      const dataset = await loadPaths(...classPaths('s', { a: n, b: 3 }));
      expect(Math.min(...perClass(dataset, 'train'), ...perClass(dataset, 'val'))).toBeGreaterThanOrEqual(1);
      expect(new Set([...dataset.train.paths, ...dataset.val.paths]).size).toBe(n + 3);
    }
  });

  test('given by train and val folders is kept for every seed', async () => {
    const paths = [
      ...classPaths('set/train', { cat: 3, dog: 3, bird: 2 }),
      ...classPaths('set/Validation', { cat: 1, dog: 2, fish: 1 }),
      'set/extra.png',
    ];
    const dataset = await loadPaths(...paths);
    expect(dataset.split).toBe('given');
    expect(dataset.classes).toEqual(['bird', 'cat', 'dog']);
    expect(perClass(dataset, 'train')).toEqual([2, 3, 3]);
    expect(perClass(dataset, 'val')).toEqual([0, 1, 2]);
    expect(reasonFor(dataset, 'set/Validation/fish/0.png')).toMatch(/no training images/);
    expect(reasonFor(dataset, 'set/extra.png')).toMatch(/Outside the folders/);
    expect(resplit(dataset, { seed: 9, testPart: 0.2 }).val.paths).toEqual(dataset.val.paths);
  });

  test('keeps a test folder for testing, beside a val folder or alone with train', async () => {
    const parts = {
      train: classPaths('set/train', { cat: 10, dog: 10 }),
      val: classPaths('set/val', { cat: 2, dog: 1 }),
      test: classPaths('set/Test', { cat: 3, dog: 4, fish: 1 }),
    };
    const all = await loadPaths(...parts.train, ...parts.val, ...parts.test);
    expect([all.split, all.testSplit]).toEqual(['given', 'given']);
    expect([all.train, all.val, all.test].map((images) => images?.labels.length)).toEqual([20, 3, 7]);
    expect(reasonFor(all, 'set/Test/fish/0.png')).toMatch(/test images but no training images/);

    const two = await load(dropped(...(await plainFiles([...parts.train, ...parts.test]))), {
      testPart: 0.2,
    });
    expect([two.split, two.testSplit]).toEqual(['stratified', 'given']);
    expect([two.train, two.val, two.test].map((images) => images?.labels.length)).toEqual([16, 4, 7]);
    const again = resplit(two, { seed: 2, testPart: 0.2 });
    expect(again.test).toEqual(two.test);
    expect(again.val.paths).not.toEqual(two.val.paths);
    expect(two.val.paths.every((path) => path.startsWith('train/'))).toBe(true);
  });

  test('holds out test images on request, and can return them to training', async () => {
    const files = await plainFiles(classPaths('s', { a: 20, b: 10 }));
    const plainly = await load(dropped(...files));
    const held = resplit(plainly, { seed: 1, testPart: 0.2 });
    expect(held).toEqual(await load(dropped(...files), { testPart: 0.2 }));
    expect(held.test?.paths.length).toBe(6);
    expect(held.val).toEqual(plainly.val);
    expect((await summarize(held)).classes.map(({ train, val, test }) => [train, val, test])).toEqual([
      [12, 4, 4],
      [6, 2, 2],
    ]);
    expect(resplit(held, { seed: 1, testPart: 0 })).toEqual(plainly);
  });

  test('is drawn by the seed if only train contains class folders', async () => {
    const dataset = await loadPaths(
      ...classPaths('set/train', { cat: 5, dog: 5 }),
      'set/test/1.png',
      'set/test/2.png',
    );
    expect(dataset.split).toBe('stratified');
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(reasonFor(dataset, 'set/test/1.png')).toMatch(/Not in a class folder/);
  });

  test('folders named like its parts are not classes, unless the person says so', async () => {
    const files = await plainFiles(classPaths('set', { train: 4, test: 4 }));
    expect(await refusal(load(dropped(...files)))).toMatch(/^The folders “test” and “train” are named like/);
    const dataset = await load(dropped(...files), { reading: { splitFolders: false } });
    expect(dataset.classes).toEqual(['test', 'train']);
    expect(dataset.reading).toEqual({ splitFolders: false });
    expect(resplit(dataset, { seed: 2, testPart: 0 }).reading).toEqual({ splitFolders: false });
  });
});

describe('a set that cannot be trained on is rejected with advice', () => {
  test('an empty folder', async () => {
    expect(await refusal(load(dropped()))).toMatch(/^There are no files to import\. Drop a folder/);
    expect(await refusal(load(dropped(textFile('set/.DS_Store', 'x'))))).toMatch(
      /^There are no files to import/,
    );
  });

  test('nothing decodable', async () => {
    const message = await refusal(
      load(dropped(textFile('set/a/notes.txt', 'hello'), textFile('set/b.csv', '1'))),
    );
    expect(message).toMatch(
      /^None of the dropped files could be read as an image\. .*“set\/a\/notes\.txt”: Not an image\..* \(and 1 more left out\) Drop/,
    );
  });

  test('one class only, which is named, at any depth', async () => {
    for (const folder of ['cats', 'pets/cats', 'pets/all/cats']) {
      expect(await refusal(loadPaths(`${folder}/1.png`, `${folder}/2.png`))).toMatch(
        /^There is only one class, “cats”\. A data set needs at least two folders/,
      );
    }
    expect(await refusal(loadPaths('train/cats/1.png', 'val/cats/1.png'))).toMatch(/only one class, “cats”/);
  });

  test('loose images', async () => {
    expect(await refusal(loadPaths('1.png', '2.png'))).toMatch(/^The 2 images are not in folders/);
  });

  test('one image of each class', async () => {
    expect(await refusal(loadPaths(...classPaths('s', { a: 1, b: 1, c: 1 })))).toBe(
      'Each of the 3 classes has only one image that can be read. A class needs at least two: one to train on, one to validate.',
    );
  });

  test('labels in a table, which is named', async () => {
    const files = await plainFiles(['s/train/1.png', 's/train/2.png', 's/test/3.png']);
    const table = textFile('s/train/metadata.jsonl', '{"file_name": "1.png"}\n{"file_name": "2.png"}');
    expect(await refusal(load(dropped(...files, table)))).toMatch(
      /“s\/train\/metadata\.jsonl” looks like a table/,
    );
  });

  test('fewer than two classes after exclusions', async () => {
    const good = await plainFiles(classPaths('s', { a: 3 }));
    const message = await refusal(
      load(dropped(...good, { path: 's/b/1.png', file: (await plain(1)).slice(0, 50) })),
    );
    expect(message).toMatch(/^Only one class, “a”, has enough readable images.*“s\/b\/1\.png”: Cut off/);
  });

  test('a given split whose validation images are all unreadable', async () => {
    const good = await plainFiles(classPaths('s/train', { a: 2, b: 2 }));
    const bad = { path: 's/val/a/1.png', file: hollowPng(12_000, 9_000) };
    expect(await refusal(load(dropped(...good, bad)))).toMatch(/^None of the validation images.*Too large/);
  });

  test('an aborted import ends at once, not with a UserError', async () => {
    const files = await plainFiles(TWO_CLASSES);
    const controller = new AbortController();
    const run = load(dropped(...files), { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a bad file is left out with its reason, and the others are imported', () => {
  async function withBadFiles(...bad: NamedFile[]): Promise<Dataset> {
    return load(dropped(...(await plainFiles(TWO_CLASSES)), ...bad));
  }

  test('0 bytes, text called .jpg, a document, too many pixels, loose, a zip', async () => {
    const zip = await zipOf([textFile('a', 'a')]);
    const dataset = await withBadFiles(
      textFile('pets/cat/empty.jpg', ''),
      textFile('pets/cat/text.jpg', 'this is a text, not an image'),
      textFile('pets/README.md', '# Pets'),
      { path: 'pets/cat/huge.png', file: hollowPng(12_000, 9_000) },
      { path: 'pets/loose.png', file: await plain(3) },
      { path: 'pets/dog/more.docx', file: zip },
    );
    expect(dataset.train.paths.length + dataset.val.paths.length).toBe(10);
    expect(Object.fromEntries(dataset.leftOut.map(({ path, reason }) => [path, reason]))).toEqual({
      'pets/cat/empty.jpg': 'Empty: the file has 0 bytes.',
      'pets/cat/text.jpg': 'Not an image, although its name ends in .jpg.',
      'pets/README.md': 'Not an image.',
      'pets/cat/huge.png': expect.stringMatching(/^Too large: 12,000 × 9,000 pixels/),
      'pets/loose.png': 'Not in a class folder. Put it in the folder of its class.',
      'pets/dog/more.docx': 'A zip archive without the ending .zip. If it contains images, unpack it first.',
    });
  });

  test('a class with a single image', async () => {
    const dataset = await withBadFiles({ path: 'pets/newt/only.png', file: await plain(9) });
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(reasonFor(dataset, 'pets/newt/only.png')).toMatch(/^The only usable image of class “newt”/);
  });

  test('one JPEG in twenty cut off', async () => {
    const files = await plainFiles(classPaths('s', { a: 100, b: 100 }), 'image/jpeg');
    const cut = files.map(({ path, file }, i) => ({
      path,
      file: i % 20 === 7 ? file.slice(0, file.size / 2) : file,
    }));
    const dataset = await load(dropped(...cut));
    expect(dataset.leftOut.length).toBe(10);
    for (const { reason } of dataset.leftOut)
      expect(reason).toMatch(/^Cut off: the image data of this JPEG file is incomplete/);
    expect(dataset.train.paths.length + dataset.val.paths.length).toBe(190);
  });

  test('a file that vanished from the disk', async () => {
    const gone = new Blob(['x'.repeat(100)]);
    const unreadable: Blob = Object.assign(gone, {
      slice: () =>
        Object.assign(new Blob(), {
          arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')),
        }),
    });
    const dataset = await withBadFiles({ path: 'pets/cat/gone.png', file: unreadable });
    expect(reasonFor(dataset, 'pets/cat/gone.png')).toMatch(/^Could not be read from the disk/);
  });

  test('hidden files inside a hidden folder that was chosen', async () => {
    const files = await plainFiles([...classPaths('.photos', { cat: 3, dog: 3 }), '.photos/.cache/x/1.png']);
    const dataset = await load(dropped(...files));
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(dataset.leftOut).toEqual([]);
  });

  test('system files are ignored without a reason', async () => {
    const dataset = await withBadFiles(
      textFile('pets/.DS_Store', 'x'),
      textFile('pets/cat/Thumbs.db', 'x'),
      textFile('__MACOSX/pets/cat/._1.png', 'x'),
      textFile('pets/.git/config', 'x'),
    );
    expect(dataset.leftOut).toEqual([]);
  });
});

test('a table beside class folders is left out with a reason', async () => {
  const files = await plainFiles(TWO_CLASSES);
  const table = textFile('pets/labels.csv', 'file,label\ncat/0.png,cat\ncat/1.png,cat\ndog/0.png,dog');
  const dataset = await load(dropped(...files, table));
  expect(dataset.leftOut).toEqual([
    {
      path: 'pets/labels.csv',
      reason: 'A table that lists the images. Classes are taken from folder names only.',
    },
  ]);
});

describe('dataset.json', () => {
  const set = () => plainFiles(classPaths('outer/pets', { cat: 5, dog: 5 }));

  test('gives the name, the description and the augmentation of the set', async () => {
    const text = JSON.stringify({
      name: 'Pets',
      description: 'Cats and dogs.',
      augmentation: 'flips',
      licence: 'CC0-1.0',
    });
    for (const path of ['outer/pets/dataset.json', 'outer/dataset.json', 'dataset.json']) {
      const dataset = await load(dropped(...(await set()), textFile(path, text)));
      expect(dataset).toMatchObject({
        name: 'Pets',
        description: 'Cats and dogs.',
        augmentation: 'flips',
        leftOut: [],
      });
    }
  });

  test.each([
    ['{ "name": ', /not valid JSON/],
    ['{ "augmentation": "mixup" }', /“augmentation”/],
    ['[1, 2]', /^Not used/],
  ])('that is bad is left out with the reason: %s', async (text, reason) => {
    const dataset = await load(dropped(...(await set()), textFile('outer/pets/dataset.json', text)));
    expect(reasonFor(dataset, 'outer/pets/dataset.json')).toMatch(reason);
    expect(dataset.name).toBe('outer');
  });

  test('inside a class is left out', async () => {
    const dataset = await load(
      dropped(...(await set()), textFile('outer/pets/cat/dataset.json', '{"name":"x"}')),
    );
    expect(reasonFor(dataset, 'outer/pets/cat/dataset.json')).toBe(
      'Not used: it is not at the root of the data set.',
    );
  });
});

describe('the hash, the summary and the batches of a set', () => {
  test('the hash depends on pixels, labels and names, and on nothing else', async () => {
    const files = await plainFiles(TWO_CLASSES);
    const { hash } = await load(dropped(...files));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const renamedRoot = files.map(({ path, file }) => ({
      path: path.replace('pets', 'other/animals'),
      file,
    }));
    expect((await load(dropped(...renamedRoot))).hash).toBe(hash);
    const renamedClass = files.map(({ path, file }) => ({ path: path.replace('/dog/', '/wolf/'), file }));
    expect((await load(dropped(...renamedClass))).hash).not.toBe(hash);
    const changed = [...files.slice(1), { path: files[0]?.path ?? '', file: await plain(99) }];
    expect((await load(dropped(...changed))).hash).not.toBe(hash);
  });

  test('the summary counts, and its atlas shows training images first', async () => {
    const dataset = await load(dropped(...(await plainFiles(classPaths('s', { a: 5, b: 3 })))));
    const summary = await summarize(dataset);
    expect(summary.classes.map(({ name, train, val }) => [name, train, val])).toEqual([
      ['a', 4, 1],
      ['b', 2, 1],
    ]);
    const { tile, columns } = summary.thumbnailLayout;
    expect([tile, columns]).toEqual([8, 3]);
    const atlas = await createImageBitmap(summary.classes[0]?.thumbnails ?? new Blob());
    expect([atlas.width, atlas.height]).toEqual([24, 16]);
  });

  test('a batch contains the pixels of its images', async () => {
    const { train } = await loadPaths(...classPaths('s', { a: 10, b: 10 }));
    const size = SIDE * SIDE * 3;
    const batch = gather(train, [3, 0], SIDE);
    expect([...batch]).toEqual([
      ...train.pixels.subarray(3 * size, 4 * size),
      ...train.pixels.subarray(0, size),
    ]);
  });
});

describe('a zip', () => {
  test('dropped alone is recognised by its content, not its name', async () => {
    const files = await plainFiles(classPaths('pets', { cat: 5, dog: 5 }));
    const plainly = await load(dropped(...files));
    for (const path of ['pets.zip', 'download']) {
      const dataset = await load(dropped({ path, file: await zipOf(files) }));
      expect(dataset.hash).toBe(plainly.hash);
      expect(dataset.name).toBe(path.replace('.zip', ''));
    }
  });

  test('for each class gives its name to the class', async () => {
    const cats = await zipOf(await plainFiles(['1.png', '2.png']));
    const dogs = await zipOf(await plainFiles(['1.png', '2.png'], 'image/png', 100));
    const dataset = await load(dropped({ path: 'cat.zip', file: cats }, { path: 'dog.zip', file: dogs }));
    expect(dataset.classes).toEqual(['cat', 'dog']);
  });

  test('inside a folder is unpacked in its place', async () => {
    const zip = await zipOf(await plainFiles(['1.png', '2.png']));
    const dogs = await plainFiles(['pets/dog/1.png', 'pets/dog/2.png'], 'image/png', 100);
    const dataset = await load(dropped({ path: 'pets/cat.zip', file: zip }, ...dogs));
    expect(dataset.classes).toEqual(['cat', 'dog']);
  });

  test('of a sample set is fetched', async () => {
    const url = URL.createObjectURL(await zipOf(await plainFiles(classPaths('.', { a: 2, b: 2 }))));
    expect((await load({ kind: 'sample', name: 'Two', url })).name).toBe('Two');
    URL.revokeObjectURL(url);
    expect(await refusal(load({ kind: 'sample', name: 'Two', url }))).toMatch(
      /^The sample set “Two” could not be fetched/,
    );
  });

  test('with only unsafe paths is rejected', async () => {
    const zip = await zipOf(await plainFiles(['../a/1.png']));
    expect(await refusal(load(dropped({ path: 'x.zip', file: zip })))).toMatch(/leads outside/);
    expect((await bytesOf(zip)).length).toBeGreaterThan(0);
  });
});
