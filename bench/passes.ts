/** Measures the passes of the convolution separately, on the large layers of ResNet-50, relative to the roof's product. */
import * as tf from '@tensorflow/tfjs';
import { atomGradient } from '../src/ops/atom-gradient';
import { convolution } from '../src/ops/convolution';
import { inputGradient } from '../src/ops/input-gradient';
import { kernelGradient } from '../src/ops/kernel-gradient';
import { ATOMS, type Pass, type Passes, type PassesRequest } from './case';
import { startEngine } from './engine';
import { bestProduct, sampler } from './roof';
import { networkOf, type PlacedLayer, placedLayers } from './work';

const SAMPLES = 9;

/** The roof's product is timed again before every sample, because the speed of a shared machine varies with time. */
export async function measurePasses({ backend, tiles, size, batch }: PassesRequest): Promise<Passes> {
  const { info } = await startEngine(backend, tiles);
  const product = await bestProduct(info);
  const nextProduct = await sampler(product.run);
  const passes: Pass[] = [];
  for (const layer of largeLayers(size)) passes.push(...(await passesOf(layer, batch, nextProduct)));
  tf.dispose(product.tensors);
  return { passes, product: { name: product.name, gigaflop: product.flop / 1e9 } };
}

/** One layer of each shape, without those with less than a third of the largest amount of work. */
function largeLayers(size: number): PlacedLayer[] {
  const shapes = new Map<string, PlacedLayer>();
  for (const layer of placedLayers(networkOf('resnet50'), size)) {
    const { kernel, stride, cIn, cOut } = layer.spec;
    const shape = [kernel, stride, cIn, cOut, layer.side].join();
    if (!shapes.has(shape)) shapes.set(shape, layer);
  }
  const layers = [...shapes.values()];
  const largest = Math.max(...layers.map(({ flop }) => flop));
  return layers.filter(({ flop }) => flop >= largest / 3);
}

async function passesOf(
  { spec, side, outSide, flop }: PlacedLayer,
  batch: number,
  nextProduct: () => Promise<number>,
): Promise<Pass[]> {
  const { name, kernel: k, cIn, cOut, stride, pad } = spec;
  const x = tf.randomNormal<tf.Rank.R4>([batch, side, side, cIn]);
  const dz = tf.randomNormal<tf.Rank.R4>([batch, outSide, outSide, cOut]);
  const kernel = tf.randomNormal<tf.Rank.R4>([k, k, cIn, cOut]);
  const coefficients = tf.randomNormal<tf.Rank.R2>([ATOMS, cIn * cOut]);
  const bias = tf.zeros<tf.Rank.R1>([cOut]);
  const runs: [Pass['pass'], () => tf.Tensor][] = [
    ['forward', () => convolution({ x, kernel, bias }, { stride, pad, relu: true, fp16: false })],
    ['input gradient', () => inputGradient({ dz, kernel }, { height: side, width: side, stride, pad })],
    ['kernel gradient', () => kernelGradient({ x, dz }, { k, stride, pad })],
  ];
  if (k > 1) runs.push(['atom gradient', () => atomGradient({ x, dz, coefficients }, { k, stride, pad })]);
  // The first layer's input gradient is never needed.
  const wanted = runs.filter(([pass]) => pass !== 'input gradient' || cIn > 3);
  const passes: Pass[] = [];
  const layer = `${name} ${k}×${k} ${cIn}→${cOut}${stride > 1 ? ` /${stride}` : ''} at ${side}`;
  for (const [pass, run] of wanted) {
    const next = await sampler(run);
    const times: number[] = [];
    const products: number[] = [];
    for (let index = 0; index < SAMPLES; index++) {
      products.push(await nextProduct());
      times.push(await next());
    }
    passes.push({ layer, pass, gigaflop: (batch * flop) / 1e9, times, products });
  }
  tf.dispose([x, dz, kernel, coefficients, bias]);
  return passes;
}
