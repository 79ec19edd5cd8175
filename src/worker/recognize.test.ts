import { afterAll, beforeAll, expect, test } from 'vitest';
import { resnetFixture } from '../../e2e/resnet-fixture';
import { Backbone } from '../backbone/backbone';
import { tuningRecipe } from '../backbone/recipe';
import { startBackend } from '../backend';
import type { Recipe } from '../core/backbone';
import { importDataset } from '../data/dataset';
import { paintedImage } from '../data/file-fixtures';
import { openWeightFile } from '../files/open-weight-file';
import { recognizeData, recognizeFile } from './recognize';

const RECIPE: Recipe = { resize: 80, crop: 64, interpolation: 'bicubic', isStated: true, trainSize: null };
const INPUT_SIZE = 64;
const SIDE = Math.floor((INPUT_SIZE * 8) / 7);
let byRecipe: Backbone;
let asInTuning: Backbone;

beforeAll(async () => {
  await startBackend('wasm');
  const { file } = resnetFixture(4, 10);
  const weights = await openWeightFile([{ path: 'made.safetensors', file: new Blob([file]) }]);
  const identity = { id: 'made', name: 'made' };
  byRecipe = await Backbone.load(weights, identity, { inputSize: INPUT_SIZE, recipe: RECIPE });
  asInTuning = await Backbone.load(weights, identity, { inputSize: INPUT_SIZE });
});
afterAll(() => {
  byRecipe.dispose();
  asInTuning.dispose();
});

async function dataset() {
  const files = await Promise.all(
    ['a/0', 'a/1', 'b/0', 'b/1'].map(async (name, i) => ({
      path: `set/${name}.png`,
      file: await paintedImage(70, 70, (x, y) => [
        (x * (i + 3)) % 256,
        (y * 9 + 40 * i) % 256,
        (x * y) % 256,
      ]),
    })),
  );
  const options = { side: SIDE, preset: 'whole', seed: 0, testPart: 0 } as const;
  const data = await importDataset({ kind: 'files', files }, options);
  const fileOf = (path: string) => files.find((file) => file.path.endsWith(path))?.file ?? new Blob();
  return { data, fileOf };
}

test('a single image and the images of the data set are prepared by the backbone’s recipe', async () => {
  const { data, fileOf } = await dataset();
  const seen = await recognizeData(byRecipe, data, 1, () => {});
  expect(seen.map(({ className }) => className)).toEqual(['a', 'b']);
  for (const [i, recognition] of seen.entries()) {
    const path = data.val.paths[i] ?? '';
    expect(recognition.byRecipe).toBe(true);
    expect(recognition.guesses).toEqual(await recognizeFile(byRecipe, fileOf(path), path));
    // The recipe makes a difference.
    expect(recognition.guesses).not.toEqual(await recognizeFile(asInTuning, fileOf(path), path));
  }
});

test('the data’s are seen as in tuning, and said to be, where their files are not at hand', async () => {
  const { data, fileOf } = await dataset();
  const [seen] = await recognizeData(byRecipe, { ...data, originals: new Map() }, 1, () => {});
  expect(seen?.byRecipe).toBe(false);
  const path = data.val.paths[0] ?? '';
  expect(tuningRecipe(INPUT_SIZE).resize).toBe(SIDE);
  expect(seen?.guesses).toEqual(await recognizeFile(asInTuning, fileOf(path), path));
});
