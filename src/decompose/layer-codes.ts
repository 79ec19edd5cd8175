/** The decomposition of a backbone's layers: every kernel as coefficients × atoms (docs/method.md §1). */
import type { Backbone, Convolution } from '../backbone/backbone';
import { concurrently } from '../concurrently';
import type { Progress } from '../worker/protocol';
import { type AtomCoding, codedShape } from './atom-coding';
import type { Coding, CodingWay } from './coder';
import { kernelToRows } from './kernel-rows';

/** The atoms and coefficients of one layer; `n`, `cols` and `rows` as in its `codedShape`. */
export interface LayerCode {
  /** D, `[n, cols]`; rows have unit norm. */
  atoms: Float32Array;
  /** α, `[rows, n]`. */
  coefficients: Float32Array;
  /** The largest eigenvalue of D·Dᵀ; its inverse is FISTA's step size. */
  lipschitz: number;
  /** ‖W − αD‖ / ‖W‖ over all rows. */
  relativeError: number;
}

/** The part from which the coefficients can be recomputed. */
export type LayerDictionary = Omit<LayerCode, 'coefficients'>;

/** Codes by layer name. */
export type LayerCodes = ReadonlyMap<string, LayerCode>;

export interface CodingOptions {
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Learns atoms for these layers, with as many layers in parallel as there are cores. */
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

/** Recomputes the coefficients from the layers' kernels and stored atoms, bit-identical to those of the decomposition. */
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
    ({ spec }) => ({ known: atoms.get(spec.name) as LayerDictionary }), // the names are the keys of `atoms`
    options,
  );
}

/**
 * The seed of a layer: its index among the layers with kernels larger than 1×1, or among the 1×1 layers. It does not depend on which
 * layers are decomposed together. The seed matters because learned 3×3 atoms stay close to their initial values.
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
  const label = 'Finding atoms';
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
        const worker = free.pop() as Coder; // there are as many lanes as workers
        const { kernel, block } = codedShape(coding, layer.spec);
        const rows = kernelToRows(layer.pretrained, kernel, block);
        const code = await worker.code({ rows, ...wayOf(layer) });
        free.push(worker);
        return code;
      },
      { signal, onDone: (done) => onProgress?.({ label, done, total }) },
    );
    return new Map(layers.map(({ spec }, index) => [spec.name, codes[index] as LayerCode])); // there is one code for each layer
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

interface Coder {
  code(coding: Coding): Promise<LayerCode>;
  terminate(): void;
}

/** A worker for one request at a time. If it is terminated before it answers, the request rejects with an `AbortError`. */
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
