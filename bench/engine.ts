/** Starts the engine as the page does: our backend, and on WebGPU with tiles chosen for the adapter and checked programs. */
import { startBackend } from '../src/backend';
import type { BackendName, EngineInfo, Notice } from '../src/core/engine';
import { adaptPrograms, type TileNames } from '../src/ops/webgpu/adapt';
import { emptyPool } from '../src/ops/webgpu/buffer-pool';
import { readNotices } from '../src/ops/webgpu/notices';

export interface Engine {
  info: EngineInfo;
  /** The chosen tiles; null on wasm. */
  tiles: TileNames | null;
  /** Notices about programs that this adapter could not compile. */
  notices: readonly Notice[];
}

let started: Promise<Engine> | null = null;

/** Starts the engine once per page; `tiles` are those chosen by an earlier page, null to choose them now. */
export function startEngine(backend: BackendName, tiles: TileNames | null): Promise<Engine> {
  started ??= start(backend, tiles);
  return started;
}

async function start(backend: BackendName, remembered: TileNames | null): Promise<Engine> {
  const info = await startBackend(backend);
  let tiles = remembered;
  if (backend === 'webgpu') {
    await adaptPrograms({
      read: async () => tiles,
      write: async (_adapter, names) => {
        tiles = names;
      },
    });
    // Frees the buffers of the self-test, which are not part of a step's memory.
    emptyPool();
  }
  return { info, tiles, notices: readNotices() };
}
