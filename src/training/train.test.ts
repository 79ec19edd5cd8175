import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { Backbone } from '../backbone/backbone';
import type { LayerCode } from '../decompose/layer-codes';
import { float32, type Safetensors } from '../files/safetensors';
import { fixture, maxRelativeError, relativeError, sharedFile } from '../fixtures';
import { methodById } from '../methods';
import { onBackends } from '../on-backends';
import type { SettingOptions } from '../worker/protocol';
import { AdamW } from './adamw';
import { lossAndGradient } from './train';
import { TunedModel } from './tuned-model';

/** The settings of the reference, with the options it used. */
const RUNS: { id: string; options: SettingOptions }[] = [
  { id: 'linear-probe', options: {} },
  { id: 'atoms', options: { m: 9 } },
  { id: 'lora', options: { r: 2, alpha: 2 } },
  { id: 'full', options: {} },
];
const STEPS = 5;

/** The decomposition the reference trained on. */
function referenceCodes(file: Safetensors): Map<string, LayerCode> {
  const names = [...file.tensors.keys()]
    .filter((key) => key.endsWith('.alpha'))
    .map((key) => key.slice(0, -'.alpha'.length));
  return new Map(
    names.map((name) => [
      name,
      {
        atoms: float32(file, `${name}.D`),
        coefficients: float32(file, `${name}.alpha`),
        lipschitz: 1,
        relativeError: 0,
      },
    ]),
  );
}

onBackends('five Adam steps against PyTorch', () => {
  for (const { id, options } of RUNS) {
    it(`${id}: the same losses and the same trained numbers`, async (test) => {
      const reference = await fixture('fixtures/starter-training.safetensors', test);
      const images = await fixture('fixtures/starter-network.safetensors', test);
      const weights = await sharedFile('weights/starter-resnet50-w16.safetensors');
      if (!weights) return test.skip('needs ../shared/weights');
      const backbone = await Backbone.load(weights, { id: 'starter', name: 'starter' });
      const model = new TunedModel(backbone, methodById(id), options, 4, referenceCodes(reference));
      const initial = new Float32Array(model.table.backbone + model.table.head);
      for (const { name, layer, trainable, offset } of model.table.parameters) {
        if (name.endsWith('.lora.A')) initial.set(float32(reference, `${name}0`), offset);
        else if (id === 'full' && layer && trainable) {
          initial.set(backbone.convolution(layer.name).pretrained, offset);
        }
      }
      const optimizer = new AdamW(initial, { rates: 1e-3, weightDecay: 0 });
      const batch = tf.tidy(() =>
        tf.transpose(tf.tensor4d(float32(images, 'input'), [4, 3, 64, 64]), [0, 2, 3, 1]),
      );
      const wanted = tf.tensor2d([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]); // labels 0 … 3
      const losses: number[] = [];
      for (let step = 0; step <= STEPS; step++) {
        const { loss, gradient } = lossAndGradient(model, optimizer.values, batch, wanted, null);
        losses.push((await loss.data())[0] ?? Number.NaN);
        if (step < STEPS) optimizer.apply(gradient);
        tf.dispose([loss, gradient]);
      }
      expect(maxRelativeError(losses, float32(reference, `${id}.losses`))).toBeLessThan(1e-3);
      const trained = (await optimizer.values.data()) as Float32Array; // float32 tensor
      for (const { name, offset, size } of model.table.parameters) {
        const key = `${id}.final.${name}`;
        if (!reference.tensors.has(key)) continue; // the reference keeps no trained kernels of full tuning
        expect(
          relativeError(trained.subarray(offset, offset + size), float32(reference, key)),
          name,
        ).toBeLessThan(1e-2);
      }
      optimizer.dispose();
      model.dispose();
      backbone.dispose();
      tf.dispose([batch, wanted]);
    });
  }
});
