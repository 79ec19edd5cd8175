import { describe, expect, test } from 'vitest';
import { SAMPLE_SETS } from '../../scripts/samples';
import { seededRandom } from '../core/random';
import { sharedImages } from '../fixtures';
import { type Dataset, importDataset, summarize } from './dataset';
import { dropped, type Paint, paintedImage, plain } from './file-fixtures';
import { alike, type Fingerprint, hammingDistance, NEAR_DUPLICATE, ones } from './fingerprint';
import { compared, fingerprintOf, SIDE, sharedBlob } from './fingerprint-fixture';
import { groupsOf } from './groups';
import { unpack } from './unpack';

interface Change {
  quality?: number;
  scale?: number;
  brightness?: number;
}

/** The image saved again as JPEG. */
async function saved(file: Blob, { quality = 0.9, scale = 1, brightness = 1 }: Change): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.imageSmoothingQuality = 'high';
  context.filter = `brightness(${brightness})`;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}

/** Discs whose positions and colours depend on the seed; `shift` moves them, pixels. */
function scene(seed: number, shift = 0): Paint {
  const random = seededRandom(seed).fork('scene');
  const spots = Array.from({ length: 6 }, () => ({
    x: 96 * random.uniform(),
    y: 96 * random.uniform(),
    radius: 6 + 14 * random.uniform(),
    colour: [random.integer(256), random.integer(256), random.integer(256)] as const,
  }));
  return (x, y) => {
    const spot = spots.find((each) => Math.hypot(x - shift - each.x, y - each.y) < each.radius);
    return spot ? spot.colour : [120, 110, 100];
  };
}

const sceneFile = (seed: number, shift = 0, type = 'image/png') =>
  paintedImage(96, 96, scene(seed, shift), type);

describe('the fingerprint', () => {
  test('counts differing bits', () => {
    expect([0, 1, -1, 0x80000000, 0x0f0f0f0f].map(ones)).toEqual([0, 1, 32, 1, 16]);
    expect(hammingDistance([0, -1], [1, 0])).toBe(33);
  });

  test('of a uniform image is not similar to any other, not even to itself', async () => {
    const [a, b] = [await fingerprintOf(await plain(1)), await fingerprintOf(await plain(1))];
    expect(alike(a, b, NEAR_DUPLICATE)).toBe(false);
  });

  test('differs for the same shape in another colour', async () => {
    const shape = (colour: readonly [number, number, number]) =>
      paintedImage(96, 96, (x, y) => (Math.hypot(x - 40, y - 50) < 25 ? colour : [255, 255, 255]));
    const [red, green] = [
      await fingerprintOf(await shape([200, 0, 0])),
      await fingerprintOf(await shape([0, 102, 0])),
    ];
    // The same luminance, by Rec. 601.
    expect(hammingDistance(red.hash, green.hash)).toBeLessThanOrEqual(NEAR_DUPLICATE.distance);
    expect(alike(red, green, NEAR_DUPLICATE)).toBe(false);
  });

  const CHANGES: Record<string, Change> = {
    'JPEG quality 0.3': { quality: 0.3 },
    'half the size': { scale: 0.5 },
    'a third of the size': { scale: 1 / 3, quality: 0.7 },
    '30 % brighter': { brightness: 1.3 },
    '30 % darker': { brightness: 0.7 },
  };
  test.for(Object.entries(CHANGES))('recognises images after a change: %s', async ([, change], context) => {
    const images = [...sharedImages('flowers5', context), ...sharedImages('sign-digits', context)];
    const chosen = images.filter((_, i) => i % 45 === 0);
    let found = 0;
    for (const path of chosen) {
      const file = await sharedBlob(path);
      const [before, after] = [await fingerprintOf(file), await fingerprintOf(await saved(file, change))];
      if (alike(before, after, NEAR_DUPLICATE)) found++;
    }
    expect(found / chosen.length).toBeGreaterThanOrEqual(0.8);
  });
});

