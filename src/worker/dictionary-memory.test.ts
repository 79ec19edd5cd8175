import { keys, set } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { readDictionaries, writeDictionaries } from './dictionary-memory';

const LAYERS = [
  { name: 'conv1', kernel: 7 },
  { name: 'layer1.0.conv2', kernel: 3 },
];

const found = new Map(
  LAYERS.map(({ name, kernel }) => [
    name,
    { atoms: Float32Array.from({ length: 2 * kernel ** 2 }, Math.sin), lipschitz: 1.5, relativeError: 0.1 },
  ]),
);

describe('atoms found before', () => {
  it('come back for the same weights and number of atoms, and for no others', async () => {
    await writeDictionaries('some weights', 2, found);
    expect(await readDictionaries('some weights', 2, LAYERS)).toEqual(found);
    expect(await readDictionaries('some weights', 3, LAYERS)).toBeNull();
    expect(await readDictionaries('other weights', 2, LAYERS)).toBeNull();
  });

  it('count for nothing where a layer is missing or they are no such atoms', async () => {
    await writeDictionaries('cut', 2, new Map([...found].slice(0, 1)));
    expect(await readDictionaries('cut', 2, LAYERS)).toBeNull();
    const [layer, stored] = [...found][0] ?? [];
    if (!layer || !stored) throw new Error('There are two layers.');
    await writeDictionaries('short', 2, new Map(found).set(layer, { ...stored, atoms: new Float32Array(3) }));
    expect(await readDictionaries('short', 2, LAYERS)).toBeNull();
  });

  it('count for nothing where storage holds something else', async () => {
    await writeDictionaries('spoilt', 2, found);
    const key = (await keys()).find((each) => String(each).includes('spoilt'));
    await set(key ?? '', 'no atoms');
    expect(await readDictionaries('spoilt', 2, LAYERS)).toBeNull();
  });
});
