/**
 * The memory of a run on the JavaScript heap: arrays that are neither in the wasm heap nor on a GPU, and that the cap on tensors does
 * not limit.
 */
import { convolutions, type Network } from '../backbone/layout';
import type { HeapItems } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { codedShape } from '../decompose/atom-coding';
import { basisNumbers } from '../decompose/bases';
import type { TuningMethod } from '../methods/method';
import { neededBases, neededCodings, type ParameterTable } from './parameters';

/** Bytes that do not depend on the run. */
export interface KeptOnHeap {
  /** The images of all parts. */
  pixels: number;
  /** Coefficients of earlier runs and models. */
  coefficients: number;
  /** Trained parameters of models. */
  models: number;
}

export const NOTHING_KEPT: KeptOnHeap = { pixels: 0, coefficients: 0, models: 0 };

const FLOAT = 4;
/** Copies of the trained parameters: the initial ones, those of the best epoch, and those of the epoch that may replace it. */
const COPIES = 3;

export function heapItems(
  {
    network,
    method,
    options,
    table,
    images,
  }: {
    network: Network;
    method: TuningMethod;
    options: SettingOptions;
    table: ParameterTable;
    images: { train: number; val: number };
  },
  kept: KeptOnHeap,
): HeapItems {
  const layers = convolutions(network);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const coefficients = [...neededCodings(method, options, table).values()].flatMap(({ coding, layers }) =>
    layers.flatMap((name) => {
      const layer = byName.get(name);
      if (!layer) return [];
      const { rows, atoms } = codedShape(coding, layer);
      return [rows * atoms];
    }),
  );
  const bases = neededBases(method, options, table);
  const basisSizes = (bases?.layers ?? []).flatMap((name) => {
    const layer = byName.get(name);
    return bases && layer ? [basisNumbers(bases.spec, layer)] : [];
  });
  return {
    pixels: kept.pixels,
    kernels: FLOAT * sum(layers.map(({ kernel, cIn, cOut }) => kernel ** 2 * cIn * cOut)),
    // Once computed, the run's coefficients are in the cache.
    coefficients: Math.max(FLOAT * sum(coefficients), kept.coefficients) + FLOAT * sum(basisSizes),
    features: FLOAT * (images.train + images.val) * network.features,
    models: FLOAT * COPIES * (table.backbone + table.head) + kept.models,
  };
}

export const heapBytes = (items: HeapItems) => Object.values(items).reduce((sum, bytes) => sum + bytes, 0);
