/** For tests and benchmarks only: arbitrary bases. Their values affect neither the memory nor the time of a step. */
import type { ConvolutionSpec } from '../backbone/layout';
import { seededRandom } from '../core/random';
import { sizeOf } from '../core/shape';
import { type BasisSpec, basisShapes, type LayerBases } from './bases';

/** Bases of the shapes that `spec` asks for, with columns of about unit length. */
export function anyBases(spec: BasisSpec, layer: ConvolutionSpec): LayerBases {
  const random = seededRandom(0);
  const tensors = Object.entries(basisShapes(spec, layer)).map(([name, shape]) => {
    const deviation = 1 / Math.sqrt(shape[0] ?? 1);
    return [name, Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal())] as const;
  });
  return { tensors: Object.fromEntries(tensors), isAmbiguous: false };
}
