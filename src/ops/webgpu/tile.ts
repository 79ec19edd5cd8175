import type { Shape } from '../definition';

/** How a program divides its matrix product among threads and workgroups. */
export interface Tile {
  /** Results per thread along the rows, a multiple of 4. */
  rows: number;
  /** Results per thread along the columns, a multiple of 4. */
  columns: number;
  /** Threads per workgroup along columns and rows. */
  threads: readonly [number, number];
  /**
   * Inner-axis values loaded into workgroup memory at a time, a multiple of 4; with 0 every thread reads from global memory.
   * GPUs gain from sharing loads within a workgroup; on software adapters every barrier is expensive.
   */
  staged: number;
}

/** Identifies the program for a tile. Without staging, the program text does not depend on the number of threads. */
export function tileName({ rows, columns, threads, staged }: Tile): string {
  return staged > 0 ? `${rows}x${columns}_${threads.join('x')}_${staged}` : `${rows}x${columns}`;
}

/**
 * The tile for a product with `rows` × `columns` results, which may be smaller than a workgroup: threads beyond the product would
 * be idle. A staged tile keeps its shape unless at most a quarter of it is used.
 */
export function fitted(tile: Tile, rows: number, columns: number): Tile {
  const [across, down] = tile.threads;
  const share = (count: number, group: number) => Math.min(1, count / group);
  const used = share(columns, tile.columns * across) * share(rows, tile.rows * down);
  if (used > 0.5 || (tile.staged > 0 && used > 0.25)) return tile;
  const own = tile.staged > 0 ? DIRECT : tile;
  const threads = own.threads[0] * own.threads[1];
  const needed = (count: number, each: number) => 2 ** Math.ceil(Math.log2(Math.ceil(count / each)));
  const [wide, tall] = [needed(columns, own.columns), needed(rows, own.rows)];
  const y = Math.min(tall, threads / Math.min(wide, own.threads[0]));
  const x = Math.min(wide, threads / y);
  return { ...own, threads: [x, y] };
}

/** The three products of a convolution. The atom gradient uses the tiles of the kernel gradient. */
export type Pass = 'convolution' | 'inputGradient' | 'kernelGradient';
export const PASSES: readonly Pass[] = ['convolution', 'inputGradient', 'kernelGradient'];

/** Whether a product has enough results for a large tile per workgroup. */
export type Extent = 'large' | 'small';
export const EXTENTS: readonly Extent[] = ['large', 'small'];

export type TileTable = Readonly<Record<Pass, Readonly<Record<Extent, Tile>>>>;

/** The tiles for one kind of device: candidates for tuning, and the fallback before it. */
export interface TileSet {
  candidates: readonly Tile[];
  fallback: TileTable;
  /** The tile for the convolution of an image's few channels, which does little work per position. */
  few: Tile;
  /** The number of workgroups that keeps the device busy. */
  workgroups: number;
  /** The shapes on which the candidates are timed; each takes some milliseconds on this kind of device. */
  samples: Readonly<Record<Extent, Shape>>;
}

/** Reads from global memory; supports channel counts that are not a multiple of 4, on every adapter. */
export const DIRECT: Tile = { rows: 8, columns: 8, threads: [8, 8], staged: 0 };

/** For a product with fewer rows than the direct tile, such as the kernel gradient of an image's channels. */
export function fewRows(rows: number): Tile {
  return { rows, columns: 16, threads: [4, 1], staged: 0 };
}

const NARROW: Tile = { rows: 4, columns: 8, threads: [8, 8], staged: 0 };
const SHALLOW: Tile = { rows: 8, columns: 4, threads: [8, 8], staged: 0 };
const STAGED_64: Tile = { rows: 8, columns: 8, threads: [8, 8], staged: 16 };
const STAGED_32: Tile = { rows: 4, columns: 4, threads: [8, 8], staged: 16 };

function everywhere(large: Tile, small: Tile): TileTable {
  const extents = { large, small };
  return { convolution: extents, inputGradient: extents, kernelGradient: extents };
}

export const HARDWARE_TILES: TileSet = {
  candidates: [
    STAGED_64,
    STAGED_32,
    { rows: 8, columns: 8, threads: [16, 16], staged: 16 },
    { rows: 4, columns: 4, threads: [16, 16], staged: 16 },
    DIRECT,
    NARROW,
  ],
  fallback: everywhere(STAGED_64, STAGED_32),
  few: DIRECT,
  workgroups: 256,
  samples: {
    large: { n: 8, h: 28, w: 28, cIn: 128, cOut: 128, k: 3, stride: 1, pad: 1 },
    small: { n: 4, h: 7, w: 7, cIn: 512, cOut: 512, k: 3, stride: 1, pad: 1 },
  },
};

/** On a CPU a shader thread is a lane of a vector unit: barriers are expensive, and few workgroups run in parallel. */
export const SOFTWARE_TILES: TileSet = {
  candidates: [DIRECT, NARROW, SHALLOW],
  fallback: everywhere(DIRECT, DIRECT),
  few: { rows: 8, columns: 16, threads: [4, 8], staged: 0 },
  workgroups: 8,
  samples: {
    large: { n: 1, h: 16, w: 16, cIn: 64, cOut: 64, k: 3, stride: 1, pad: 1 },
    small: { n: 1, h: 2, w: 2, cIn: 256, cOut: 256, k: 3, stride: 1, pad: 1 },
  },
};

/** Mesa's llvmpipe has few registers per lane, and takes seconds to compile large tiles. */
export const LLVMPIPE_TILES: TileSet = {
  ...SOFTWARE_TILES,
  fallback: {
    convolution: { large: NARROW, small: NARROW },
    inputGradient: { large: SHALLOW, small: NARROW },
    kernelGradient: { large: DIRECT, small: DIRECT },
  },
  few: NARROW,
};
