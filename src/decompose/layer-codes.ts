/** The decomposition of a backbone: every kernel larger than one pixel as coefficients × atoms (METHOD §1). */
import type { Backbone, Convolution } from '../backbone/backbone';
import { breathe } from '../breathe';
import type { Progress } from '../worker/protocol';
import { kernelToRows } from './kernel-rows';
import { decompose, type Matrix, sparseCode } from './sparse-coding';

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

/** By layer name. */
export type LayerCodes = ReadonlyMap<string, LayerCode>;

/**
 * Decomposes with `count` atoms per layer. `onProgress` is told layer by layer; what it throws ends the work, so that a
 * person can.
 */
export async function decomposeBackbone(
  backbone: Backbone,
  count: number,
  onProgress: (progress: Progress) => void = () => {},
): Promise<LayerCodes> {
  const layers = [...backbone.convolutions.values()].filter(({ spec }) => spec.kernel > 1);
  const codes = new Map<string, LayerCode>();
  for (const [index, layer] of layers.entries()) {
    onProgress({ label: `Finding atoms: ${layer.spec.name}`, done: index, total: layers.length });
    await breathe();
    // Each layer starts from atoms of its own: 3×3 kernels keep much of where they start.
    codes.set(layer.spec.name, decompose(plainRows(layer), count, { seed: index }));
  }
  onProgress({ label: 'Finding atoms', done: layers.length, total: layers.length });
  return codes;
}

/** The coefficients that follow from a layer's kernel and stored atoms: the same bits as when they were found. */
export function recode(layer: Convolution, atoms: Float32Array, lipschitz: number): Float32Array {
  const { kernel } = layer.spec;
  return sparseCode(plainRows(layer), atoms, atoms.length / (kernel * kernel), { lipschitz });
}

function plainRows({ spec, pretrained }: Convolution): Matrix {
  return kernelToRows(pretrained, { cOut: spec.cOut, cIn: spec.cIn, k: spec.kernel });
}
