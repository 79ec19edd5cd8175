import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { starter, starterImages } from '../backbone/starter';
import type { LayerCode } from '../decompose/layer-codes';
import { float32, type Safetensors } from '../files/safetensors';
import { maxRelativeError, referenceValues, relativeError } from '../fixtures';
import { methodById } from '../methods';
import { onBackends } from '../on-backends';
import type { Precision } from '../ops/fp16';
import type { SettingOptions } from '../worker/protocol';
import { AdamW } from './adamw';
import { NO_DECOMPOSITIONS } from './decompositions';
import type { Parameter } from './parameters';
import { lossAndGradient } from './train';
import { TunedModel } from './tuned-model';

/** The settings of the reference, with its options. */
const RUNS: { id: string; options: SettingOptions }[] = [
  { id: 'linear-probe', options: {} },
  { id: 'atoms', options: { m: 9 } },
  { id: 'lora', options: { r: 2, alpha: 2 } },
  { id: 'full', options: {} },
];
const STEPS = 5;
/**
 * Tolerated relative error of a trained tensor, compared with PyTorch in float64. LoRA's B starts at zero: where its first gradient
 * is close to zero, Adam's first step divides a rounding error by its own magnitude.
 */
const TRAINED: Record<string, number> = { lora: 1e-2 };
const TRAINED_OTHERWISE = 1e-3;
/** Tolerances for fp16: of the losses, and of all trained parameters together. */
const FP16_LOSSES = 5e-3;
const FP16_PARAMETERS = 3e-2;

/** The decompositions on which the reference trained. */
function referenceCodes(file: Safetensors): Map<string, LayerCode> {
  const names = [...file.tensors.keys()]
    .filter((key) => key.endsWith('.alpha'))
    .map((key) => key.slice(0, -'.alpha'.length));
  return new Map(
    names.map((name) => [
      name,
      {
        atoms: new Float32Array(), // not read in training
        coefficients: float32(file, `${name}.alpha`),
        lipschitz: 1,
        relativeError: 0,
      },
    ]),
  );
}

/** The reference, and the results of five steps from its initial values. */
async function fiveSteps({ id, options }: (typeof RUNS)[number], precision: Precision) {
  const reference = await referenceValues('starter-training.safetensors');
  const network = await referenceValues('starter-network.safetensors');
  const backbone = await starter(precision);
  const model = new TunedModel(backbone, methodById(id), options, 4, {
    ...NO_DECOMPOSITIONS,
    plain: referenceCodes(reference),
  });
  const { parameters } = model.table;
  const initial = new Float32Array(model.table.backbone + model.table.head);
  for (const { name, layer, offset } of parameters) {
    if (name.endsWith('.lora.A')) initial.set(float32(reference, `${name}0`), offset);
    else if (id === 'full' && layer) initial.set(backbone.convolution(layer.name).pretrained, offset);
  }
  const optimizer = new AdamW(initial, { rates: 1e-3, weightDecay: 0 });
  const batch = starterImages(network);
  const targets = tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]); // labels 0 … 3
  const losses: number[] = [];
  for (let step = 0; step <= STEPS; step++) {
    const { loss, gradient } = lossAndGradient(model, optimizer.values, batch, targets, null);
    losses.push((await loss.data())[0] ?? Number.NaN);
    if (step < STEPS) optimizer.apply(gradient);
    tf.dispose([loss, gradient]);
  }
  const trained = (await optimizer.values.data()) as Float32Array; // float32 tensor
  optimizer.dispose();
  model.dispose();
  backbone.dispose();
  tf.dispose([batch, targets]);
  return { reference, parameters, losses, trained };
}

onBackends('five Adam steps against PyTorch', (backend) => {
  for (const run of RUNS) {
    const { id } = run;
    it(`${id}: gives the same losses and trained parameters`, async () => {
      const { reference, parameters, losses, trained } = await fiveSteps(run, 'single');
      expect(maxRelativeError(losses, float32(reference, `${id}.losses`))).toBeLessThan(1e-3);
      const compared = parameters.filter(({ name }) => reference.tensors.has(`${id}.final.${name}`));
      // The reference does not store the trained kernels of full tuning.
      if (id !== 'full') expect(compared).toHaveLength(parameters.length);
      for (const { name, offset, size } of compared) {
        const values = trained.subarray(offset, offset + size);
        const expected = float32(reference, `${id}.final.${name}`);
        expect(relativeError(values, expected), name).toBeLessThan(TRAINED[id] ?? TRAINED_OTHERWISE);
      }
    });

    if (backend !== 'webgpu') continue;
    it(`${id} in fp16: gives nearly the same losses and trained parameters`, async () => {
      const { reference, parameters, losses, trained } = await fiveSteps(run, 'half');
      const compared = parameters.filter(({ name }) => reference.tensors.has(`${id}.final.${name}`));
      const all = (of: (parameter: Parameter) => ArrayLike<number>) =>
        compared.flatMap((each) => Array.from(of(each)));
      const ours = all(({ offset, size }) => trained.subarray(offset, offset + size));
      const theirs = all(({ name }) => float32(reference, `${id}.final.${name}`));
      expect(maxRelativeError(losses, float32(reference, `${id}.losses`))).toBeLessThan(FP16_LOSSES);
      // The reference does not store the trained kernels of full tuning.
      if (id !== 'full') expect(relativeError(ours, theirs)).toBeLessThan(FP16_PARAMETERS);
    });
  }
});
