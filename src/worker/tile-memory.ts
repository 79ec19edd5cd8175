/** Keeps the tile sizes chosen for this computer's GPU adapters in the browser's storage. Without storage they are chosen again. */
import { get, set } from 'idb-keyval';
import type { TileMemory } from '../ops/webgpu/adapt';
import { z } from '../schema';

const byExtent = z.object({ large: z.string(), small: z.string() });
const schema = z.object({
  convolution: byExtent,
  inputGradient: byExtent,
  kernelGradient: byExtent,
});

const keyOf = (adapter: string) => `tiles of ${adapter}`;

export const tileMemory: TileMemory = {
  async read(adapter) {
    const stored: unknown = await get(keyOf(adapter)).catch(() => null);
    const { data = null } = schema.safeParse(stored);
    return data;
  },
  write: (adapter, names) => set(keyOf(adapter), names).catch(() => {}),
};
