import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import { sizeOf } from '../core/shape';
import { float32 } from '../files/safetensors';
import { referenceValues, relativeError } from '../fixtures';
import { type BasisSpec, basesOf, basisShapes } from './bases';

const channels = (rank: number): BasisSpec => ({ form: 'channels', rank });
const matrix = (rank: number): BasisSpec => ({ form: 'matrix', rank });

function randomKernel(cOut: number, cIn: number, kernel: number) {
  const random = seededRandom(cOut * cIn + kernel);
  const values = Float32Array.from({ length: cOut * cIn * kernel ** 2 }, () => random.normal());
  return { values, layer: { cOut, cIn, kernel } };
}

describe('bases of channels and positions', () => {
  it.each(['k3s1', 'k3s2', 'k1s2', 'k7s2', 'k3wide'])(
    'of %s are those that PyTorch computes',
    async (name) => {
      const file = await referenceValues('layers.safetensors');
      const [cOut = 0, cIn = 0, kernel = 0] = file.tensors.get(`${name}.W`)?.shape ?? [];
      const [, rank = 0] = file.tensors.get(`${name}.U`)?.shape ?? [];
      const { tensors, isAmbiguous } = basesOf(
        float32(file, `${name}.W`),
        { cOut, cIn, kernel },
        channels(rank),
      );
      expect(isAmbiguous).toBe(false);
      expect(Object.keys(tensors)).toEqual(kernel > 3 ? ['U', 'V', 'P'] : ['U', 'V']);
      for (const [part, values] of Object.entries(tensors))
        expect(relativeError(values, float32(file, `${name}.${part}`)), part).toBeLessThan(1e-6);
    },
  );

  it('have as many directions as the smaller number of channels, at most', () => {
    const { values, layer } = randomKernel(6, 3, 7);
    const { tensors } = basesOf(values, layer, channels(8));
    expect(basisShapes(channels(8), layer)).toEqual({ U: [6, 3], V: [3, 3], P: [9, 49] });
    for (const [name, shape] of Object.entries(basisShapes(channels(8), layer)))
      expect(tensors[name]).toHaveLength(sizeOf(shape));
  });

  it('of a kernel of zeros are zero', () => {
    const { tensors, isAmbiguous } = basesOf(
      new Float32Array(36),
      { cOut: 2, cIn: 2, kernel: 3 },
      channels(2),
    );
    expect(isAmbiguous).toBe(false);
    expect(Object.values(tensors).every((values) => values.every((value) => value === 0))).toBe(true);
  });

  it('are ambiguous if two output channels could be exchanged', () => {
    const { values, layer } = randomKernel(4, 3, 3);
    // Orthogonal channels of equal norms: any rotation of them has the same singular values.
    const exchangeable = values.map((_, at) => (at % 27 === Math.floor(at / 27) ? 1 : 0));
    expect(basesOf(exchangeable, layer, channels(2)).isAmbiguous).toBe(true);
    expect(basesOf(values, layer, channels(2)).isAmbiguous).toBe(false);
  });
});

describe('the singular value decomposition of a kernel as a matrix', () => {
  it.each([
    [5, 3, 3],
    [40, 2, 1],
    [3, 40, 1],
  ])('of all directions gives a kernel of %i × %i channels, %i × %i, back', (cOut, cIn, kernel) => {
    const { values, layer } = randomKernel(cOut, cIn, kernel);
    const spec = matrix(Number.POSITIVE_INFINITY);
    const { U = [], S = [], V = [] } = basesOf(values, layer, spec).tensors;
    const [r, columns] = basisShapes(spec, layer).V ?? [];
    expect(r).toBe(Math.min(cOut, cIn * kernel ** 2));
    const again = values.map((_, at) => {
      const [o, j] = [Math.floor(at / (columns ?? 1)), at % (columns ?? 1)];
      let sum = 0;
      for (let a = 0; a < (r ?? 0); a++)
        sum += (U[o * (r ?? 0) + a] ?? 0) * (S[a] ?? 0) * (V[a * (columns ?? 1) + j] ?? 0);
      return sum;
    });
    expect(relativeError(again, values)).toBeLessThan(1e-5);
  });
});
