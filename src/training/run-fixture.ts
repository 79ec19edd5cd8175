/** For tests only: a minimal run with a frozen stage, for slow backends and for workers. */

import type { BackendName } from '../core/engine';
import type { FrozenFeaturePlace, RunConfig } from '../core/run';
import { methodById } from '../methods';
import { runToEnd } from '../worker/run';
import { RunControl } from '../worker/run-control';
import { backboneFixture } from './backbone-fixture';
import { datasetFixture } from './dataset-fixture';
import { NO_DECOMPOSITIONS } from './decompositions';
import type { OpenFile } from './frozen-feature-cache';
import { RunCache } from './train';
import { TunedModel } from './tuned-model';

const CONFIG: RunConfig = {
  setting: 'lora',
  options: { r: 1, from: 2 },
  epochs: 2,
  batchSize: 3,
  learningRate: 1e-3,
  headLearningRate: 1e-3,
  weightDecay: 0,
  warmup: 0,
  dropout: 0,
  augmentation: 'flips',
  views: 2,
  patience: 0,
  seed: 1,
  warmStart: false,
  probe: { epochs: 1, learningRate: 1e-2, weightDecay: 0, batchSize: 4 },
};
const DATASET = datasetFixture(3, 3, 2, 36);

export interface RunFixture {
  /** The loss of every step. */
  losses: number[];
  /** The loss of every validation. */
  valLosses: number[];
  /** The number of images whose frozen features were computed for the cache. */
  computed: number;
}

/** Two epochs of three steps with 9 training images of two views each, and 6 validation images. */
export async function runFixture(
  backend: BackendName,
  place: FrozenFeaturePlace | null,
  openFile?: OpenFile,
): Promise<RunFixture> {
  const backbone = await backboneFixture({ baseWidth: 4, blocks: [1, 1], strideIn1x1: false }, 32);
  const model = new TunedModel(backbone, methodById('lora'), CONFIG.options, 3, NO_DECOMPOSITIONS);
  const cache = new RunCache(openFile);
  const job = { model, dataset: DATASET, config: CONFIG, cache, reportEvery: 1, frozenFeatures: place };
  const losses: number[] = [];
  let computed = 0;
  try {
    const { result } = await runToEnd(job, new RunControl(), { backend, threads: 1 }, (event) => {
      if (event.kind === 'step') losses.push(event.loss);
      if (event.kind === 'phase' && event.label === 'Computing activations of the frozen stages')
        computed = event.done;
    });
    return { losses, valLosses: result.epochs.map(({ valLoss }) => valLoss), computed };
  } finally {
    cache.dispose();
    model.dispose();
    backbone.dispose();
  }
}
