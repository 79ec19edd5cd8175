/** The roof: the fastest matrix product that our code computes on this machine. The GFLOP/s of steps are also given relative to it. */
import * as tf from '@tensorflow/tfjs';
import type { EngineInfo } from '../src/core/engine';
import { convolution } from '../src/ops/convolution';
import { matMul } from '../src/ops/mat-mul';
import type { Roof, RoofRequest } from './case';
import { startEngine } from './engine';

const SIZES = { software: [512, 1024], hardware: [2048, 4096] };
const SAMPLES = 3;
const SAMPLE_MS = 100;
const SEARCH_MS = 2000;

/** Starts the backend and measures its roof. */
export async function measureRoof({ backend, tiles }: RoofRequest, runtime: string): Promise<Roof> {
  const engine = await startEngine(backend, tiles);
  return { engine, runtime, ...(await roof(engine.info)) };
}

/** The best rate of the roof in GFLOP/s, and its product. */
async function roof(engine: Pick<EngineInfo, 'hardware'>): Promise<{ gigaflops: number; of: string }> {
  const { run, flop, name, tensors } = await bestProduct(engine);
  // Repeated for some time, so that on a busy machine some samples are undisturbed.
  const start = performance.now();
  let gigaflops = 0;
  while (performance.now() - start < SEARCH_MS) {
    gigaflops = Math.max(gigaflops, flop / Math.min(...(await timesOf(run, SAMPLES))) / 1e6);
  }
  tf.dispose(tensors);
  return { gigaflops, of: name };
}

export interface Product {
  name: string;
  flop: number;
  run(): tf.Tensor;
  tensors: tf.Tensor[];
}

/** The fastest product of large square matrices, over sizes and over our two ways to compute one. The caller disposes its tensors. */
export async function bestProduct({ hardware }: Pick<EngineInfo, 'hardware'>): Promise<Product> {
  const products = (hardware ? SIZES.hardware : SIZES.software).flatMap(waysToMultiply);
  const rates: number[] = [];
  for (const { run, flop } of products) rates.push(flop / Math.min(...(await timesOf(run, SAMPLES))));
  const best = products[rates.indexOf(Math.max(...rates))] as Product; // there is one product for every rate
  for (const { tensors } of products) if (tensors !== best.tensors) tf.dispose(tensors);
  return best;
}

/** As a matrix product, and as the equivalent 1×1 convolution. */
function waysToMultiply(side: number): Product[] {
  const [a, b] = [tf.randomUniform<tf.Rank.R2>([side, side]), tf.randomUniform<tf.Rank.R2>([side, side])];
  const x = a.reshape<tf.Tensor4D>([1, 32, side / 32, side]);
  const kernel = b.reshape<tf.Tensor4D>([1, 1, side, side]);
  const bias = tf.zeros<tf.Rank.R1>([side]);
  const flop = 2 * side ** 3;
  return [
    { name: `product of ${side}×${side}`, flop, run: () => matMul(a, b), tensors: [a, b] },
    {
      name: `1×1 convolution of ${side}×${side}`,
      flop,
      run: () => convolution({ x, kernel, bias }, { stride: 1, pad: 0, relu: false, fp16: false }),
      tensors: [x, kernel, bias],
    },
  ];
}

/** Milliseconds per run for `samples` samples, after a warm-up; a sample repeats short runs and reads back once. */
async function timesOf(run: () => tf.Tensor, samples: number): Promise<number[]> {
  const next = await sampler(run);
  const times: number[] = [];
  for (let index = 0; index < samples; index++) times.push(await next());
  return times;
}

/** Warms up and returns a function that takes a sample: milliseconds per run, with as many runs as a sample needs. */
export async function sampler(run: () => tf.Tensor): Promise<() => Promise<number>> {
  await sample(run, 1);
  const repeats = Math.max(1, Math.min(100, Math.ceil(SAMPLE_MS / (await sample(run, 1)))));
  return () => sample(run, repeats);
}

async function sample(run: () => tf.Tensor, repeats: number): Promise<number> {
  const began = performance.now();
  for (let index = 1; index < repeats; index++) tf.dispose(tf.tidy(run));
  const last = tf.tidy(() => run().flatten().slice(0, 1));
  await last.data();
  last.dispose();
  return (performance.now() - began) / repeats;
}
