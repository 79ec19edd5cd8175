import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it } from 'vitest';
import { onBackends } from '../../on-backends';
import { kernelGradient } from '../kernel-gradient';
import { adaptPrograms, type TileMemory, type TileNames } from './adapt';
import { devicePrograms } from './device-programs';
import { forgetNotices, readNotices } from './notices';
import { webgpuBackend } from './run-program';
import { tileName } from './tile';

/** A tile memory that returns the same choice for every adapter. */
function memoryOf(names: TileNames | null): TileMemory & { written: TileNames[] } {
  const written: TileNames[] = [];
  return { written, read: async () => names, write: async (_adapter, chosen) => void written.push(chosen) };
}

function everywhere(tile: string): TileNames {
  const extents = { large: tile, small: tile };
  return { convolution: extents, inputGradient: extents, kernelGradient: extents };
}

onBackends('adaptPrograms', () => {
  afterEach(forgetNotices);

  it('chooses tiles among the candidates, stores the choice and rejects no working program', async () => {
    const programs = devicePrograms();
    const memory = memoryOf(null);
    await adaptPrograms(memory);
    expect(readNotices()).toEqual([]);
    const [chosen] = memory.written;
    if (!chosen) throw new Error('Nothing was remembered.');
    const names = programs.tiles.candidates.map(tileName);
    for (const { large, small } of Object.values(chosen))
      expect(names).toEqual(expect.arrayContaining([large, small]));
  });

  it('uses stored tiles, and the fallback for a stored tile that no longer exists', async () => {
    const programs = devicePrograms();
    const { candidates, fallback } = programs.tiles;
    const known = candidates.map(tileName)[1] ?? '';
    await adaptPrograms(
      memoryOf({ ...everywhere(known), convolution: { large: 'none such', small: known } }),
    );
    expect(tileName(programs.table.inputGradient.large)).toBe(known);
    expect(tileName(programs.table.convolution.small)).toBe(known);
    expect(programs.table.convolution.large).toEqual(fallback.convolution.large);
    programs.table = fallback;
  });

  it('uses the reference kernel, with a notice, if a program does not compile', async () => {
    const backend = webgpuBackend();
    const { device } = backend;
    // tfjs caches compiled pipelines, including failed ones: this test must come last.
    (backend as unknown as { pipelineCache: object }).pipelineCache = {};
    const programs = devicePrograms();
    const tile = programs.tiles.candidates.at(-1);
    if (!tile) throw new Error('No candidates.');
    const create = device.createShaderModule;
    // Only the kernel-gradient program contains `lastLine`.
    device.createShaderModule = (descriptor) =>
      create.call(device, {
        ...descriptor,
        code: descriptor.code.includes('lastLine') ? 'no shader' : descriptor.code,
      });
    try {
      await adaptPrograms(memoryOf(everywhere(tileName(tile))));
    } finally {
      device.createShaderModule = create;
    }
    const rejected = readNotices();
    expect(rejected.map(({ program }) => program)).toContain(`kernelGradient_44_${tileName(tile)}`);
    for (const { program, reason } of rejected) {
      expect(program).toMatch(/^(kernel|atom)Gradient_/);
      expect(reason).toMatch(/WGSL/);
    }
    const [x, dz] = [tf.ones<tf.Rank.R4>([1, 3, 3, 4]), tf.ones<tf.Rank.R4>([1, 3, 3, 8])];
    const gradient = kernelGradient({ x, dz }, { k: 1, stride: 1, pad: 0 });
    expect(Array.from(await gradient.data())).toEqual(new Array(32).fill(9));
    tf.dispose([x, dz, gradient]);
  });
}, ['webgpu']);
