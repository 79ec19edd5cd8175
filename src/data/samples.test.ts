import { describe, expect, test } from 'vitest';
import { SIDE } from '../../scripts/drawing';
import { toRgb } from '../../scripts/reduce-colours';
import { drawSample, SAMPLE_SETS, samplePath } from '../../scripts/samples';
import { importDataset } from './dataset';
import { decodeImage } from './decode';
import { unpack } from './unpack';

const MAX_BYTES = 3e6;

describe.each(SAMPLE_SETS.map((set) => ({ ...set, set })))('the sample set $id', ({ id, set }) => {
  const url = `/samples/${id}.zip`;

  test('is imported completely, with its name and its augmentation', async () => {
    const { metadata, classes, imagesPerClass } = set;
    const start = performance.now();
    const dataset = await importDataset(
      { kind: 'sample', name: id, url },
      { side: 73, seed: 1, testPart: 0, preset: 'whole' },
    );
    console.info(`${id} imported in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    const { name, description, augmentation } = metadata;
    expect(dataset).toMatchObject({ name, description, augmentation, leftOut: [], split: 'stratified' });
    expect(dataset.classes).toEqual(classes.map((drawn) => drawn.name));
    expect(dataset.train.labels.length + dataset.val.labels.length).toBe(classes.length * imagesPerClass);
  });

  test('is small, and contains the images that the drawing program draws', async () => {
    const zip = await (await fetch(url)).blob();
    expect(zip.size).toBeLessThan(MAX_BYTES);
    const { files } = await unpack(zip, { name: `${id}.zip` });
    for (const { name } of set.classes) {
      for (const number of [0, set.imagesPerClass - 1]) {
        const stored = files.find(({ path }) => path === `${id}/${samplePath(name, number)}`);
        // A square image of the requested size is not scaled.
        const decoded = await decodeImage(stored?.file ?? new Blob(), SIDE);
        expect('pixels' in decoded && decoded.pixels).toEqual(toRgb(drawSample(set, name, number)));
      }
    }
  });
});