describe('groups', () => {
  test.each(SAMPLE_SETS.map(({ id }) => id))('of the drawn images of %s: none', async (set) => {
    const zip = await (await fetch(`/samples/${set}.zip`)).blob();
    const { files } = await unpack(zip, { name: set });
    const images = [];
    for (const { path, file } of files) {
      if (path.endsWith('.png')) images.push({ path, fingerprint: await fingerprintOf(file) });
    }
    expect(new Set(groupsOf(compared(images)).groups).size).toBe(images.length);
  });

  test('join images through a third one, and series by similarity and numbers', async () => {
    const shots = [
      ['a/IMG_9.png', await sceneFile(1)],
      ['a/IMG_10.png', await sceneFile(1, 3)],
      ['a/IMG_11.png', await sceneFile(1, 6)],
      // As far from its neighbour as IMG_10 is, but not numbered after it.
      ['a/IMG_20.png', await sceneFile(1, 9)],
      ['b/IMG_12.png', await sceneFile(1, 9)],
      // Numbered one after another, but another scene.
      ['c/IMG_1.png', await sceneFile(2)],
      ['c/IMG_2.png', await sceneFile(3)],
      // The same image in two formats.
      ['d/x.png', await sceneFile(4)],
      ['e/y.jpg', await sceneFile(4, 0, 'image/jpeg')],
      // A different image to validate the first class on; otherwise its series would be given up.
      ['a/other.png', await sceneFile(5)],
    ] as const;
    const images = await Promise.all(
      shots.map(async ([path, file]) => ({ path, fingerprint: await fingerprintOf(file) })),
    );
    const { groups } = groupsOf(compared(images));
    expect([...groups.slice(0, 3)]).toEqual([0, 0, 0]);
    expect([...groups.slice(3)]).toEqual([3, 3, 5, 6, 7, 7, 9]);
  });

  test('compare few images in full: none with different hashes, and one comparison per image if all are near-duplicates', () => {
    const random = seededRandom(5);
    const word = () => random.integer(2 ** 32) | 0;
    const luminance = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
    const count = 2000;
    const fullComparisons = (hash: () => Fingerprint['hash']) => {
      let read = 0;
      const images = Array.from({ length: count }, (_, i) => ({
        path: `class ${i % 2}/${word()} ${i}x.png`,
        fingerprint: {
          hash: hash(),
          get luminance() {
            read++;
            return luminance;
          },
          detail: 50,
          chromaticity: [0.3, 0.3] as const,
        },
      }));
      groupsOf(compared(images));
      // Each comparison reads both images.
      return read / 2;
    };
    expect(fullComparisons(() => [word(), word()])).toBe(0);
    expect(fullComparisons(() => [1, 2])).toBe(count - 1);
  });
});

