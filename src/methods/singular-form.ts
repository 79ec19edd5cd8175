/**
 * Settings that train a core between the singular vectors of a kernel. With the singular value decomposition W = U·diag(S)·V of the
 * kernel as a matrix `[c_out, c_in·k²]`, ΔW = U·core·V.
 */
import * as tf from '@tensorflow/tfjs';
import type { LayerGradient } from '../backbone/layer-gradient';
import type { ConvolutionSpec } from '../backbone/layout';
import { derivedTensor } from '../ops/frozen';
import { matMul } from '../ops/mat-mul';
import { assertDefined, type Frozen } from './method';

/** U ⊙ s `[c_out, r]`, S `[r]`, and V as filters in tfjs' order, `[k, k, c_in, r]`. */
export function singularVectors(
  { bases }: Frozen,
  { cIn, kernel }: ConvolutionSpec,
): { U: tf.Tensor2D; S: tf.Tensor1D; filters: tf.Tensor4D } {
  const { U, S, V } = assertDefined(bases, 'bases');
  const rows = assertDefined(V, 'V');
  const filters = derivedTensor(rows, 'filters', () =>
    tf.transpose(rows.reshape([-1, cIn, kernel, kernel]), [2, 3, 1, 0]),
  );
  // Of these ranks by `basisShapes`.
  return {
    U: assertDefined(U, 'U') as tf.Tensor2D,
    S: assertDefined(S, 'S') as tf.Tensor1D,
    filters: filters as tf.Tensor4D,
  };
}

/** ΔW ⊙ s `[k, k, c_in, c_out]` from V's filters times the core, `[k²·c_in, r]`. */
export function fromFilters(filters: tf.Tensor2D, U: tf.Tensor2D, layer: ConvolutionSpec): tf.Tensor4D {
  const { kernel, cIn, cOut } = layer;
  const left = derivedTensor(U, 'transposed', () => tf.transpose(U));
  return matMul(filters, left).reshape([kernel, kernel, cIn, cOut]);
}

/** The filters as a matrix, `[k²·c_in, r]`. */
export const asMatrix = (filters: tf.Tensor4D): tf.Tensor2D => filters.reshape([-1, filters.shape[3]]);

/**
 * The layer's input filtered by V, and ∂L/∂z projected to U ⊙ s, both `[n, h', w', r']` (see `LayerGradient.filteredInput`). Their
 * products, summed over images and pixels, are the gradient by the core, so ∂L/∂K is never computed.
 */
export function projections(gradient: LayerGradient, frozen: Frozen): { x: tf.Tensor4D; dz: tf.Tensor4D } {
  const { U, filters } = singularVectors(frozen, gradient.layer);
  return { x: gradient.filteredInput(filters), dz: gradient.projectedOutput(U) };
}
