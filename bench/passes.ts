/** The convolution's passes one by one, on the large layers of ResNet-50, beside the roof of the same minutes. */
import * as tf from '@tensorflow/tfjs';
import { atomGradient } from '../src/ops/atom-gradient';
import { convolution } from '../src/ops/convolution';
import { inputGradient } from '../src/ops/input-gradient';
import { kernelGradient } from '../src/ops/kernel-gradient';
import { ATOMS, type Pass, type Passes, type PassesRequest } from './case';
import { startEngine } from './engine';
import { roof, timesOf } from './roof';
import { networkOf, type PlacedLayer, placedLayers } from './work';

const SAMPLES = 5;
/** The roof is looked for again after so many layers. */
const LAYERS_PER_ROOF = 4;

export async function measurePasses(
  { backend, tiles, size, batch }: PassesRequest,
  runtime: string,
): Promise<Passes> {
  const engine = await startEngine(backend, tiles);
  let best = await roof(engine.info);
  const passes: Pass[] = [];
  for (const [index, layer] of largeLayers(size).entries()) {
    if (index % LAYERS_PER_ROOF === LAYERS_PER_ROOF - 1) {
      const again = await roof(engine.info);
      if (again.gigaflops > best.gigaflops) best = again;
    }
    passes.push(...(await passesOf(layer, batch)));
  }
  return { passes, roof: { engine, runtime, ...best } };
}

/** One of each shape, without those whose work is less than a third of the largest's. */
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

async function passesOf({ spec, side, outSide, flop }: PlacedLayer, batch: number): Promise<Pass[]> {
  const { name, kernel: k, cIn, cOut, stride, pad } = spec;
  const x = tf.randomNormal<tf.Rank.R4>([batch, side, side, cIn]);
  const dz = tf.randomNormal<tf.Rank.R4>([batch, outSide, outSide, cOut]);
  const kernel = tf.randomNormal<tf.Rank.R4>([k, k, cIn, cOut]);
  const coefficients = tf.randomNormal<tf.Rank.R2>([ATOMS, cIn * cOut]);
  const bias = tf.zeros<tf.Rank.R1>([cOut]);
  const runs: [Pass['pass'], () => tf.Tensor][] = [
    ['forward', () => convolution({ x, kernel, bias }, { stride, pad, relu: true, half: false })],
    ['input gradient', () => inputGradient({ dz, kernel }, { height: side, width: side, stride, pad })],
    ['kernel gradient', () => kernelGradient({ x, dz }, { k, stride, pad })],
  ];
  if (k > 1) runs.push(['atom gradient', () => atomGradient({ x, dz, coefficients }, { k, stride, pad })]);
  // Nothing is below the first layer, so nobody asks for its input gradient.
  const wanted = runs.filter(([pass]) => pass !== 'input gradient' || cIn > 3);
  const passes: Pass[] = [];
  const layer = `${name} ${k}×${k} ${cIn}→${cOut}${stride > 1 ? ` /${stride}` : ''} at ${side}`;
  for (const [pass, run] of wanted) {
    passes.push({ layer, pass, gigaflop: (batch * flop) / 1e9, times: await timesOf(run, SAMPLES) });
  }
  tf.dispose([x, dz, kernel, coefficients, bias]);
  return passes;
}
