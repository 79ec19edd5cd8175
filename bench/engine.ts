/** The engine as a person's page starts it: our backend, and on WebGPU tiles chosen for the adapter and programs tried. */
import { startBackend } from '../src/backend';
import { adaptPrograms, type TileNames } from '../src/ops/webgpu/adapt';
import { emptyPool } from '../src/ops/webgpu/buffer-pool';
import { readNotices } from '../src/ops/webgpu/notices';
import type { BackendName, EngineInfo, Notice } from '../src/worker/protocol';

export interface Engine {
  info: EngineInfo;
  /** The chosen tiles; null on wasm. */
  tiles: TileNames | null;
  /** Programs this adapter could not compile. */
  notices: readonly Notice[];
}

let started: Promise<Engine> | null = null;

/** Starts it once in a page; `tiles` are those an earlier page has chosen, null to choose them now. */
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
    // What the samples needed is no part of a step's memory.
    emptyPool();
  }
  return { info, tiles, notices: readNotices() };
}