describe('a data set with duplicates', () => {
  const load = (files: [path: string, file: Blob][], seed = 1): Promise<Dataset> =>
    importDataset(dropped(...files.map(([path, file]) => ({ path, file }))), {
      side: SIDE,
      seed,
      testPart: 0,
      preset: 'whole',
    });

  test('keeps each group in one part, for every seed, and counts the groups', async () => {
    const files: [string, Blob][] = [];
    for (let i = 0; i < 10; i++) {
      for (const name of ['a', 'b']) {
        const seed = name === 'a' ? i : 100 + i;
        files.push([`s/${name}/${i} copy.jpg`, await sceneFile(seed, 0, 'image/jpeg')]);
        files.push([`s/${name}/${i} first.png`, await sceneFile(seed)]);
      }
    }
    for (let seed = 0; seed < 8; seed++) {
      const dataset = await load(files, seed);
      const scenes = (paths: string[]) => new Set(paths.map((path) => path.split(' ')[0]));
      const [train, val] = [scenes(dataset.train.paths), scenes(dataset.val.paths)];
      expect([train.size, val.size]).toEqual([16, 4]);
      expect([...val].filter((each) => train.has(each))).toEqual([]);
    }
    const { duplicates } = await summarize(await load(files));
    expect(duplicates).toEqual({
      groups: 20,
      images: 40,
      conflicts: [],
      leaked: { val: 0, test: 0 },
      givenUp: { images: 0, classes: [] },
    });
  });

  test('names the files of an image that is in two classes', async () => {
    const files: [string, Blob][] = [];
    for (let i = 0; i < 5; i++) {
      files.push(
        [`s/a/${i}x.png`, await sceneFile(i)],
        [`s/b/${i}y.png`, await sceneFile(i === 3 ? 0 : 50 + i)],
      );
    }
    const dataset = await load(files);
    expect((await summarize(dataset)).duplicates.conflicts).toEqual([['a/0x.png', 'b/3y.png']]);
    expect(dataset.train.paths).toEqual(expect.arrayContaining(['a/0x.png', 'b/3y.png']));
  });

  test('is not changed if the person split it, and the leaks are counted', async () => {
    const files: [string, Blob][] = [];
    for (const [i, name] of ['a', 'b'].entries()) {
      files.push([`s/train/${name}/1.png`, await sceneFile(10 + i)]);
      files.push([`s/val/${name}/2.jpg`, await sceneFile(10 + i, 0, 'image/jpeg')]);
      files.push([`s/val/${name}/3.png`, await sceneFile(20 + i)]);
    }
    const dataset = await load(files);
    expect([dataset.train.paths.length, dataset.val.paths.length]).toEqual([2, 4]);
    expect((await summarize(dataset)).duplicates).toMatchObject({
      groups: 2,
      images: 4,
      conflicts: [],
      leaked: { val: 2, test: 0 },
    });
  });

  test('is split by image if a class is one series, and the leaks are counted', async () => {
    const files: [string, Blob][] = [];
    for (let i = 0; i < 10; i++) {
      files.push([`s/a/${i}.png`, await sceneFile(1, i)], [`s/b/${i}.png`, await sceneFile(2, i)]);
    }
    const { classes, duplicates } = await summarize(await load(files));
    expect(classes.map(({ train, val }) => [train, val])).toEqual([
      [8, 2],
      [8, 2],
    ]);
    expect(duplicates).toEqual({
      groups: 0,
      images: 0,
      conflicts: [],
      leaked: { val: 4, test: 0 },
      givenUp: { images: 20, classes: ['a', 'b'] },
    });
  });

  test('is rejected if every image is in two classes', async () => {
    const files: [string, Blob][] = [];
    for (const name of ['a', 'b']) {
      for (const i of [1, 2, 3]) files.push([`s/${name}/${i}.png`, await sceneFile(i)]);
    }
    await expect(load(files)).rejects.toThrow(/^No image can be used for validation/);
  });
});

// ---------------------------------------------------------------- sets of near-duplicates

/** Reproducible noise of a few grey levels, like that of a camera. */
function grain(seed: number): (x: number, y: number) => number {
  return (x, y) => {
    const wave = Math.sin(12.9898 * x + 78.233 * y + 37.719 * seed) * 43758.5453;
    return 4 * (wave - Math.floor(wave)) - 2;
  };
}

type Shape = (x: number, y: number) => readonly [number, number, number] | null;

const disc = (cx: number, cy: number, radius: number, colour: readonly [number, number, number]): Shape => {
  return (x, y) => (Math.hypot(x - cx, y - cy) < radius ? colour : null);
};

/** A shot of shapes on a background, with noise that depends on the seed. */
function shot(seed: number, background: Shape, ...shapes: Shape[]): Promise<Blob> {
  const noise = grain(seed);
  return paintedImage(96, 96, (x, y) => {
    const colour = [...shapes, background].map((shape) => shape(x, y)).find((found) => found !== null);
    const [r = 0, g = 0, b = 0] = colour ?? [];
    const n = noise(x, y);
    return [r + n, g + n, b + n];
  });
}

/** A grey background that depends on the number. */
const room = (number: number): Shape => {
  const paint = scene(900 + number);
  return (x, y) => {
    const [r = 0] = paint(x, y);
    const light = 30 + x / 2 + 0.6 * r;
    return [light, light, light];
  };
};

const anywhere = (seed: number) => {
  const random = seededRandom(seed).fork('place');
  return [10 + 76 * random.uniform(), 10 + 76 * random.uniform()] as const;
};

