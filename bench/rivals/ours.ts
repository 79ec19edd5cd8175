/** The step of this project. */
import * as tf from '@tensorflow/tfjs';
import { Backbone } from '../../src/backbone/backbone';
import { anyBases } from '../../src/decompose/basis-fixture';
import type { Precision } from '../../src/ops/fp16';
import { AdamW } from '../../src/training/adamw';
import { type Decompositions, decompositionsFor } from '../../src/training/decompositions';
import { headGradients } from '../../src/training/head';
import { lossAndGradient } from '../../src/training/train';
import { TunedModel } from '../../src/training/tuned-model';
import { ADAM, BACKBONE_RATES, HEAD_RATE } from '../case';
import { startEngine } from '../engine';
import { backboneFile, type Problem } from '../problem';
import type { Rival, Trainer } from './rival';
import { featuresOf, imagesOf, lossOf, targetsOf } from './tensors';

export const ours: Rival = keeping('single');
export const oursInFp16: Rival = {
  ...keeping('half'),
  cannot: (_of, backend) => (backend === 'webgpu' ? null : 'fp16 is WebGPU’s'),
};

/** Our step with frozen weights, coefficients and activations in this precision. */
function keeping(precision: Precision): Rival {
  return {
    cannot: () => null,
    start: async ({ backend, tiles }) => {
      await startEngine(backend, tiles);
    },
    async prepare(problem) {
      return problem.of.setting === 'probe-cached'
        ? headTrainer(problem)
        : networkTrainer(problem, precision);
    },
  };
}

async function networkTrainer(problem: Problem, precision: Precision): Promise<Trainer> {
  const { of, method, options } = problem;
  const identity = { id: of.backbone, name: of.backbone };
  const backbone = await Backbone.fromBytes(backboneFile(problem), identity, precision);
  const model = new TunedModel(
    backbone,
    method,
    options,
    of.classes,
    await decompositionsOf(problem, backbone),
  );
  const [images, wanted, optimizer] = [imagesOf(problem), targetsOf(problem), optimizerOf(problem)];
  return {
    step() {
      const { loss, gradient } = lossAndGradient(model, optimizer.values, images, wanted, null);
      optimizer.apply(gradient);
      tf.dispose(gradient);
      return lossOf(loss);
    },
    dispose() {
      optimizer.dispose();
      model.dispose();
      backbone.dispose();
      tf.dispose([images, wanted]);
    },
  };
}

/** Trains the head alone, as the linear probe does. */
function headTrainer(problem: Problem): Trainer {
  const { network, of } = problem;
  const [features, wanted, optimizer] = [featuresOf(problem), targetsOf(problem), optimizerOf(problem)];
  const numbers = of.classes * network.features;
  return {
    step() {
      const [loss, gradient] = tf.tidy(() => {
        const head = {
          weight: tf.slice(optimizer.values, 0, numbers).reshape<tf.Tensor2D>([of.classes, network.features]),
          bias: tf.slice(optimizer.values, numbers, of.classes),
        };
        const { loss, weight, bias } = headGradients(features, head, wanted, of.batch);
        return [loss, tf.concat([weight.flatten(), bias])];
      });
      optimizer.apply(gradient);
      tf.dispose(gradient);
      return lossOf(loss);
    },
    dispose() {
      optimizer.dispose();
      tf.dispose([features, wanted]);
    },
  };
}

function optimizerOf({ of, table, initial }: Problem): AdamW {
  const rates = new Float32Array(initial.length)
    .fill(BACKBONE_RATES[of.setting])
    .fill(HEAD_RATE, table.backbone);
  return new AdamW(initial, { rates, weightDecay: 0, ...ADAM });
}

/** The given coefficients, of which a step uses nothing else, and arbitrary bases. */
function decompositionsOf(
  { coefficients, method, options }: Problem,
  backbone: Backbone,
): Promise<Decompositions> {
  const plain = new Map(
    [...coefficients].map(([name, values]) => [
      name,
      { atoms: new Float32Array(), coefficients: values, lipschitz: 1, relativeError: 0 },
    ]),
  );
  return decompositionsFor(backbone, method, options, {
    codes: async () => plain,
    // Those of random kernels take minutes.
    bases: async (spec, layers) =>
      new Map(layers.map((name) => [name, anyBases(spec, backbone.convolution(name).spec)])),
  });
}
