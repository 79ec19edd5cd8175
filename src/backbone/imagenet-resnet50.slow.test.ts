/** `npm run test:slow:unit`: a real ImageNet ResNet-50 of full width, recognized with, taken apart and tuned. */
import { expect, it } from 'vitest';
import type { RunConfig } from '../core/run';
import { importDataset } from '../data/dataset';
import { plainAtoms } from '../decompose/atom-coding';
import { decomposeBackbone } from '../decompose/layer-codes';
import { maxRelativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { modelFixture } from '../training/model-fixture';
import { RunCache } from '../training/train';
import { recognizeFile } from '../worker/recognize';
import { runToEnd } from '../worker/run';
import { RunControl } from '../worker/run-control';
import { featuresOfMade, flowers, imagenetResnet50, missing, REFERENCE } from './imagenet-resnet50';
import { ownClassNames } from './own-classes';

const NAMES = ownClassNames({
  classes: 1000,
  names: null,
  weight: new Float32Array(),
  bias: new Float32Array(),
});
const CLASSES = ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips'];

onBackends('an ImageNet ResNet-50 of full width', () => {
  it('gives PyTorch’s features at 224 px', async (test) => {
    if (missing) return test.skip(missing);
    const backbone = await imagenetResnet50(224);
    const features = await featuresOfMade(backbone, 224);
    expect(maxRelativeError(features, REFERENCE.features[224])).toBeLessThan(1e-3);
    backbone.dispose();
  });
});

onBackends('an ImageNet ResNet-50 on real images', () => {
  it('recognizes 13 of 14 daisies, as PyTorch does, image by image', async (test) => {
    if (missing) return test.skip(missing);
    const backbone = await imagenetResnet50(224);
    let daisies = 0;
    for (const [place, { path, file }] of (await flowers('val/daisy', 14)).entries()) {
      const [name = '', best = 0, probability = 0] = REFERENCE.daisies[place] ?? [];
      expect(path).toContain(name);
      const [first] = await recognizeFile(backbone, file, path);
      expect([path, first?.name]).toEqual([path, NAMES[best]]);
      expect(first?.probability).toBeCloseTo(probability, 1);
      if (first?.name === 'daisy') daisies++;
    }
    expect(daisies).toBe(13);
    backbone.dispose();
  });

  it('is taken apart into nine atoms a layer with the errors of a coding in NumPy', async (test) => {
    if (missing) return test.skip(missing);
    const backbone = await imagenetResnet50(224);
    const layers = Object.keys(REFERENCE.errors);
    expect(layers).toHaveLength(17);
    const codes = await decomposeBackbone(backbone, plainAtoms(9), layers);
    for (const layer of layers) {
      const error = codes.get(layer)?.relativeError ?? Number.NaN;
      const expected = REFERENCE.errors[layer] ?? Number.NaN;
      console.info(`${layer}: ${error.toFixed(4)}, NumPy ${expected.toFixed(4)}`);
      // Other random starts end in other atoms.
      expect(Math.abs(error / expected - 1), layer).toBeLessThan(0.1);
    }
    backbone.dispose();
  });

  it('tuned by its atoms at 64 px: the loss is finite and falls, and the best epoch is within two images of the probe', async (test) => {
    if (missing) return test.skip(missing);
    const backbone = await imagenetResnet50(64);
    const parts = CLASSES.flatMap((name) => [flowers(`train/${name}`, 12), flowers(`val/${name}`, 8)]);
    const files = (await Promise.all(parts)).flat();
    const choice = { preset: 'whole', seed: 0, testPart: 0 } as const;
    const dataset = await importDataset({ kind: 'files', files }, { ...choice, side: 73 });
    expect([dataset.train.labels.length, dataset.val.labels.length]).toEqual([60, 40]);
    const config: RunConfig = {
      ...{ setting: 'atoms', options: { m: 9 }, epochs: 3, batchSize: 12, learningRate: 1e-2 },
      ...{
        headLearningRate: 1e-3,
        weightDecay: 1e-4,
        warmup: 0.1,
        dropout: 0,
        augmentation: 'none',
        views: 0,
      },
      ...{ seed: 1, patience: 0, warmStart: true },
      probe: { epochs: 20, learningRate: 1e-3, weightDecay: 0, batchSize: 20 },
    };
    const model = await modelFixture(backbone, 'atoms', config.options, CLASSES.length);
    const cache = new RunCache();
    const losses: number[] = [];
    const job = { model, dataset, config, cache, reportEvery: 1 };
    const { result } = await runToEnd(job, new RunControl(), { backend: 'wasm', threads: 1 }, (event) => {
      if (event.kind === 'step') losses.push(event.loss);
    });
    cache.dispose();
    model.dispose();
    backbone.dispose();
    expect(losses).toHaveLength(15);
    expect(losses.every(Number.isFinite)).toBe(true);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(10))).toBeLessThan(mean(losses.slice(0, 5)));
    const [probe, ...tuned] = result.epochs.map(({ correct }) => correct);
    console.info(`losses ${losses.map((loss) => loss.toFixed(3))}; right of 40: ${probe}, then ${tuned}`);
    // Guessing is right in 8 of 40.
    expect(probe).toBeGreaterThan(16);
    expect(Math.max(...tuned)).toBeGreaterThanOrEqual((probe ?? 0) - 2);
  });
}, ['wasm']);
