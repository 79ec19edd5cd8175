/** Times a linear-probe epoch on cached features: the run's own code with the page's batch size, including validation. */
import { seededRandom } from '../src/core/random';
import { datasetFixture } from '../src/training/dataset-fixture';
import { trainProbe } from '../src/training/probe';
import type { ProbeEpochRequest } from './case';
import { startEngine } from './engine';
import { networkOf } from './work';

const CLASSES = 5;
const EPOCHS = 6;
const PROBE = { epochs: EPOCHS, learningRate: 1e-2, weightDecay: 1e-2, batchSize: 32 };

/** Milliseconds of each epoch after the first, which is a warm-up. */
export async function measureProbeEpoch({
  backend,
  tiles,
  backbone,
  images,
}: ProbeEpochRequest): Promise<{ times: number[] }> {
  await startEngine(backend, tiles);
  const dataset = datasetFixture(CLASSES, Math.round(images / CLASSES), Math.round(images / CLASSES / 10), 1);
  const random = seededRandom(0);
  const featuresOf = (count: number) =>
    Float32Array.from({ length: count * networkOf(backbone).features }, () => Math.max(0, random.normal()));
  const features = {
    train: featuresOf(dataset.train.labels.length),
    val: featuresOf(dataset.val.labels.length),
  };
  const times: number[] = [];
  let began = performance.now();
  for await (const { epoch } of trainProbe(features, dataset, { probe: PROBE, seed: 0 })) {
    const now = performance.now();
    if (epoch > 1) times.push(now - began);
    began = now;
  }
  return { times };
}
