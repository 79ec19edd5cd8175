/**
 * The state of our programs on the current device: which tiles to use, and which programs have failed. One instance per GPU
 * device.
 */
import { addNotice } from './notices';
import { webgpuBackend } from './run-program';
import {
  type Extent,
  fitted,
  HARDWARE_TILES,
  LLVMPIPE_TILES,
  type Pass,
  SOFTWARE_TILES,
  type Tile,
  type TileSet,
  type TileTable,
} from './tile';

export class DevicePrograms {
  readonly #broken = new Set<string>();

  constructor(
    readonly tiles: TileSet,
    /** The tiles in use. */
    public table: TileTable = tiles.fallback,
    /** Whether to use the table's tiles even for products that are too small for them, as the self-test does. */
    public exact = false,
  ) {}

  /** Uses the reference kernel instead of this program from now on. */
  reject(program: string, reason: string): void {
    this.#broken.add(program);
    addNotice(program, reason);
  }

  get allWork(): boolean {
    return this.#broken.size === 0;
  }

  works(program: string): boolean {
    return !this.#broken.has(program);
  }

  /**
   * The tile for a product with `rows` × `columns` results, computed `times` times (taps or phases): the large one if it gives
   * enough workgroups, else the small one, reduced to the size of the product.
   */
  tile(pass: Pass, rows: number, columns: number, times = 1): Tile {
    const tile = this.table[pass][this.#extent(this.table[pass].large, rows * times, columns)];
    return this.exact ? tile : fitted(tile, rows, columns);
  }

  #extent({ rows, columns, threads }: Tile, results: number, channels: number): Extent {
    const workgroups =
      Math.ceil(results / (rows * threads[1])) * Math.ceil(channels / (columns * threads[0]));
    return workgroups >= this.tiles.workgroups / 4 ? 'large' : 'small';
  }
}

const known = new WeakMap<GPUDevice, DevicePrograms>();

/** The programs of tfjs' current WebGPU device. */
export function devicePrograms(): DevicePrograms {
  const { device } = webgpuBackend();
  const found = known.get(device) ?? new DevicePrograms(tilesFor(device));
  known.set(device, found);
  return found;
}

/** Names by which vendors and drivers identify adapters that compute on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** Whether an adapter computes on the CPU, according to its adapter info. */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  const { vendor, architecture, device, description } = info;
  return info.isFallbackAdapter || SOFTWARE.test([vendor, architecture, device, description].join(' '));
}

function tilesFor({ adapterInfo }: GPUDevice): TileSet {
  if (!adapterInfo || !isSoftwareAdapter(adapterInfo)) return HARDWARE_TILES;
  return /llvmpipe/i.test(`${adapterInfo.device} ${adapterInfo.description}`)
    ? LLVMPIPE_TILES
    : SOFTWARE_TILES;
}
