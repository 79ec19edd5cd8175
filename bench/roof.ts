/** The roof: the best matrix product that our own code can run here. Every step's GFLOP/s is also given as a share of it. */
import * as tf from '@tensorflow/tfjs';
import { startBackend } from '../src/backend';
import { convolution } from '../src/ops/convolution';
import { matMul } from '../src/ops/mat-mul';
import type { BackendName, EngineInfo } from '../src/worker/protocol';
import type { Roof } from './case';

const SIZES = { software: [512, 1024], hardware: [2048, 4096] };
const SAMPLES = 3;
const SAMPLE_MS = 100;

/** Starts the backend and finds its roof. */
export async function measureRoof(backend: BackendName, runtime: string): Promise<Roof> {
  const engine = await startBackend(backend);
  return { engine, runtime, ...(await roof(engine)) };
}

/** The best product of large square matrices, over sizes and over the ways we have to write one. */
export async function roof({
  hardware,
}: Pick<EngineInfo, 'hardware'>): Promise<{ gigaflops: number; of: string }> {
  let best = { gigaflops: 0, of: '' };
  for (const side of hardware ? SIZES.hardware : SIZES.software) {
    const [a, b] = [tf.randomUniform<tf.Rank.R2>([side, side]), tf.randomUniform<tf.Rank.R2>([side, side])];
    const bias = tf.zeros<tf.Rank.R1>([side]);
    const rows = Math.sqrt(side) % 1 === 0 ? Math.sqrt(side) : 32;
    const ways: [string, () => tf.Tensor][] = [
      ['product', () => matMul(a, b)],
      [
        '1×1 convolution',
        () => {
          const x = a.reshape<tf.Tensor4D>([1, rows, side / rows, side]);
          const kernel = b.reshape<tf.Tensor4D>([1, 1, side, side]);
          return convolution({ x, kernel, bias }, { stride: 1, pad: 0, relu: false });
        },
      ],
    ];
    for (const [name, way] of ways) {
      const milliseconds = await fastest(way);
      const gigaflops = (2 * side ** 3) / milliseconds / 1e6;
      if (gigaflops > best.gigaflops) best = { gigaflops, of: `${name} of ${side}×${side}` };
    }
    tf.dispose([a, b, bias]);
  }
  return best;
}

async function fastest(run: () => tf.Tensor): Promise<number> {
  return Math.min(...(await timesOf(run, SAMPLES)));
}

/** Milliseconds of one run, from `samples` samples after a first; a sample repeats what is short, and waits once. */
export async function timesOf(run: () => tf.Tensor, samples: number): Promise<number[]> {
  await sample(run, 1);
  const repeats = Math.max(1, Math.min(100, Math.ceil(SAMPLE_MS / (await sample(run, 1)))));
  const times: number[] = [];
  for (let index = 0; index < samples; index++) times.push(await sample(run, repeats));
  return times;
}

async function sample(run: () => tf.Tensor, repeats: number): Promise<number> {
  const began = performance.now();
  for (let index = 1; index < repeats; index++) tf.dispose(tf.tidy(run));
  const last = tf.tidy(() => run().flatten().slice(0, 1));
  await last.data();
  last.dispose();
  return (performance.now() - began) / repeats;
}
