/**
 * The numbers of one case: weights, coefficients, initial values, images, labels. They are determined by the case alone, so that all
 * rivals, in whatever process, compute the same step.
 */
import type { ConvolutionSpec, Network } from '../src/backbone/layout';
import { convolutions } from '../src/backbone/layout';
import { type Random, seededRandom } from '../src/core/random';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../src/files/safetensors';
import { methodById } from '../src/methods';
import type { TuningMethod } from '../src/methods/method';
import { type ParameterTable, parameterTable } from '../src/training/parameters';
import { ATOMS, type BackboneName, type Case, DIRECTIONS, RANK, type Setting } from './case';
import { networkOf } from './work';

export interface Problem {
  of: Case;
  network: Network;
  method: TuningMethod;
  options: Record<string, number>;
  /** Weights by torchvision's names, in PyTorch's order. */
  weights: Map<string, { shape: number[]; data: Float32Array }>;
  /** All trainable parameters with their offsets: the backbone's, then the head's. */
  table: ParameterTable;
  initial: Float32Array;
  /** Random α `[c_out·c_in, m]` by layer, for ΔD; empty otherwise. */
  coefficients: Map<string, Float32Array>;
  /** `[batch, size, size, 3]`, normally distributed; for the cached probe `[batch, features]`, not negative. */
  input: Float32Array;
  labels: Int32Array;
}

const METHODS: Record<Setting, string> = {
  'probe-cached': 'linear-probe',
  probe: 'linear-probe',
  atoms: 'atoms',
  core: 'core-atoms',
  lora: 'lora',
  full: 'full',
};

const OPTIONS: Partial<Record<Setting, Record<string, number>>> = {
  atoms: { m: ATOMS },
  core: { r: DIRECTIONS },
  lora: { r: RANK, alpha: RANK },
};

/** `readStarter` returns the starter's weight file; it is called only if the case needs it. */
export async function makeProblem(of: Case, readStarter: () => Promise<Uint8Array>): Promise<Problem> {
  const { setting, backbone, batch, size, classes } = of;
  const random = seededRandom(0).fork(backbone);
  const net = networkOf(backbone);
  const layers = convolutions(net);
  const method = methodById(METHODS[setting]);
  const options = OPTIONS[setting] ?? {};
  // The cached probe does not use the backbone.
  const weights =
    setting === 'probe-cached' ? new Map() : await backboneWeights(backbone, layers, readStarter, random);
  const table = parameterTable(method, options, layers, net.features, classes);
  const initial = new Float32Array(table.backbone + table.head);
  for (const { name, layer, trainable, offset, size: count } of table.parameters) {
    const values =
      layer && trainable
        ? trainable.initial(
            random.fork(name),
            weights.get(`${layer.name}.weight`)?.data ?? new Float32Array(),
          )
        : normals(random.fork(name), count, 0.01);
    initial.set(values, offset);
  }
  const coefficients = new Map(
    (setting === 'atoms' ? layers : [])
      .filter(({ kernel }) => kernel > 1)
      .map(({ name, kernel, cIn, cOut }) => [
        name,
        // With the magnitude of the kernel's own values, like the coefficients of a decomposition.
        normals(random.fork(`coefficients ${name}`), cOut * cIn * ATOMS, Math.sqrt(2 / (cIn * kernel ** 2))),
      ]),
  );
  const input =
    setting === 'probe-cached'
      ? normals(random.fork('features'), batch * net.features, 1).map((value) => Math.max(0, value))
      : normals(random.fork('images'), batch * size * size * 3, 1);
  const labels = Int32Array.from({ length: batch }, (_, index) => index % classes);
  return { of, network: net, method, options, weights, table, initial, coefficients, input, labels };
}

/** The weights as a file for `Backbone.fromBytes`. */
export function backboneFile({ weights, of }: Problem): Uint8Array<ArrayBuffer> {
  return writeSafetensors(weights, { stride_in_1x1: 'false', input_size: String(of.size) });
}

async function backboneWeights(
  backbone: BackboneName,
  layers: ConvolutionSpec[],
  readStarter: () => Promise<Uint8Array>,
  random: Random,
): Promise<Problem['weights']> {
  if (backbone === 'resnet50') return randomWeights(layers, random);
  const { tensors } = readSafetensors(await readStarter(), 'starter');
  const wanted = (name: string) => !name.startsWith('fc.');
  return new Map(
    [...tensors].filter(([name]) => wanted(name)).map(([name, tensor]) => [name, asFloat(name, tensor)]),
  );
}

function asFloat(name: string, { shape, data }: StoredTensor): { shape: number[]; data: Float32Array } {
  if (!(data instanceof Float32Array)) throw new Error(`The starter's ${name} is not floating point.`);
  return { shape, data };
}

/** He et al.'s uniform initialisation, and batch norm values near 1 and 0 that differ by channel, as after training. */
function randomWeights(layers: ConvolutionSpec[], random: Random): Problem['weights'] {
  const weights: Problem['weights'] = new Map();
  for (const { name, batchNorm, kernel, cIn, cOut } of layers) {
    const chance = random.fork(name);
    const uniform = (count: number, low: number, high: number) =>
      Float32Array.from({ length: count }, () => low + (high - low) * chance.uniform());
    const bound = Math.sqrt(6 / (cIn * kernel ** 2));
    const shape = [cOut, cIn, kernel, kernel];
    weights.set(`${name}.weight`, { shape, data: uniform(cOut * cIn * kernel ** 2, -bound, bound) });
    // The last batch norm of a block is small, as in a trained network, so that activations stay bounded.
    const gain = name.endsWith('conv3') ? 0.2 : 1;
    const affine: [string, Float32Array][] = [
      ['weight', uniform(cOut, 0.8 * gain, 1.2 * gain)],
      ['bias', uniform(cOut, -0.1, 0.1)],
      ['running_mean', uniform(cOut, -0.1, 0.1)],
      ['running_var', uniform(cOut, 0.7, 1.3)],
    ];
    for (const [part, data] of affine) weights.set(`${batchNorm}.${part}`, { shape: [cOut], data });
  }
  return weights;
}

function normals(random: Random, count: number, deviation: number): Float32Array {
  return Float32Array.from({ length: count }, () => deviation * random.normal());
}
