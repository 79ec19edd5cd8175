import { describe, expect, test } from 'vitest';
import type { NamedFile, Reading } from '../core/dataset';
import { UserError } from '../core/user-error';
import { type Arrangement, arrange } from './classes';
import { labelTables } from './label-tables';
import { AmbiguousData } from './question';

/** Shared by all files: Chromium takes long to create many blobs. */
const EMPTY = new Blob();

/**
 * A set as folders with numbers of images, such as `train/cat 3`, one per line; lines `name.ext` are single files. The files are
 * empty, because only paths are used.
 */
function files(layout: string): NamedFile[] {
  return layout
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [, path = '', count] = /^\s*(.*?)(?:\s+(\d+))?\s*$/.exec(line) ?? [];
      if (count === undefined) return [{ path, file: EMPTY }];
      return Array.from({ length: Number(count) }, (_, i) => ({
        path: `${path}/${i}.jpg`,
        file: EMPTY,
      }));
    });
}

/** `class: train+val+test`, with `n*` for train if the split is to be drawn. */
function summary({ files: placed, classes }: Arrangement): string {
  return classes
    .map((name) => {
      const own = placed.filter(({ className }) => className === name);
      const count = (part: string | null) => own.filter((file) => file.part === part).length;
      const drawn = count(null);
      return `${name} ${drawn > 0 ? `${drawn}*` : count('train')}/${count('val')}/${count('test')}`;
    })
    .join(', ');
}

