/** The decomposition of a backbone: every kernel larger than one pixel as coefficients × atoms (METHOD §1). */
import type { Backbone, Convolution } from '../backbone/backbone';
import { concurrently } from '../concurrently';
import type { Progress } from '../worker/protocol';
import type { Coding, CodingWay } from './coder';
import { kernelToRows } from './kernel-rows';

/** One layer's atoms and coefficients. */
export interface LayerCode {
  /** D, `[m, k²]`, unit-norm rows. */
  atoms: Float32Array;
  /** α, `[c_out·c_in, m]`, rows in PyTorch order. */
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

/** Decomposes with `count` atoms per layer, as many layers at a time as there are cores. */
export function decomposeBackbone(
  backbone: Backbone,
  count: number,
  options: CodingOptions = {},
): Promise<LayerCodes> {
  const layers = [...backbone.convolutions.values()].filter(({ spec }) => spec.kernel > 1);
  // Each layer starts from atoms of its own: 3×3 kernels keep much of where they start.
  return codeLayers(layers, (_, seed) => ({ learn: { count, seed } }), options);
}

/** The coefficients that follow from the layers' kernels and stored atoms: the same bits as when they were found. */
export function recodeBackbone(
  backbone: Backbone,
  atoms: ReadonlyMap<string, LayerDictionary>,
  options: CodingOptions = {},
): Promise<LayerCodes> {
  const layers = [...atoms.keys()].map((name) => backbone.convolution(name));
  return codeLayers(
    layers,
    ({ spec }) => ({ known: atoms.get(spec.name) as LayerDictionary }), // one for each
    options,
  );
}

async function codeLayers(
  layers: readonly Convolution[],
  wayOf: (layer: Convolution, index: number) => CodingWay,
  { onProgress, signal }: CodingOptions,
): Promise<LayerCodes> {
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
      [...layers.entries()],
      workers.length,
      async ([index, layer]) => {
        const worker = free.pop() as Coder; // as many as there are lanes
        const { cOut, cIn, kernel } = layer.spec;
        const rows = kernelToRows(layer.pretrained, { cOut, cIn, k: kernel });
        const code = await worker.code({ rows, ...wayOf(layer, index) });
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
