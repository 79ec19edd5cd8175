import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { float32, readSafetensors } from '../files/safetensors';
import { fixture, maxRelativeError, referenceValues, relativeError, sharedFile } from '../fixtures';
import { infer } from '../nn/walk';
import { onBackends } from '../on-backends';
import { toFp32 } from '../ops/convert';
import { complete } from '../turns';
import { Backbone } from './backbone';
import { starter, starterFile, starterImages } from './starter';

/** In fp16, activations and kernels are rounded about fifty times on the way to the logits. */
const TOLERANCES = { single: 1e-3, half: 4e-3 } as const;

/** The output of the last stage. Adds the means of what enters the stages, and of that output, to `means`. */
function stagesOf(backbone: Backbone, images: tf.Tensor4D, means: tf.Scalar[]): tf.Tensor4D {
  const walk = backbone.walk(new Map(), { before: backbone.network.entries.length });
  return complete(infer(walk, images, (_stage, value) => means.push(tf.keep(tf.mean(toFp32(value))))));
}

onBackends('starter backbone against PyTorch', (backend) => {
  const precisions = backend === 'webgpu' ? (['single', 'half'] as const) : (['single'] as const);
  it.for(precisions)(
    'gives the same stages, features and logits for four images, kept in %s precision',
    async (precision) => {
      const file = await referenceValues('starter-network.safetensors');
      const tolerance = TOLERANCES[precision];
      const backbone = await starter(precision);
      const head = readSafetensors(await starterFile(), 'starter');
      const means: tf.Scalar[] = [];
      const [lastStage, features, logits] = tf.tidy(() => {
        const images = starterImages(file);
        const last = stagesOf(backbone, images, means);
        const pooled = backbone.features(images);
        const weight = tf.tensor2d(float32(head, 'fc.weight'), [10, 512]);
        const scores = tf.add(tf.matMul(pooled, weight, false, true), tf.tensor1d(float32(head, 'fc.bias')));
        return [tf.transpose(toFp32(last), [0, 3, 1, 2]), pooled, scores] as const;
      });
      expect(relativeError(await lastStage.data(), float32(file, 'last_stage'))).toBeLessThan(tolerance);
      expect(maxRelativeError(await features.data(), float32(file, 'features'))).toBeLessThan(tolerance);
      expect(maxRelativeError(await logits.data(), float32(file, 'logits'))).toBeLessThan(tolerance);
      const stageMeans = (await Promise.all(means.map((mean) => mean.data()))).map(
        (values) => values[0] ?? 0,
      );
      expect(relativeError(stageMeans, float32(file, 'stage_mean'))).toBeLessThan(tolerance);
      tf.dispose([lastStage, features, logits, ...means]);
      backbone.dispose();
    },
  );
});

onBackends('truncated ImageNet trunk against PyTorch', () => {
  it('gives the same stage outputs and features with stages 1–4 and the stride in the first 1×1', async (test) => {
    const file = await fixture('fixtures/stages1-4.safetensors', test);
    const bytes = await sharedFile('weights/resnet50-imagenet-stages1-4.safetensors');
    if (!bytes) return test.skip('needs ../shared/weights/resnet50-imagenet-stages1-4.safetensors');
    const backbone = await Backbone.fromBytes(bytes, { id: 'stages1-4', name: 'stages 1–4' });
    expect(backbone.head).toBeNull();
    const means: tf.Scalar[] = [];
    const features = tf.tidy(() => {
      const images = tf.transpose(tf.tensor4d(float32(file, 'input'), [4, 3, 96, 96]), [0, 2, 3, 1]);
      const last = stagesOf(backbone, images, means);
      return tf.mean(last, [1, 2]);
    });
    const stageMeans = (await Promise.all(means.map((mean) => mean.data()))).flatMap((mean) => [...mean]);
    expect(relativeError(stageMeans, float32(file, 'stage_mean'))).toBeLessThan(TOLERANCES.single);
    expect(maxRelativeError(await features.data(), float32(file, 'features'))).toBeLessThan(
      TOLERANCES.single,
    );
    tf.dispose([features, ...means]);
    backbone.dispose();
  });
});
