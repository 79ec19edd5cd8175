import { describe, expect, it } from 'vitest';
import { type Column, fileRows } from './columns';
import { csv } from './csv';

const COLUMNS: readonly Column<{ name: string; right: number; images: number }>[] = [
  { title: 'Run', show: ({ name }) => name, file: { run: ({ name }) => name } },
  {
    title: 'Accuracy',
    show: ({ right, images }) => `${(100 * right) / images} %`,
    file: {
      accuracy: ({ right, images }) => right / images,
      images: ({ images }) => images,
    },
  },
];

describe('fileRows', () => {
  it('writes numbers, not what the page makes of them, and names what a column holds several of', () => {
    const rows = fileRows(COLUMNS, [{ name: 'Atoms, seed 0', right: 9, images: 16 }]);
    expect(csv(rows)).toBe('run,accuracy,images\r\n"Atoms, seed 0",0.5625,16\r\n');
  });

  it('names the columns of an empty table', () => {
    expect(fileRows(COLUMNS, [])).toEqual([['run', 'accuracy', 'images']]);
  });
});
