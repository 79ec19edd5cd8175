import { expect, test } from 'vitest';
import { inspection } from './inspection';
import type { DataSummary } from './messages';

const DATA: DataSummary = {
  name: 'pets',
  label: 'pets',
  sample: null,
  description: '',
  classes: [
    { name: 'cat', train: 1600, val: 400, test: 0 },
    { name: 'guinea pig', train: 8, val: 2, test: 0 },
  ],
  split: 'stratified',
  testSplit: null,
  seed: 1,
  testPart: 0,
  preset: 'whole',
  unused: 0,
  augmentation: 'none',
  leftOut: [],
  duplicates: {
    groups: 0,
    images: 0,
    conflicts: [],
    leaked: { val: 0, test: 0 },
    givenUp: { images: 0, classes: [] },
  },
  hash: '',
};

test('lists the classes with their images in columns', () => {
  expect(inspection(DATA)).toBe(
    [
      'Class       Train  Validate  Test',
      'cat         1,600       400     0',
      'guinea pig      8         2     0',
      'Split: drawn by the seed.',
    ].join('\n'),
  );
});

test('names every file that is left out or contradicts another, and whose split it is', () => {
  const text = inspection({
    ...DATA,
    split: 'given',
    leftOut: [{ path: 'pets/notes.txt', reason: 'Not a picture.' }],
    duplicates: { ...DATA.duplicates, conflicts: [['cat/1.png', 'guinea pig/2.png']] },
  });
  expect(text.split('\n').slice(3)).toEqual([
    'Split: by the folders of the set.',
    'Left out:',
    '  pets/notes.txt: Not a picture.',
    'Contradicting labels:',
    '  cat/1.png, guinea pig/2.png',
  ]);
  expect(inspection({ ...DATA, testSplit: 'given' })).toContain('test images by the folders of the set');
});
