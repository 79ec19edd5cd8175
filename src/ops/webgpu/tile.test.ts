import { expect, it } from 'vitest';
import { DIRECT, fitted, type Tile } from './tile';

const STAGED: Tile = { rows: 8, columns: 8, threads: [8, 8], staged: 16 };

/** The rows and columns of results that a workgroup computes. */
const reach = ({ rows, columns, threads: [x, y] }: Tile) => [rows * y, columns * x];

it('a tile is unchanged if the product fills it', () => {
  expect(fitted(DIRECT, 4096, 64)).toBe(DIRECT);
  expect(fitted(STAGED, 4096, 64)).toBe(STAGED);
  expect(fitted(STAGED, 4096, 32)).toBe(STAGED);
});

it('threads are moved to the axis that has results for them', () => {
  expect(fitted(DIRECT, 4096, 16).threads).toEqual([2, 32]);
  expect(fitted(DIRECT, 16, 4096).threads).toEqual([32, 2]);
  expect(fitted(DIRECT, 16, 16).threads).toEqual([2, 2]);
  expect(fitted(STAGED, 4096, 4)).toMatchObject({ threads: [1, 64], staged: 0 });
});

it('at most half of a fitted workgroup lies beyond the product, and it has no more threads than before', () => {
  for (const rows of [4, 7, 12, 20, 64, 100, 4096])
    for (const columns of [4, 8, 12, 20, 64, 100, 2048]) {
      const tile = fitted(DIRECT, rows, columns);
      const [tall = 0, wide = 0] = reach(tile);
      expect(tall, `${rows} × ${columns}`).toBeLessThan(Math.max(8, 2 * rows + 8));
      expect(wide, `${rows} × ${columns}`).toBeLessThan(Math.max(8, 2 * columns + 8));
      expect(tile.threads[0] * tile.threads[1]).toBeLessThanOrEqual(64);
    }
});
