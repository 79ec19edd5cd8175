import type { Shape } from '../definition';

/** How a program cuts its matrix product into pieces, and which piece suits which product. */
export interface Tile {
  /** Results per thread along the rows, a multiple of 4. */
  rows: number;
  /** Results per thread along the columns, a multiple of 4. */
  columns: number;
  /** Threads of a workgroup along columns and rows. */
  threads: readonly [number, number];
  /**
   * Inner numbers brought into workgroup memory at a time, a multiple of 4; 0 reads each number where it is needed. GPUs
   * share what a workgroup has read; software adapters pay for every barrier.
   */
  staged: number;
}

/** Where nothing is staged, threads know nothing of each other: however many there are, the program is the same. */
export function tileName({ rows, columns, threads, staged }: Tile): string {
  return staged > 0 ? `${rows}x${columns}_${threads.join('x')}_${staged}` : `${rows}x${columns}`;
}

/**
 * The tile for a product with `rows` × `columns` results, a side of which may be shorter than a workgroup's: threads beyond it
 * would do nothing. What is shared in workgroup memory keeps its shape, unless most of it would lie beyond.
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

/** The three products of a convolution. The atoms' gradient is cut as the gradient by the kernel. */
export type Pass = 'convolution' | 'inputGradient' | 'kernelGradient';
export const PASSES: readonly Pass[] = ['convolution', 'inputGradient', 'kernelGradient'];

/** Whether a product has results enough to give every workgroup a large piece. */
export type Extent = 'large' | 'small';
export const EXTENTS: readonly Extent[] = ['large', 'small'];

export type TileTable = Readonly<Record<Pass, Readonly<Record<Extent, Tile>>>>;

/** What the tuner chooses from, and what serves until it has. */
export interface TileSet {
  candidates: readonly Tile[];
  fallback: TileTable;
  /** For the convolution of an image's few channels, which has little to do for every position it looks up. */
  few: Tile;
  /** Workgroups that a product should have to keep the device busy. */
  workgroups: number;
  /** What the candidates are timed on: as long as a device of this kind takes some milliseconds for. */
  samples: Readonly<Record<Extent, Shape>>;
}

/** Reads each number where it is needed; serves channels that are no multiple of 4 on every adapter. */
export const DIRECT: Tile = { rows: 8, columns: 8, threads: [8, 8], staged: 0 };

/** For a product with fewer rows than the direct tile has, as the gradient by the kernel of an image's channels. */
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

/** On a CPU a thread of the shader is a lane of a vector unit: barriers cost, and there are few workgroups to feed. */
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

/** Mesa's llvmpipe has few registers for a lane, and compiles large tiles for seconds. */
export const LLVMPIPE_TILES: TileSet = {
  ...SOFTWARE_TILES,
  fallback: {
    convolution: { large: NARROW, small: NARROW },
    inputGradient: { large: SHALLOW, small: NARROW },
    kernelGradient: { large: DIRECT, small: DIRECT },
  },
  few: NARROW,
};
