import { describe, expect, test } from 'vitest';
import { importDataset } from './dataset';
import { bytesOf, classPaths, dropped, paintedImage, plainFiles } from './file-fixtures';
import { imageNamed } from './image-named';

const SIDE = 8;

async function dataWith(file: Blob) {
  const files = await plainFiles(classPaths('set', { a: 4, b: 4 }));
  const source = dropped(...files, { path: 'set/a/large.png', file });
  return importDataset(source, { side: SIDE, seed: 1, testPart: 0, preset: 'whole' });
}

const wide = () => paintedImage(40, 20, (x) => [6 * x, 0, 0]);

describe('an image of a data set', () => {
  test('is the file itself, with its type, even if it had none', async () => {
    const file = await wide();
    const { image, isFile } = await imageNamed(await dataWith(new Blob([file])), 'a/large.png');
    expect([isFile, image.type]).toEqual([true, 'image/png']);
    expect(await bytesOf(image)).toEqual(await bytesOf(file));
  });

  test('is the stored pixels where the file is gone', async () => {
    const data = await dataWith(await wide());
    const { image, isFile } = await imageNamed({ ...data, originals: new Map() }, 'a/large.png');
    expect([isFile, image.type]).toEqual([false, 'image/png']);
    const bitmap = await createImageBitmap(image);
    expect([bitmap.width, bitmap.height]).toEqual([SIDE, SIDE]);
    const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    const red = [0, 7].map((x) => context?.getImageData(x, 4, 1, 1).data[0] ?? -1);
    // The centre of the file is kept: columns 10 to 30 of 40, so red goes from about 60 to about 180.
    expect(red[0]).toBeGreaterThan(55);
    expect(red[0]).toBeLessThan(80);
    expect(red[1]).toBeGreaterThan(155);
    expect(red[1]).toBeLessThan(180);
  });

  test('that the data set does not have is refused by name', async () => {
    await expect(imageNamed(await dataWith(await wide()), 'a/none.png')).rejects.toThrow('“a/none.png”');
  });
});
