import { expect, test } from 'vitest';
import { inspection } from './inspection';
import { DATA } from './page-fixture';

const PETS = {
  ...DATA,
  classes: [
    { name: 'cat', train: 1600, val: 400, test: 0 },
    { name: 'guinea pig', train: 8, val: 2, test: 0 },
  ],
};

test('lists the classes with their images in columns', () => {
  expect(inspection(PETS)).toBe(
    [
      'Class       Training  Validation  Test',
      'cat            1,600         400     0',
      'guinea pig         8           2     0',
      'Split: drawn by the seed.',
    ].join('\n'),
  );
});

test('lists every file that is left out or contradicts another, and the origin of the split', () => {
  const text = inspection({
    ...PETS,
    split: 'given',
    leftOut: [{ path: 'pets/notes.txt', reason: 'Not an image.' }],
    duplicates: { ...PETS.duplicates, conflicts: [['cat/1.png', 'guinea pig/2.png']] },
  });
  expect(text.split('\n').slice(3)).toEqual([
    'Split: by the folders of the set.',
    'Left out:',
    '  pets/notes.txt: Not an image.',
    'Conflicting labels:',
    '  cat/1.png, guinea pig/2.png',
  ]);
  expect(inspection({ ...PETS, testSplit: 'given' })).toContain('test images by the folders of the set');
});
