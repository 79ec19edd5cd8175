/** The roof: the best matrix product that our own code can run here. Every step's GFLOP/s is also given as a share of it. */
import * as tf from '@tensorflow/tfjs';
import { convolution } from '../src/ops/convolution';
import { matMul } from '../src/ops/mat-mul';
import type { EngineInfo } from '../src/worker/protocol';
import type { Roof, RoofRequest } from './case';
import { startEngine } from './engine';

const SIZES = { software: [512, 1024], hardware: [2048, 4096] };
const SAMPLES = 3;
const SAMPLE_MS = 100;
const SEARCH_MS = 2000;

/** Starts the backend and finds its roof. */
export async function measureRoof({ backend, tiles }: RoofRequest, runtime: string): Promise<Roof> {
  const engine = await startEngine(backend, tiles);
  return { engine, runtime, ...(await roof(engine.info)) };
}

/** The roof at its best, in GFLOP/s, and which product it was. */
async function roof(engine: Pick<EngineInfo, 'hardware'>): Promise<{ gigaflops: number; of: string }> {
  const { run, flop, name, tensors } = await bestProduct(engine);
  // For as long as a noisy machine needs for a quiet moment.
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

/** The fastest product of large square matrices, over sizes and over the ways we have to write one. Its tensors are the caller's. */
export async function bestProduct({ hardware }: Pick<EngineInfo, 'hardware'>): Promise<Product> {
  const products = (hardware ? SIZES.hardware : SIZES.software).flatMap(waysToMultiply);
  const rates: number[] = [];
  for (const { run, flop } of products) rates.push(flop / Math.min(...(await timesOf(run, SAMPLES))));
  const best = products[rates.indexOf(Math.max(...rates))] as Product; // there is one for every rate
  for (const { tensors } of products) if (tensors !== best.tensors) tf.dispose(tensors);
  return best;
}

/** As a product, and as the convolution that is one. */
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
      run: () => convolution({ x, kernel, bias }, { stride: 1, pad: 0, relu: false, half: false }),
      tensors: [x, kernel, bias],
    },
  ];
}

/** Milliseconds of one run, from `samples` samples after a first; a sample repeats what is short, and waits once. */
async function timesOf(run: () => tf.Tensor, samples: number): Promise<number[]> {
  const next = await sampler(run);
  const times: number[] = [];
  for (let index = 0; index < samples; index++) times.push(await next());
  return times;
}

/** Warms up, and gives what takes a sample: milliseconds of one run, of as many as a sample needs. */
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
