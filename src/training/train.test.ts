import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Backbone, Convolution } from '../backbone/backbone';
import { starter, starterImages } from '../backbone/starter';
import type { SettingOptions } from '../core/setting';
import { type AtomCoding, codedShape } from '../decompose/atom-coding';
import { kernelToRows } from '../decompose/kernel-rows';
import { findBases } from '../decompose/layer-bases';
import type { LayerCode } from '../decompose/layer-codes';
import { sparseCode } from '../decompose/sparse-coding';
import { float32, type Safetensors } from '../files/safetensors';
import { maxRelativeError, referenceValues, relativeError } from '../fixtures';
import { methodById } from '../methods';
import type { TuningMethod } from '../methods/method';
import { onBackends } from '../on-backends';
import type { Precision } from '../ops/fp16';
import { AdamW } from './adamw';
import { type Decompositions, decompositionsFor } from './decompositions';
import type { Parameter } from './parameters';
import { lossAndGradient } from './train';
import { TunedModel } from './tuned-model';

/** The settings of the reference, with its options. */
const RUNS: { id: string; options: SettingOptions }[] = [
  { id: 'linear-probe', options: {} },
  { id: 'atoms', options: { m: 9 } },
  { id: 'lora', options: { r: 2, alpha: 2 } },
  { id: 'core-atoms', options: { r: 3 } },
  { id: 'lora-xs', options: { r: 3 } },
  { id: 'svf', options: {} },
  { id: 'coefficient-atoms', options: { kc: 4, rank: 2, from: 4 } },
  { id: 'full', options: {} },
];
/** Those that read frozen numbers in different operations. */
const IN_FP16 = ['atoms', 'lora', 'core-atoms', 'coefficient-atoms'];
const STEPS = 5;
/**
 * Tolerated relative error of a trained tensor, compared with PyTorch in float64. LoRA's B and the core of core atoms start at zero:
 * where a first gradient is close to zero, Adam's first step divides a rounding error by its own magnitude.
 */
const TRAINED: Record<string, number> = { lora: 1e-2, 'core-atoms': 1e-2 };
/** Tolerated relative error of all trained parameters together. */
const TOGETHER = 2e-3;
const TRAINED_OTHERWISE = 1e-3;
/** Tolerances for fp16: of the losses, and of all trained parameters together. */
const FP16_LOSSES = 5e-3;
const FP16_PARAMETERS = 3e-2;

/** The decompositions on which the reference trained. Bases are computed here: the reference has computed its own. */
function referenceDecompositions(
  file: Safetensors,
  backbone: Backbone,
  method: TuningMethod,
  options: SettingOptions,
): Promise<Decompositions> {
  return decompositionsFor(backbone, method, options, {
    codes: async (coding, layers) =>
      new Map(
        layers.map((layer) => {
          if (coding.kc > 1) return [layer, codesOfAtoms(backbone.convolution(layer), coding, file)];
          const coefficients = float32(file, `${layer}.alpha`);
          return [layer, { ...UNREAD, coefficients }];
        }),
      ),
    bases: (spec, layers) => findBases(backbone, spec, layers),
  });
}

/** What training does not read. */
const UNREAD = { atoms: new Float32Array(), lipschitz: 1, relativeError: 0 };

function codesOfAtoms({ pretrained, spec }: Convolution, coding: AtomCoding, file: Safetensors): LayerCode {
  const { kernel, block, atoms } = codedShape(coding, spec);
  const rows = kernelToRows(pretrained, kernel, block);
  return { ...UNREAD, coefficients: sparseCode(rows, float32(file, `${spec.name}.D_c`), atoms) };
}

/** The reference, and the results of five steps from its initial values. */
async function fiveSteps({ id, options }: (typeof RUNS)[number], precision: Precision) {
  const reference = await referenceValues('starter-training.safetensors');
  const network = await referenceValues('starter-network.safetensors');
  const backbone = await starter(precision);
  const method = methodById(id);
  const model = new TunedModel(
    backbone,
    method,
    options,
    4,
    await referenceDecompositions(reference, backbone, method, options),
  );
  const { parameters } = model.table;
  const initial = new Float32Array(model.table.backbone + model.table.head);
  for (const { name, layer, offset } of parameters) {
    if (name.endsWith('.A')) initial.set(float32(reference, `${name}0`), offset);
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

/** All compared parameters in one list, and the reference's. */
function together(
  compared: Parameter[],
  { id }: (typeof RUNS)[number],
  trained: Float32Array,
  reference: Safetensors,
): [ours: number[], theirs: number[]] {
  return [
    compared.flatMap(({ offset, size }) => Array.from(trained.subarray(offset, offset + size))),
    compared.flatMap(({ name }) => Array.from(float32(reference, `${id}.final.${name}`))),
  ];
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
      if (id !== 'full')
        expect(relativeError(...together(compared, run, trained, reference))).toBeLessThan(TOGETHER);
    });

    if (backend !== 'webgpu' || !IN_FP16.includes(id)) continue;
    it(`${id} in fp16: gives nearly the same losses and trained parameters`, async () => {
      const { reference, parameters, losses, trained } = await fiveSteps(run, 'half');
      const compared = parameters.filter(({ name }) => reference.tensors.has(`${id}.final.${name}`));
      expect(maxRelativeError(losses, float32(reference, `${id}.losses`))).toBeLessThan(FP16_LOSSES);
      expect(relativeError(...together(compared, run, trained, reference))).toBeLessThan(FP16_PARAMETERS);
    });
  }
});
