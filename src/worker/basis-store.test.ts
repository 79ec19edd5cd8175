import { keys, set } from 'idb-keyval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../backbone/backbone';
import { startBackend } from '../backend';
import { type BasisSpec, basesOf } from '../decompose/bases';
import type { FindBases } from '../decompose/layer-bases';
import { backboneFixture } from '../training/backbone-fixture';
import { BasisStore } from './basis-store';

const CHANNELS: BasisSpec = { form: 'channels', rank: 2 };
const LAYERS = ['conv1', 'layer1.0.conv2'];

describe('bases found before', () => {
  let backbone: Backbone;
  beforeAll(async () => {
    await startBackend('wasm');
    backbone = await backboneFixture({ baseWidth: 4, blocks: [1], strideIn1x1: false }, 32);
  });
  afterAll(() => backbone.dispose());

  /** A store that records which layers are computed. */
  function recording() {
    const computed: string[] = [];
    const find: FindBases = async (from, spec, layers) => {
      computed.push(...layers);
      const of = (layer: string) => {
        const { pretrained, spec: sizes } = from.convolution(layer);
        return basesOf(pretrained, sizes, spec);
      };
      return new Map(layers.map((layer) => [layer, of(layer)]));
    };
    return { store: new BasisStore(find), computed };
  }

  it('come back from memory, and in another session from storage, for the same rank alone', async () => {
    const first = recording();
    const found = await first.store.find(backbone, CHANNELS, LAYERS);
    expect([...found.keys()]).toEqual(LAYERS);
    expect(await first.store.find(backbone, CHANNELS, LAYERS)).toEqual(found);
    expect(first.computed).toEqual(LAYERS);

    const later = recording();
    expect(await later.store.find(backbone, CHANNELS, LAYERS)).toEqual(found);
    expect(later.computed).toEqual([]);
    await later.store.find(backbone, { ...CHANNELS, rank: 1 }, LAYERS);
    expect(later.computed).toEqual(LAYERS);
  });

  it('are joined by those of further layers, and only those asked for are returned', async () => {
    const { store, computed } = recording();
    const spec = { ...CHANNELS, rank: 3 };
    await store.find(backbone, spec, LAYERS);
    const [layer] = await store.find(backbone, spec, ['layer1.0.conv1']);
    expect(layer?.[0]).toBe('layer1.0.conv1');
    expect(computed).toEqual([...LAYERS, 'layer1.0.conv1']);
  });

  it('are computed again where storage holds something else', async () => {
    const spec: BasisSpec = { form: 'matrix', rank: 2 };
    const found = await recording().store.find(backbone, spec, LAYERS);
    const key = (await keys()).find((each) => String(each).endsWith('matrix,2'));
    const [name, bases] = [...found][0] ?? [];
    const short = { isAmbiguous: false, tensors: { ...bases?.tensors, U: new Float32Array(3) } };
    for (const spoilt of ['no bases', new Map([[name, short]])]) {
      await set(key ?? '', spoilt);
      const { store, computed } = recording();
      expect(await store.find(backbone, spec, LAYERS)).toEqual(found);
      expect(computed).toEqual(LAYERS);
    }
  });
});