function refusal(layout: string, reading: Reading = {}): UserError {
  try {
    arrange(files(layout), { reading });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('The set was read.');
}

function question(layout: string, reading: Reading = {}) {
  const error = refusal(layout, reading);
  if (!(error instanceof AmbiguousData)) throw new Error(`No question, but: ${error.message}`);
  return error.question;
}

describe('a split in folders is read', () => {
  test.each([
    [
      'folds beside a test folder of the same classes',
      'fold1/a 2\nfold1/b 2\nfold2/a 2\nfold2/b 2\ntest/a 1\ntest/b 1',
      'a 4*/0/1, b 4*/0/1',
    ],
    [
      'training images in pieces',
      'train_part1/a 2\ntrain_part1/b 2\ntrain_part2/a 3\ntrain_part2/b 3\ntest_part1/a 1\ntest_part1/b 1',
      'a 5*/0/1, b 5*/0/1',
    ],
    ['plainly', 'set/train/a 5\nset/train/b 5\nset/val/a 2\nset/val/b 2', 'a 5/2/0, b 5/2/0'],
    [
      'Intel image classification',
      'archive/seg_train/seg_train/sea 5\narchive/seg_train/seg_train/forest 5\narchive/seg_test/seg_test/sea 2\narchive/seg_test/seg_test/forest 2\narchive/seg_pred/seg_pred 7',
      'forest 5*/0/2, sea 5*/0/2',
    ],
    [
      'Keras cats and dogs',
      'training_set/training_set/cats 5\ntraining_set/training_set/dogs 5\ntest_set/test_set/cats 2\ntest_set/test_set/dogs 2',
      'cats 5*/0/2, dogs 5*/0/2',
    ],
    [
      'cats_and_dogs_filtered',
      'cats_and_dogs_filtered/train/cats 5\ncats_and_dogs_filtered/train/dogs 5\ncats_and_dogs_filtered/validation/cats 2\ncats_and_dogs_filtered/validation/dogs 2',
      'cats 5/2/0, dogs 5/2/0',
    ],
    [
      'with the set’s name in front',
      'flowers_train/rose 6\nflowers_train/tulip 6\nflowers_val/rose 3\nflowers_val/tulip 3',
      'rose 6/3/0, tulip 6/3/0',
    ],
    ['in camel case', 'petsTrain/a 4\npetsTrain/b 4\npetsTest/a 1\npetsTest/b 1', 'a 4*/0/1, b 4*/0/1'],
    ['with years', 'train2017/a 4\ntrain2017/b 4\nval2017/a 1\nval2017/b 1', 'a 4/1/0, b 4/1/0'],
    ['train and dev', 'train/a 4\ntrain/b 4\ndev/a 1\ndev/b 1', 'a 4/1/0, b 4/1/0'],
    ['trn and tst', 'trn/a 4\ntrn/b 4\ntst/a 1\ntst/b 1', 'a 4*/0/1, b 4*/0/1'],
    [
      'food-11: training, validation, evaluation',
      'training/a 4\ntraining/b 4\nvalidation/a 1\nvalidation/b 1\nevaluation/a 1\nevaluation/b 1',
      'a 4/1/1, b 4/1/1',
    ],
    [
      'mnist_png',
      'mnist_png/training/0 4\nmnist_png/training/1 4\nmnist_png/testing/0 1\nmnist_png/testing/1 1',
      '0 4*/0/1, 1 4*/0/1',
    ],
    [
      'wrapped once on each side',
      'train/train/a 4\ntrain/train/b 4\nvalid/valid/a 1\nvalid/valid/b 1',
      'a 4/1/0, b 4/1/0',
    ],
    ['wrapped on one side', 'train/train/a 4\ntrain/train/b 4\nvalid/a 1\nvalid/b 1', 'a 4/1/0, b 4/1/0'],
    [
      'with images inside',
      'train/images/a 4\ntrain/images/b 4\nval/images/a 1\nval/images/b 1',
      'a 4/1/0, b 4/1/0',
    ],
    ['where validation lacks a class', 'train/a 4\ntrain/b 4\nval/wrap/a 1', 'a 4/1/0, b 4/0/0'],
    ['where validation has one class', 'train/a 4\ntrain/b 4\nval/a 1', 'a 4/1/0, b 4/0/0'],
    [
      'chest_xray, with a copy of itself and what macOS leaves',
      'chest_xray/train/NORMAL 4\nchest_xray/train/PNEUMONIA 6\nchest_xray/val/NORMAL 1\nchest_xray/val/PNEUMONIA 1\nchest_xray/test/NORMAL 2\nchest_xray/test/PNEUMONIA 3\nchest_xray/chest_xray/train/NORMAL 4\nchest_xray/chest_xray/train/PNEUMONIA 6\nchest_xray/chest_xray/test/NORMAL 2\nchest_xray/chest_xray/test/PNEUMONIA 3',
      'NORMAL 4/1/2, PNEUMONIA 6/1/3',
    ],
    [
      'beside an image for the readme',
      'repo/dataset/train/a 4\nrepo/dataset/train/b 4\nrepo/dataset/test/a 1\nrepo/dataset/test/b 1\nrepo/docs/banner.png',
      'a 4*/0/1, b 4*/0/1',
    ],
    [
      'tiny-imagenet: folders inside the classes, validation images flat',
      'tiny/train/n01/images 5\ntiny/train/n02/images 5\ntiny/val/images 4\ntiny/test/images 4',
      'n01 5*/0/0, n02 5*/0/0',
    ],
    [
      'ImageNet: flat val and test',
      'CLS-LOC/train/n01 5\nCLS-LOC/train/n02 5\nCLS-LOC/val 4\nCLS-LOC/test 4',
      'n01 5*/0/0, n02 5*/0/0',
    ],
    [
      'ASL alphabet: affixed names, flat test',
      'asl_alphabet_train/asl_alphabet_train/A 5\nasl_alphabet_train/asl_alphabet_train/B 5\nasl_alphabet_test/asl_alphabet_test 2',
      'A 5*/0/0, B 5*/0/0',
    ],
    ['GTSRB: Meta beside', 'Train/0 5\nTrain/1 5\nTest 4\nMeta 2', '0 5*/0/0, 1 5*/0/0'],
    [
      'fruits-360: another test folder beside',
      'Training/Apple 5\nTraining/Pear 5\nTest/Apple 2\nTest/Pear 2\ntest-multiple_fruits 3',
      'Apple 5*/0/2, Pear 5*/0/2',
    ],
    ['train beside a stage of testing', 'train/a 4\ntrain/b 4\ntest_stg1 3', 'a 4*/0/0, b 4*/0/0'],
    [
      'inside of each class',
      'set/cat/train 4\nset/cat/test 2\nset/dog/train 4\nset/dog/test 2',
      'cat 4*/0/2, dog 4*/0/2',
    ],
    [
      'inside of each class, with val',
      'cat/train 4\ncat/val 2\ndog/train 4\ndog/val 2',
      'cat 4/2/0, dog 4/2/0',
    ],
    [
      'a test folder with the classes that lie beside it',
      'a 5\nb 5\ntest/a 2\ntest/b 2',
      'a 5*/0/2, b 5*/0/2',
    ],
    ['one folder of images for training alone', 'set/train/a 3\nset/train/b 3', 'a 3*/0/0, b 3*/0/0'],
    [
      'images/train and images/val',
      'yolo/images/train/a 4\nyolo/images/train/b 4\nyolo/images/val/a 1\nyolo/images/val/b 1',
      'a 4/1/0, b 4/1/0',
    ],
    [
      'class folders with folders inside, some with images',
      'train/a 9\ntrain/a/old 1\ntrain/b 9\nval/a 1\nval/b 1',
      'a 10/1/0, b 9/1/0',
    ],
  ])('%s', (_, layout, expected) => {
    expect(summary(arrange(files(layout)))).toBe(expected);
  });

  test('a part without class folders is left out, with a notice and a reason for each image', () => {
    const { leftOut, notices, split } = arrange(files('set/train/a 5\nset/train/b 5\nset/val 2'));
    expect(split).toBe('stratified');
    expect(notices).toEqual(['The folder “val” contains no class folders, so its 2 images were left out.']);
    expect(leftOut.map(({ path }) => path)).toEqual(['set/val/0.jpg', 'set/val/1.jpg']);
    expect(leftOut[0]?.reason).toBe('Not in a class folder: the folder “val” contains no class folders.');
  });
});

describe('class folders without a split are read', () => {
  test.each([
    ['a zip of each class', 'cat/cat 3\ndog/dog 3', 'cat 3*/0/0, dog 3*/0/0'],
    ['EuroSAT', '2750/AnnualCrop 4\n2750/Forest 4', 'AnnualCrop 4*/0/0, Forest 4*/0/0'],
    [
      'CUB',
      'CUB_200_2011/images/001.Albatross 4\nCUB_200_2011/images/002.Auklet 4',
      '001.Albatross 4*/0/0, 002.Auklet 4*/0/0',
    ],
    [
      'cell_images, with a copy of itself',
      'cell_images/Parasitized 4\ncell_images/Uninfected 4\ncell_images/cell_images/Parasitized 4\ncell_images/cell_images/Uninfected 4',
      'Parasitized 4*/0/0, Uninfected 4*/0/0',
    ],
    [
      'images beside masks of the same classes',
      'set/images/a 4\nset/images/b 4\nset/masks/a 4\nset/masks/b 4',
      'a 4*/0/0, b 4*/0/0',
    ],
    [
      'folds of the same classes',
      'fold1/a 2\nfold1/b 2\nfold2/a 2\nfold2/b 2\nfold3/a 2\nfold3/b 2',
      'a 6*/0/0, b 6*/0/0',
    ],
    [
      'a cover beside the folder of the set',
      'set/cover.jpg\nset/flowers/rose 3\nset/flowers/tulip 3',
      'rose 3*/0/0, tulip 3*/0/0',
    ],
    [
      'training shoes and running shoes',
      'training shoes 4\nrunning shoes 4',
      'running shoes 4*/0/0, training shoes 4*/0/0',
    ],
    ['test tube and flask', 'test tube 4\nflask 4', 'flask 4*/0/0, test tube 4*/0/0'],
    [
      'training shoes and test tube',
      'training shoes 4\ntest tube 4',
      'test tube 4*/0/0, training shoes 4*/0/0',
    ],
    ['valid and invalid', 'valid 4\ninvalid 4', 'invalid 4*/0/0, valid 4*/0/0'],
    ['with mask and mask', 'Mask 4\nNo Mask 4', 'Mask 4*/0/0, No Mask 4*/0/0'],
    ['numbers', '0 3\n1 3\n10 3\n2 3', '0 3*/0/0, 1 3*/0/0, 2 3*/0/0, 10 3*/0/0'],
    [
      'one more folder of the same name in each class',
      'cat/images 3\ndog/images 3',
      'cat 3*/0/0, dog 3*/0/0',
    ],
    ['pieces in each class', 'cat/part1 3\ncat/part2 3\ndog/part1 3', 'cat 6*/0/0, dog 3*/0/0'],
    ['a few images deeper', 'cat 20\ndog 20\ncat/new 3', 'cat 23*/0/0, dog 20*/0/0'],
  ])('%s', (_, layout, expected) => {
    expect(summary(arrange(files(layout)))).toBe(expected);
  });
});

describe('folders named like parts of a split do not become classes by themselves', () => {
  test.each([
    ['horse2zebra', 'trainA 4\ntrainB 4\ntestA 2\ntestB 2', 'named after both a class and a part of a split'],
    [
      'flat',
      'set/train 4\nset/test 4',
      '“test” and “train” are named like the parts of a split, but contain no class folders',
    ],
    ['flat, in three', 'train 4\nvalid 2\ntest 2', 'contain no class folders'],
    ['dogs-vs-cats', 'dogs-vs-cats/train 4\ndogs-vs-cats/test1 4', 'contain no class folders'],
    ['of a detector', 'train/images 4\nvalid/images 2', 'contain no class folders'],
    [
      'of a segmentation',
      'train/images 4\ntrain/masks 4\nval/images 2\nval/masks 2',
      'contain no class folders',
    ],
    ['Cassava', 'train_images 4\ntest_images 4', 'contain no class folders'],
    ['wrapped', 'train/train 4\ntest/test 4', 'contain no class folders'],
    ['affixed and flat', 'shoes_train 4\nshoes_test 4', 'contain no class folders'],
    [
      'test with class folders, training flat',
      'train 4\ntest/a 2\ntest/b 2',
      'the training images are not in class folders',
    ],
    [
      'without training images',
      'val/a 4\ntest/a 4',
      'There is no folder of training images beside “test” and “val”',
    ],
    [
      'class and part in one',
      'cat_train 4\ncat_test 2\ndog_train 4\ndog_test 2',
      'named after both a class and a part of a split',
    ],
  ])('%s', (_, layout, sentence) => {
    expect(refusal(layout).message).toContain(sentence);
  });

  test('they become classes if the person says so', () => {
    const layout = 'set/train 4\nset/test 4';
    expect(question(layout).options).toEqual([
      {
        reading: { splitFolders: false },
        label: 'The folders are classes, not parts of a split',
        classes: [
          { name: 'test', images: 4 },
          { name: 'train', images: 4 },
        ],
        parts: null,
        leftOut: 0,
      },
    ]);
    expect(summary(arrange(files(layout), { reading: { splitFolders: false } }))).toBe(
      'test 4*/0/0, train 4*/0/0',
    );
  });

  test('a single folder test among classes leads to a question', () => {
    const layout = 'set/cat 4\nset/dog 4\nset/test 3';
    const { sentence, options, tree } = question(layout);
    expect(sentence).toBe(
      'The folder “test” is named like a part of a split, but is beside the folders “cat” and “dog”.',
    );
    expect(options.map(({ reading, classes, leftOut }) => [reading, classes.length, leftOut])).toEqual([
      [{ splitFolders: true }, 2, 3],
      [{ splitFolders: false }, 3, 0],
    ]);
    expect(tree).toBe('set/  11 images\n  cat/  4 images\n  dog/  4 images\n  test/  3 images');
    const apart = arrange(files(layout), { reading: { splitFolders: true } });
    expect([summary(apart), apart.leftOut.length]).toEqual(['cat 4*/0/0, dog 4*/0/0', 3]);
    expect(arrange(files(layout), { reading: { splitFolders: false } }).classes).toEqual([
      'cat',
      'dog',
      'test',
    ]);
  });

  test('a training folder beside another folder leads to a question', () => {
    const { options } = question('set/train/a 4\nset/train/b 4\nset/extras 3');
    expect(options[0]?.classes.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('parts without common classes lead to a question', () => {
    const { sentence } = question('train/a 3\ntrain/b 3\nval/x 2\nval/y 2');
    expect(sentence).toContain(
      'have no class folders in common: “a” and “b” are in the training part, “x” and “y” in “val”.',
    );
  });
});

describe('more than one level of folders', () => {
  const plants = 'plants/yellow/sunflower 4\nplants/red/rose 4';

  test('leads to a question, and is read as the person answers', () => {
    const { sentence, options } = question(plants);
    expect(sentence).toBe(
      'More than one level of folders could name the classes: “red” and “yellow”, or “rose” and “sunflower”.',
    );
    expect(options.map(({ reading, classes }) => [reading, classes.map(({ name }) => name)])).toEqual([
      [{ classLevel: 1 }, ['red', 'yellow']],
      [{ classLevel: 2 }, ['rose', 'sunflower']],
    ]);
    for (const { reading, classes } of options)
      expect(arrange(files(plants), { reading }).classes).toEqual(classes.map(({ name }) => name));
  });

  test.each([
    [
      'two versions of a set with a split',
      'original/Training/apple 3\noriginal/Test/apple 1\nsmall/Training/pear 3\nsmall/Test/pear 1',
      [
        ['original', 'small'],
        ['apple', 'pear'],
      ],
    ],
    [
      'PlantVillage',
      'color/apple 3\ncolor/corn 3\ngrayscale/apple 3\ngrayscale/corn 3',
      [
        ['color', 'grayscale'],
        ['apple', 'corn'],
      ],
    ],
    [
      'inside a split',
      'train/yellow/sunflower 3\ntrain/red/rose 3\nval/yellow/sunflower 1\nval/red/rose 1',
      [
        ['red', 'yellow'],
        ['rose', 'sunflower'],
      ],
    ],
    [
      'three levels',
      'p/a/x/1 2\np/a/y/2 2\np/b/z/3 2\np/b/w/4 2',
      [
        ['a', 'b'],
        ['w', 'x', 'y', 'z'],
        ['1', '2', '3', '4'],
      ],
    ],
    [
      'MVTec: a split inside of each',
      'bottle/train/good 4\nbottle/test/broken 2\nbottle/test/good 1\ncable/train/good 4\ncable/train/broken 1\ncable/test/cut 2',
      [
        ['bottle', 'cable'],
        ['broken', 'good'],
      ],
    ],
  ])('%s', (_, layout, classes) => {
    expect(question(layout).options.map((option) => option.classes.map(({ name }) => name))).toEqual(classes);
  });

  test('keeps the split if the level inside its parts is chosen', () => {
    const layout = 'train/yellow/sunflower 3\ntrain/red/rose 3\nval/yellow/sunflower 1\nval/red/rose 1';
    expect(summary(arrange(files(layout), { reading: { classLevel: 2 } }))).toBe(
      'rose 3/1/0, sunflower 3/1/0',
    );
  });

  test('is rejected if there is no such level', () => {
    expect(refusal('a 3\nb 3', { classLevel: 3 }).message).toBe(
      'There are no folders at level 3; the deepest level is 1.',
    );
  });
});

describe('class names', () => {
  test('in composed and decomposed form are one class, and all its images are kept', () => {
    const cafe = ['caf\u00e9', 'cafe\u0301'];
    const { classes, files: placed } = arrange(
      files(`${cafe.map((name) => `s/${name} 6`).join('\n')}\ns/the 6`),
    );
    expect(classes).toEqual(['caf\u00e9', 'the']);
    expect(new Set(placed.map(({ path }) => path)).size).toBe(18);
    const split = arrange(files(`train/${cafe[0]} 3\ntrain/the 3\nval/${cafe[1]} 2\nval/the 2`));
    expect(summary(split)).toBe('caf\u00e9 3/2/0, the 3/2/0');
  });

  test('that differ only in case or spaces give a notice, also if one has no training images', () => {
    expect(arrange(files('Cat 3\ncat 3\ndog 3')).notices).toEqual([
      '“Cat” and “cat” are two classes whose names differ only in letter case or spaces. If they are the same class, give their folders the same name.',
    ]);
    const spaced = arrange([
      ...files('train/cat 3\ntrain/dog 3\nval/dog 2'),
      { path: 'val/cat /1.jpg', file: EMPTY },
    ]);
    expect(spaced.notices[0]).toContain('“cat” and “cat ” are two classes');
  });
});

describe('labels in a table', () => {
  const table = (path: string, text: string): NamedFile => ({ path, file: new Blob([text]) });

  async function tried(layout: string, ...tables: NamedFile[]): Promise<Arrangement | UserError> {
    const images = files(layout);
    const found = await labelTables(tables, images);
    try {
      return arrange(images, { tables: found });
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
  }

  test.each([
    [
      'ids without ending',
      'dogs/train 4',
      table('dogs/labels.csv', 'id,breed\n0,pug\n1,beagle\n2,pug\n3,pug\n'),
    ],
    [
      'Hugging Face CSV',
      's/train 4',
      table('s/train/metadata.csv', 'file_name,label\n0.jpg,1\n1.jpg,2\n2.jpg,1\n3.jpg,1'),
    ],
    [
      'Hugging Face JSON lines, with a split',
      's/train 4\ns/test 2',
      table(
        's/train/metadata.jsonl',
        '{"file_name": "0.jpg", "label": "a"}\n{"file_name": "1.jpg", "label": "b"}\n{"file_name": "2.jpg", "label": "b"}',
      ),
    ],
    [
      'one CSV for each part',
      's/train 4\ns/valid 2\ns/test 2',
      table('s/train/_classes.csv', 'filename, cat, dog\n0.jpg, 1, 0\n1.jpg, 0, 1\n2.jpg, 0, 1'),
    ],
    [
      'COCO',
      's/train 4\ns/valid 2',
      table('s/train/_annotations.coco.json', '{"images": [{"file_name": "0.jpg"}, {"file_name": "1.jpg"}]}'),
    ],
    [
      'semicolons and quotation marks',
      's/all 4',
      table('s/labels.csv', '"image";"label"\n"all/0.jpg";"a, b"\n"all/1.jpg";"c"\n'),
    ],
    ['lines of text', 's/all 4', table('s/list.txt', '0.jpg 1\n1.jpg 2\n')],
    [
      'pieces of a set',
      'HAM_images_part_1 4\nHAM_images_part_2 4',
      table('HAM_metadata.csv', 'lesion,image_id,dx\nL1,0,nv\nL2,1,mel\nL3,2,nv\n'),
    ],
  ])('is named if the folders give no classes: %s', async (_, layout, file) => {
    const error = await tried(layout, file);
    expect(error).toBeInstanceOf(UserError);
    expect(error).not.toBeInstanceOf(AmbiguousData);
    expect(error instanceof UserError && error.message).toContain(
      `“${file.path}” looks like a table of their labels, but classes are taken from folder names only.`,
    );
  });

  test.each([
    ['a readme', table('s/readme.csv', 'author,year\nsomeone,2020\n')],
    [
      'numbers that are file names by chance',
      table('s/loss.csv', 'epoch,loss\n0,1.5\n1,1.2\n2,1.1\n3,1.0\n'),
    ],
    ['a table that agrees', table('s/labels.csv', 'file,label\na/0.jpg,x\na/1.jpg,x\nb/0.jpg,y\n')],
    ['a table without labels', table('s/metadata.csv', 'image_id,age\n0,3\n1,4\n2,5\n')],
  ])('does not affect class folders: %s', async (_, file) => {
    const arrangement = await tried('s/a 4\ns/b 4', file);
    expect(!(arrangement instanceof UserError) && arrangement.classes).toEqual(['a', 'b']);
  });

  test('that contradict the folders lead to a question', async () => {
    const file = table('s/labels.csv', 'file,label\na/0.jpg,x\na/1.jpg,y\nb/0.jpg,y\n');
    const error = await tried('s/a 4\ns/b 4', file);
    if (!(error instanceof AmbiguousData)) throw new Error('No question.');
    expect(error.message).toBe(
      '“s/labels.csv” gives images in the folder “a” the labels “x” and “y”, so the folders may not be the classes.',
    );
    expect(error.question.options.map(({ reading }) => reading)).toEqual([{ classLevel: 1 }]);
  });
});

describe('images without classes are rejected with a sentence', () => {
  test.each([
    [
      'loose',
      '0.jpg\n1.jpg',
      /^The 2 images are not in folders, so their classes are unknown\. A data set needs/,
    ],
    [
      'in one folder named like a part',
      's/train 8',
      /^All 8 images are in one folder, “train”, which contains no class folders/,
    ],
    ['in one folder of images', 'plants/images 8', /^All 8 images are in one folder, “images”/],
    ['in one folder', 'cats 8', /^There is only one class, “cats”\. A data set needs at least two folders/],
    [
      'in folders that are not classes',
      'pets/images 4\npets/annotations/trimaps 4',
      /like pieces of a set, not like classes/,
    ],
  ])('%s', (_, layout, sentence) => {
    expect(refusal(layout).message).toMatch(sentence);
  });
});

test('150,000 images in a folder that is left out are handled', () => {
  const { leftOut, classes } = arrange(files('train/a 5\ntrain/b 5\ntest 150000'));
  expect([classes, leftOut.length]).toEqual([['a', 'b'], 150_000]);
});
