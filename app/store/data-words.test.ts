import { describe, expect, test } from 'vitest';
import type { Duplicates } from '../../src/core/dataset';
import { givenUpSentence, groupSentence, unvalidatedSentence } from './data-words';

const NONE: Duplicates = {
  groups: 0,
  images: 0,
  conflicts: [],
  leaked: { val: 0, test: 0 },
  givenUp: { images: 0, classes: [] },
};

describe('what is said of images that belong together', () => {
  const said = (duplicates: Partial<Duplicates>) => groupSentence({ duplicates: { ...NONE, ...duplicates } });

  test('is nothing where there are none', () => {
    expect(said({})).toBe('');
  });

  test('counts groups, and images on either side of the split', () => {
    expect(said({ groups: 1, images: 3 })).toBe(
      '3 images form 1 group of near-duplicates. No group is split between training and the other images.',
    );
    expect(said({ groups: 1, images: 8, leaked: { val: 1, test: 0 } })).toMatch(
      /near-duplicates\. 1 validation image looks like training images, so accuracy may be too high\.$/,
    );
    expect(said({ leaked: { val: 4, test: 2 } })).toMatch(/^4 validation images and 2 test images look like/);
  });

  test('warns where likeness tells nothing, and says what was done', () => {
    const duplicates = { ...NONE, givenUp: { images: 24, classes: ['absent', 'present'] } };
    const drawn = givenUpSentence({ duplicates, split: 'stratified' });
    expect(drawn).toMatch(/^24 images of “absent”, “present” are so similar/);
    expect(drawn).toMatch(/split image by image; only identical images and shorter series/);
    expect(givenUpSentence({ duplicates, split: 'given' })).not.toMatch(/image by image/);
    expect(givenUpSentence({ duplicates: NONE, split: 'stratified' })).toBe('');
  });
});

test('classes without validation images are named with the reason', () => {
  const classes = [
    { name: 'cat', val: 2 },
    { name: 'dog', val: 0 },
  ];
  expect(unvalidatedSentence({ split: 'given', preset: 'whole', classes })).toBe(
    'No validation images of “dog”: the given split has none.',
  );
  expect(unvalidatedSentence({ split: 'stratified', preset: 'vtab', classes })).toMatch(
    /the subset has none/,
  );
  expect(unvalidatedSentence({ split: 'stratified', preset: 'whole', classes })).toMatch(
    /a near-duplicate in another class/,
  );
  expect(unvalidatedSentence({ split: 'given', preset: 'whole', classes: classes.slice(0, 1) })).toBe('');
});
