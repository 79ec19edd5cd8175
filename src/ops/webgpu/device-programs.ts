/**
 * What is known of our programs on the present device: which tiles suit it, and which programs it could not compile. One
 * per tfjs backend; a new device starts anew.
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
    /** Takes the table's tiles as they are, also where a product is too small for them: to try them on little. */
    public exact = false,
  ) {}

  /** From now on the portable form runs in this program's place. */
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
   * The tile for a product with `rows` × `columns` results, `times` over (taps, phases): the large one as long as it makes
   * workgroups enough.
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

/** Those of tfjs' present WebGPU backend. */
export function devicePrograms(): DevicePrograms {
  const { device } = webgpuBackend();
  const found = known.get(device) ?? new DevicePrograms(tilesFor(device));
  known.set(device, found);
  return found;
}

/** Vendors' and drivers' names for adapters that compute on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** Whether an adapter computes on the CPU, from what it says of itself. */
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
