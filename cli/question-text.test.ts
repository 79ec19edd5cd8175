import { describe, expect, test } from 'vitest';
import type { Reading } from '../src/core/dataset';
import { UserError } from '../src/core/user-error';
import { parseChoices, readingFlags } from './choices';
import { questionText } from './question-text';

const parsed = (flags: string) =>
  parseChoices(['--data', 'x', ...flags.split(' ').filter((flag) => flag !== '')], new Date(0))?.reading;

describe('how a data set is read', () => {
  test.each<Reading>([
    {},
    { splitFolders: true },
    { splitFolders: false, classLevel: 2 },
    { nameEncoding: 'shift_jis' },
  ])('the options for %j are understood as that', (reading) => {
    expect(parsed(readingFlags(reading))).toEqual(reading);
  });

  test.each([
    ['--split-folders maybe', '--split-folders must be one of yes, no, not “maybe”.'],
    ['--class-level 0', '--class-level must be from 1 to 20, not 0.'],
    ['--class-level one', '--class-level must be a number, not “one”.'],
    ['--name-encoding latin', '--name-encoding must be one of utf-8, shift_jis'],
  ])('%s is refused', (flags, message) => {
    expect(() => parsed(flags)).toThrow(UserError);
    expect(() => parsed(flags)).toThrow(message);
  });
});

test('a question is printed with the folders and an option for each answer', () => {
  const text = questionText({
    sentence: 'More than one level of folders could name the classes: “a” and “b”, or “x” and “y”.',
    tree: 'set/  6 images\n  a/  3 images\n  b/  3 images',
    options: [
      {
        reading: { classLevel: 1 },
        label: 'The classes are “a” and “b”',
        classes: [
          { name: 'a', images: 3 },
          { name: 'b', images: 2 },
        ],
        parts: null,
        leftOut: 1,
      },
      { reading: { nameEncoding: 'big5' }, label: 'Big5', classes: [], parts: null, leftOut: 0 },
    ],
  });
  expect(text).toBe(`More than one level of folders could name the classes: “a” and “b”, or “x” and “y”.

set/  6 images
  a/  3 images
  b/  3 images

Run the command again with one of these options:
  --class-level 1
    The classes are “a” and “b”.
    Classes: a (3), b (2).
    1 image left out.
  --name-encoding big5
    Big5.`);
});
