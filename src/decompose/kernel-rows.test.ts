import { expect, test } from 'vitest';
import { channelBlock, kernelToRows, PLAIN, rowsShape, rowsToKernel } from './kernel-rows';

function counted(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => i);
}

test('a plain row is one k×k filter in the order of the kernel', () => {
  const rows = kernelToRows(counted(2 * 3 * 9), { cOut: 2, cIn: 3, k: 3 });
  expect(rows).toEqual({ data: counted(54), rows: 6, cols: 9 });
});

test('a block row has the layout (p k q l)', () => {
  const shape = { cOut: 4, cIn: 6, k: 3 };
  const block = { out: 2, in: 3 };
  const { data, rows, cols } = kernelToRows(counted(4 * 6 * 9), shape, block);
  expect([rows, cols]).toEqual([4, 54]);
  for (let o = 0; o < 4; o++)
    for (let i = 0; i < 6; i++)
      for (let y = 0; y < 3; y++)
        for (let x = 0; x < 3; x++) {
          const row = Math.floor(o / 2) * 2 + Math.floor(i / 3);
          const column = (((o % 2) * 3 + y) * 3 + (i % 3)) * 3 + x;
          expect(data[row * 54 + column]).toBe(((o * 6 + i) * 3 + y) * 3 + x);
        }
});

test('rowsToKernel inverts kernelToRows', () => {
  for (const [cOut, cIn, k, kc] of [
    [8, 4, 3, 4],
    [8, 3, 7, 4],
    [5, 4, 1, 2],
    [6, 10, 3, 1],
  ] as const) {
    const shape = { cOut, cIn, k };
    const block = channelBlock(shape, kc);
    const kernel = counted(cOut * cIn * k * k);
    expect(rowsToKernel(kernelToRows(kernel, shape, block).data, shape, block)).toEqual(kernel);
  }
});

test('a channel count that the block size does not divide uses blocks of 1', () => {
  expect(channelBlock({ cOut: 64, cIn: 3, k: 7 }, 4)).toEqual({ out: 4, in: 1 });
  expect(channelBlock({ cOut: 10, cIn: 16, k: 1 }, 4)).toEqual({ out: 1, in: 4 });
  expect(rowsShape({ cOut: 64, cIn: 3, k: 7 }, { out: 4, in: 1 })).toEqual({ rows: 48, cols: 196 });
  expect(rowsShape({ cOut: 64, cIn: 3, k: 7 }, PLAIN)).toEqual({ rows: 192, cols: 49 });
});

test('a kernel of the wrong size, or a block that does not divide it, throws RangeError', () => {
  expect(() => kernelToRows(counted(10), { cOut: 1, cIn: 1, k: 3 })).toThrow(RangeError);
  expect(() => rowsToKernel(counted(27), { cOut: 3, cIn: 1, k: 3 }, { out: 2, in: 1 })).toThrow(RangeError);
});
