/** The decomposition of a backbone's layers: every kernel as coefficients × atoms (METHOD §1). */
import type { Backbone, Convolution } from '../backbone/backbone';
import { concurrently } from '../concurrently';
import type { Progress } from '../worker/protocol';
import { type AtomCoding, codedShape } from './atom-coding';
import type { Coding, CodingWay } from './coder';
import { kernelToRows } from './kernel-rows';

/** One layer's atoms and coefficients; `n`, `cols` and `rows` are those of its `codedShape`. */
export interface LayerCode {
  /** D, `[n, cols]`, unit-norm rows. */
  atoms: Float32Array;
  /** α, `[rows, n]`. */
  coefficients: Float32Array;
  /** Largest eigenvalue of D·Dᵀ: the step of the coding is its inverse. */
  lipschitz: number;
  /** ‖W − αD‖ / ‖W‖ over every row. */
  relativeError: number;
}

/** What the coefficients follow from. */
export type LayerDictionary = Omit<LayerCode, 'coefficients'>;

/** By layer name. */
export type LayerCodes = ReadonlyMap<string, LayerCode>;

interface CodingOptions {
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Finds atoms for these layers, as many layers at a time as there are cores. */
export function decomposeBackbone(
  backbone: Backbone,
  coding: AtomCoding,
  layers: readonly string[],
  options: CodingOptions = {},
): Promise<LayerCodes> {
  return codeLayers(
    backbone,
    coding,
    layers,
    (layer) => ({
      learn: { count: codedShape(coding, layer.spec).atoms, seed: seedOf(backbone, layer) },
    }),
    options,
  );
}

/** The coefficients that follow from the layers' kernels and stored atoms: the same bits as when they were found. */
export function recodeBackbone(
  backbone: Backbone,
  coding: AtomCoding,
  atoms: ReadonlyMap<string, LayerDictionary>,
  options: CodingOptions = {},
): Promise<LayerCodes> {
  return codeLayers(
    backbone,
    coding,
    [...atoms.keys()],
    ({ spec }) => ({ known: atoms.get(spec.name) as LayerDictionary }), // one for each
    options,
  );
}

/**
 * A layer's place among those with kernels larger than one pixel, or among the others. Each layer starts from atoms of its own,
 * whichever others are asked for: 3×3 kernels keep much of where they start.
 */
function seedOf(backbone: Backbone, { spec }: Convolution): number {
  const alike = [...backbone.convolutions.values()].filter(
    (other) => other.spec.kernel > 1 === spec.kernel > 1,
  );
  return alike.findIndex((other) => other.spec === spec);
}

async function codeLayers(
  backbone: Backbone,
  coding: AtomCoding,
  names: readonly string[],
  wayOf: (layer: Convolution) => CodingWay,
  { onProgress, signal }: CodingOptions,
): Promise<LayerCodes> {
  const layers = names.map((name) => backbone.convolution(name));
  const total = layers.length;
  const label = 'Decomposing kernels';
  onProgress?.({ label, done: 0, total });
  const workers = Array.from({ length: Math.min(total, navigator.hardwareConcurrency || 1) }, coder);
  const free = [...workers];
  const end = () => {
    for (const { terminate } of workers) terminate();
  };
  signal?.addEventListener('abort', end);
  try {
    const codes = await concurrently(
      layers,
      workers.length,
      async (layer) => {
        const worker = free.pop() as Coder; // as many as there are lanes
        const { kernel, block } = codedShape(coding, layer.spec);
        const rows = kernelToRows(layer.pretrained, kernel, block);
        const code = await worker.code({ rows, ...wayOf(layer) });
        free.push(worker);
        return code;
      },
      { signal, onDone: (done) => onProgress?.({ label, done, total }) },
    );
    return new Map(layers.map(({ spec }, index) => [spec.name, codes[index] as LayerCode])); // one for each
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

interface Coder {
  code(coding: Coding): Promise<LayerCode>;
  terminate(): void;
}

/** A worker, asked one thing at a time. Ended before its answer, it gives an `AbortError`. */
function coder(): Coder {
  const worker = new Worker(new URL('./coder.ts', import.meta.url), { type: 'module' });
  let fail = (_: Error) => {};
  return {
    code: (coding) =>
      new Promise((resolve, reject) => {
        fail = reject;
        worker.onmessage = ({ data }: MessageEvent<LayerCode>) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message || 'A worker could not be loaded.'));
        worker.postMessage(coding, [coding.rows.data.buffer]);
      }),
    terminate() {
      worker.terminate();
      fail(new DOMException('The decomposition was ended.', 'AbortError'));
    },
  };
}
