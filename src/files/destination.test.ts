import { describe, expect, it } from 'vitest';
import { starterFile } from '../backbone/starter';
import { committed } from '../backbone/weight-forms';
import { plainFiles, tarOf, textFile, zipOf } from '../data/file-fixtures';
import { destinationOf } from './destination';
import { writeSafetensors } from './safetensors';

const tensors = new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]);
const saved = (metadata: Record<string, string>) => new Blob([writeSafetensors(tensors, metadata)]);

describe('where dropped files belong', () => {
  it.each([
    'narrow.pth',
    'narrow-legacy.pth',
    'checkpoint-protocol-4.pth',
    'views.safetensors',
    'model.json',
  ])('weights, whatever their name, belong to the backbone: %s', async (name) => {
    const [weights] = await committed([name]);
    if (!weights) throw new Error('Nothing was fetched.');
    expect(await destinationOf([{ path: 'image.jpg', file: weights.file }])).toBe('backbone');
  });

  it('the starter’s file belongs to the backbone, and an adapter is told from it by its metadata', async () => {
    expect(await destinationOf([{ path: 'w', file: new Blob([await starterFile()]) }])).toBe('backbone');
    expect(await destinationOf([{ path: 'w', file: saved({ made: 'for tests' }) }])).toBe('backbone');
    expect(await destinationOf([{ path: 'w', file: saved({ adapter: '{}' }) }])).toBe('adapter');
  });

  it('images belong to the data, in folders with other files and in archives', async () => {
    const images = await plainFiles(['set/a/0.png', 'set/b/0.png']);
    expect(await destinationOf([textFile('set/README.json', '{"license": "CC0"}'), ...images])).toBe('data');
    expect(await destinationOf([{ path: 'set.pth', file: await zipOf(images) }])).toBe('data');
    expect(await destinationOf([{ path: 'set.tar', file: await tarOf(images) }])).toBe('data');
  });

  it('what cannot be recognised is left to the import of data, which explains it', async () => {
    expect(await destinationOf([])).toBe('data');
    expect(await destinationOf([textFile('notes.txt', 'No image.')])).toBe('data');
  });
});
