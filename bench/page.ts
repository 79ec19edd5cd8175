/**
 * Times one ΔD step of the starter, ours beside stock tfjs on the same backend, weights and batch. Both must give the same
 * losses over the first steps before either is timed.
 */
import * as tf from '@tensorflow/tfjs';
import { Backbone } from '../src/backbone/backbone';
import { startBackend } from '../src/backend';
import { decomposeBackbone } from '../src/decompose/layer-codes';
import { readSafetensors } from '../src/files/safetensors';
import { methodById } from '../src/methods';
import { seededRandom } from '../src/random';
import { TunedModel } from '../src/training/tuned-model';
import type { BackendName, EngineInfo } from '../src/worker/protocol';
import { ourStep, type Step } from './steps';
import { stockStep } from './stock-step';

export interface Row {
  engine: EngineInfo;
  batch: number;
  steps: number;
  rivals: { name: string; imagesPerSecond: number; low: number; high: number; firstLosses: number[] }[];
}

const CLASSES = 5;
const CHECKED_STEPS = 3;
const TOLERANCE = 1e-3;

/** Times `steps` steps of `batch` images. Throws when the rivals do not compute the same. */
async function timeStep(backend: BackendName, batch: number, steps: number): Promise<Row> {
  const engine = await startBackend(backend);
  const response = await fetch('/backbones/starter-resnet50-w16.safetensors');
  const bytes = new Uint8Array(await response.arrayBuffer());
  const backbone = await Backbone.load(bytes, { id: 'starter', name: 'starter' });
  const codes = await decomposeBackbone(backbone, 9);
  const model = new TunedModel(backbone, methodById('atoms'), { m: 9 }, CLASSES, codes);
  const random = seededRandom(0);
  const size = backbone.inputSize;
  const images = tf.tensor4d(
    Float32Array.from({ length: batch * size * size * 3 }, () => random.normal()),
    [batch, size, size, 3],
  );
  const wanted = tf.tidy(
    () =>
      tf
        .oneHot(
          tf.tensor1d(
            Array.from({ length: batch }, (_, i) => i % CLASSES),
            'int32',
          ),
          CLASSES,
        )
        .toFloat() as tf.Tensor2D,
  );
  const contestants: [string, Step][] = [
    ['ours', ourStep(model)],
    [
      'stock tfjs',
      stockStep(backbone, readSafetensors(bytes, 'starter'), codes, CLASSES, backend === 'wasm'),
    ],
  ];
  const rivals: Row['rivals'] = [];
  for (const [name, step] of contestants) {
    const firstLosses: number[] = [];
    const loss = async () => {
      const value = step.run(images, wanted);
      const [read = Number.NaN] = await value.data();
      value.dispose();
      return read;
    };
    for (let warm = 0; warm < CHECKED_STEPS; warm++) firstLosses.push(await loss());
    const times: number[] = [];
    for (let timed = 0; timed < steps; timed++) {
      const began = performance.now();
      await loss();
      times.push(performance.now() - began);
    }
    step.dispose();
    times.sort((a, b) => a - b);
    const rate = (part: number) =>
      (1000 * batch) / (times[Math.floor(part * (times.length - 1))] ?? Number.NaN);
    rivals.push({ name, imagesPerSecond: rate(0.5), low: rate(1), high: rate(0), firstLosses });
  }
  model.dispose();
  backbone.dispose();
  tf.dispose([images, wanted]);
  const [ours, stock] = rivals.map(({ firstLosses }) => firstLosses);
  ours?.forEach((value, step) => {
    const other = stock?.[step] ?? Number.NaN;
    if (!(Math.abs(value - other) <= TOLERANCE * Math.abs(value))) {
      throw new Error(
        `Step ${step + 1} on ${backend}: our loss ${value}, stock tfjs’ ${other}. Nothing was timed.`,
      );
    }
  });
  return { engine, batch, steps, rivals };
}

declare global {
  var bench: (backend: BackendName, batch: number, steps: number) => Promise<Row>;
}
globalThis.bench = timeStep;
