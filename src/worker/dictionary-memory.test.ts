import { keys, set } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { type ConvolutionSpec, convolutions, network } from '../backbone/layout';
import { codedShape, plainAtoms } from '../decompose/atom-coding';
import { readDictionaries, writeDictionaries } from './dictionary-memory';

const CODING = plainAtoms(2);
const LAYERS = convolutions(network({ baseWidth: 4, blocks: [1], strideIn1x1: false })).filter(
  ({ kernel }) => kernel > 1,
);
const [FIRST, SECOND] = LAYERS as [ConvolutionSpec, ConvolutionSpec];

const found = new Map(
  LAYERS.map((layer) => {
    const { atoms, cols } = codedShape(CODING, layer);
    const values = Float32Array.from({ length: atoms * cols }, Math.sin);
    return [layer.name, { atoms: values, lipschitz: 1.5, relativeError: 0.1 }];
  }),
);

describe('atoms found before', () => {
  it('come back for the same weights and coding, and for no others', async () => {
    await writeDictionaries('some weights', CODING, found);
    expect(await readDictionaries('some weights', CODING, LAYERS)).toEqual(found);
    expect((await readDictionaries('some weights', plainAtoms(3), LAYERS)).size).toBe(0);
    expect((await readDictionaries('some weights', { ...CODING, kc: 2 }, LAYERS)).size).toBe(0);
    expect((await readDictionaries('other weights', CODING, LAYERS)).size).toBe(0);
  });

  it('of more layers are kept beside those of others', async () => {
    const [first, second] = [...found];
    if (!first || !second) throw new Error('There are two layers.');
    await writeDictionaries('parts', CODING, new Map([first]));
    expect([...(await readDictionaries('parts', CODING, LAYERS)).keys()]).toEqual([FIRST.name]);
    await writeDictionaries('parts', CODING, new Map([second]));
    expect(await readDictionaries('parts', CODING, LAYERS)).toEqual(found);
    expect([...(await readDictionaries('parts', CODING, [SECOND])).keys()]).toEqual([SECOND.name]);
  });

  it('count for nothing where they are no such atoms', async () => {
    const short = { atoms: new Float32Array(3), lipschitz: 1.5, relativeError: 0.1 };
    await writeDictionaries('short', CODING, new Map(found).set(FIRST.name, short));
    expect([...(await readDictionaries('short', CODING, LAYERS)).keys()]).toEqual([SECOND.name]);
  });

  it('count for nothing where storage holds something else, and take its place', async () => {
    await writeDictionaries('spoilt', CODING, found);
    const key = (await keys()).find((each) => String(each).includes('spoilt'));
    await set(key ?? '', 'no atoms');
    expect((await readDictionaries('spoilt', CODING, LAYERS)).size).toBe(0);
    await writeDictionaries('spoilt', CODING, found);
    expect(await readDictionaries('spoilt', CODING, LAYERS)).toEqual(found);
  });
});