describe('a data set of near-duplicates', () => {
  type Files = Record<string, (number: number) => Promise<Blob>>;

  async function load(classes: Files, count = 12, root = 's'): Promise<Dataset> {
    const files = [];
    for (const [name, draw] of Object.entries(classes))
      for (let i = 0; i < count; i++) files.push({ path: `${root}/${name}/${i}.png`, file: await draw(i) });
    return importDataset(dropped(...files), { side: SIDE, seed: 1, testPart: 0, preset: 'whole' });
  }

  const counts = (classes: { train: number; val: number }[]) => classes.map(({ train, val }) => [train, val]);

  test('of a fixed camera: every class is validated, and the groups are given up', async () => {
    const { classes, duplicates } = await summarize(
      await load({
        absent: (i) => shot(i, room(1)),
        present: (i) => shot(50 + i, room(1), disc(...anywhere(i), 4, [20, 20, 20])),
      }),
    );
    expect(counts(classes)).toEqual([
      [10, 2],
      [10, 2],
    ]);
    expect(duplicates).toEqual({
      groups: 0,
      images: 0,
      conflicts: [],
      leaked: { val: 4, test: 0 },
      givenUp: { images: 24, classes: ['absent', 'present'] },
    });
  });

  test('of a fixed camera, in two of three classes: the third keeps its groups', async () => {
    const { classes, duplicates } = await summarize(
      await load({
        absent: (i) => shot(i, room(1)),
        other: (i) => sceneFile(i >> 1, 0, i % 2 ? 'image/jpeg' : 'image/png'),
        present: (i) => shot(50 + i, room(1), disc(...anywhere(i), 4, [20, 20, 20])),
      }),
    );
    expect(counts(classes)).toEqual([
      [10, 2],
      [10, 2],
      [10, 2],
    ]);
    expect(duplicates).toMatchObject({ groups: 6, images: 12, leaked: { val: 4, test: 0 } });
    expect(duplicates.givenUp).toEqual({ images: 24, classes: ['absent', 'present'] });
  });

  test('of two fixed cameras that each recorded both classes', async () => {
    const { classes, duplicates } = await summarize(
      await load({
        absent: (i) => shot(i, room(i % 2)),
        present: (i) => shot(50 + i, room(i % 2), disc(...anywhere(i), 4, [20, 20, 20])),
      }),
    );
    expect(counts(classes)).toEqual([
      [10, 2],
      [10, 2],
    ]);
    // More than the images of one camera.
    expect(duplicates.givenUp.images).toBeGreaterThan(12);
  });

  const KINDS: Record<string, Files> = {
    'conveyor belt': Object.fromEntries(
      [10, 12, 14].map((radius) => [
        `object ${radius}`,
        (i: number) => shot(i + radius, room(2), disc(40 + (i % 3), 48, radius, [150, 140, 120])),
      ]),
    ),
    // A bright field of view with faint dots.
    'microscope slides': Object.fromEntries(
      [2, 3].map((radius) => [
        `cells ${radius}`,
        (i: number) =>
          shot(
            i + 100 * radius,
            () => [8, 8, 8],
            ...Array.from({ length: 5 }, (_, k) =>
              disc(...anywhere(97 * i + k + radius), radius, [205, 190, 200]),
            ),
            disc(48, 48, 44, [235, 225, 230]),
          ),
      ]),
    ),
    'sprites on one colour': Object.fromEntries(
      [0, 1].map((kind) => [
        `sprite ${kind}`,
        (i: number) =>
          paintedImage(96, 96, (x, y) => {
            const inside = Math.abs(x - 48) < 20 && Math.abs(y - 48) < 24;
            if (inside && x >> 2 === 9 + kind && y >> 2 === 8 + (i % 8)) return [20, 20, 20];
            return inside ? [200, 40, 40] : [255, 255, 255];
          }),
      ]),
    ),
    'blank and real images': {
      blank: () => plain(1),
      real: (i) => sceneFile(300 + i),
    },
  };

  test.each(Object.entries(KINDS))(
    '%s: each class is validated, with the leaks counted',
    async (_, files) => {
      const { classes, duplicates } = await summarize(await load(files));
      for (const { name, train, val } of classes) {
        expect(val, name).toBeGreaterThan(0);
        expect(train, name).toBeGreaterThan(val);
      }
      expect(duplicates.leaked.val).toBeGreaterThan(0);
      expect(duplicates.groups + duplicates.givenUp.images).toBeGreaterThan(0);
    },
  );

  test('identical images, including blank ones, are duplicates', async () => {
    const { classes, duplicates } = await summarize(
      await load({ blank: () => plain(1), real: (i) => sceneFile(300 + i) }),
    );
    expect(duplicates).toEqual({
      groups: 1,
      images: 12,
      conflicts: [],
      // A class of identical images cannot be split without a leak.
      leaked: { val: classes[0]?.val, test: 0 },
      givenUp: { images: 0, classes: [] },
    });
  });

  test('blank images in two classes contradict each other and are not scored', async () => {
    const dataset = await load({
      a: (i) => (i < 3 ? plain(1) : sceneFile(400 + i)),
      b: (i) => (i < 3 ? plain(1) : sceneFile(500 + i)),
    });
    const { duplicates } = await summarize(dataset);
    expect(duplicates.conflicts).toEqual([
      ['a/0.png', 'a/1.png', 'a/2.png', 'b/0.png', 'b/1.png', 'b/2.png'],
    ]);
    expect(dataset.val.paths.filter((path) => /[012]\.png$/.test(path) && !path.includes('/1'))).toEqual([]);
    expect(duplicates.leaked).toEqual({ val: 0, test: 0 });
  });

  test('series are kept together if a class has several series of one camera', async () => {
    // Consecutive numbers within a series; the next series begins at another number.
    const files = [];
    for (const [k, name] of ['absent', 'present'].entries())
      for (let series = 0; series < 5; series++)
        for (let i = 0; i < 4; i++) {
          const shapes = k === 1 ? [disc(20 + 12 * series, 30, 4, [20, 20, 20])] : [];
          const file = await shot(series * 10 + i, room(1), ...shapes);
          files.push({ path: `s/${name}/${100 * series + i}.png`, file });
        }
    const dataset = await importDataset(dropped(...files), {
      side: SIDE,
      seed: 1,
      testPart: 0,
      preset: 'whole',
    });
    const series = (paths: string[]) => new Set(paths.map((path) => path.replace(/\d\d?\.png$/, '')));
    expect([dataset.train.paths.length, dataset.val.paths.length]).toEqual([32, 8]);
    const trained = series(dataset.train.paths);
    expect([...series(dataset.val.paths)].filter((each) => trained.has(each))).toEqual([]);
    expect((await summarize(dataset)).duplicates).toMatchObject({ groups: 10, images: 40 });
  });

  test('in a given split: it is kept, without contradictions', async () => {
    const files = [];
    for (const part of ['train', 'val'])
      for (const [k, name] of ['absent', 'present'].entries())
        for (let i = 0; i < 6; i++) {
          const shapes = k === 1 ? [disc(...anywhere(i), 4, [20, 20, 20])] : [];
          const file = await shot(i + (part === 'val' ? 70 : 0), room(1), ...shapes);
          files.push({ path: `s/${part}/${name}/${i}.png`, file });
        }
    const dataset = await importDataset(dropped(...files), {
      side: SIDE,
      seed: 1,
      testPart: 0,
      preset: 'whole',
    });
    const { duplicates } = await summarize(dataset);
    expect(dataset.val.paths.length).toBe(12);
    expect(duplicates.conflicts).toEqual([]);
    expect(duplicates.leaked.val).toBe(12);
    expect(duplicates.givenUp.images).toBe(24);
  });

  test('is rejected if only one class could be validated', async () => {
    await expect(
      load({ a: (i) => sceneFile(i), b: (i) => sceneFile(i < 6 ? i : 200 + i) }, 6 + 6).then(
        (whole) => whole.val.paths,
      ),
    ).resolves.toHaveLength(4);
    const copies = load({ a: (i) => sceneFile(i % 3), b: (i) => sceneFile(i) });
    await expect(copies).rejects.toThrow(/^No image except those of “b” can be used for validation/);
  });
});
