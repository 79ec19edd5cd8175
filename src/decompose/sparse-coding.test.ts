import { describe, expect, test } from 'vitest';
import { starterFile } from '../backbone/starter';
import { seededRandom } from '../core/random';
import { float32, readSafetensors, type Safetensors } from '../files/safetensors';
import { referenceValues, relativeError } from '../fixtures';
import { z } from '../schema';
import { type Block, type KernelShape, kernelToRows, rowsToKernel } from './kernel-rows';
import {
  CODING_ITERATIONS,
  decompose,
  LAMBDA,
  lipschitzConstant,
  type Matrix,
  sparseCode,
} from './sparse-coding';

const LAYERS = 'layers.safetensors';
const CASES = ['k3s1', 'k3s2', 'k1s2', 'k7s2', 'k3wide'];

const caseSchema = z.object({
  c_in: z.number(),
  c_out: z.number(),
  k: z.number(),
  m: z.number(),
  kc_in: z.number(),
  kc_out: z.number(),
  n: z.number(),
  objective: z.number(),
  rel_error: z.number(),
  objective_c: z.number(),
  rel_error_c: z.number(),
});

/** One convolution of the fixture: the shape of its kernel, its block, and PyTorch's results. */
function layerCase(file: Safetensors, name: string) {
  const cases: unknown = JSON.parse(file.metadata.cases ?? '{}');
  const found = z.record(z.string(), caseSchema).parse(cases)[name];
  if (!found) throw new Error(`The fixture has no case ${name}.`);
  const shape: KernelShape = { cOut: found.c_out, cIn: found.c_in, k: found.k };
  const block: Block = { out: found.kc_out, in: found.kc_in };
  return {
    ...found,
    shape,
    block,
    kernel: float32(file, `${name}.W`, [found.c_out, found.c_in, found.k, found.k]),
  };
}

function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const random = seededRandom(seed);
  return { data: Float32Array.from({ length: rows * cols }, () => random.normal() * 0.1), rows, cols };
}

/** α·D, `[rows, cols]`, computed directly. */
function rebuilt(coefficients: Float32Array, atoms: Float32Array, n: number): Float32Array {
  const cols = atoms.length / n;
  return Float32Array.from({ length: (coefficients.length / n) * cols }, (_, at) => {
    let sum = 0;
    for (let j = 0; j < n; j++) {
      sum += (coefficients[Math.floor(at / cols) * n + j] ?? 0) * (atoms[j * cols + (at % cols)] ?? 0);
    }
    return sum;
  });
}

describe('against PyTorch', () => {
  test.each(CASES)('%s: the atoms reach an objective within five per cent of the reference', async (name) => {
    const { kernel, shape, block, m, n, ...reference } = layerCase(await referenceValues(LAYERS), name);
    const plain = decompose(kernelToRows(kernel, shape), m);
    const blocks = decompose(kernelToRows(kernel, shape, block), n);
    expect(plain.objective).toBeLessThan(1.05 * reference.objective);
    expect(blocks.objective).toBeLessThan(1.05 * reference.objective_c);
  });

  test.each(CASES)('%s: the codes for the reference atoms are the reference codes', async (name) => {
    const file = await referenceValues(LAYERS);
    const { kernel, shape, block, m, n } = layerCase(file, name);
    const plain = sparseCode(kernelToRows(kernel, shape), float32(file, `${name}.D`), m);
    expect(relativeError(plain, float32(file, `${name}.alpha`))).toBeLessThan(1e-4);
    const blocks = sparseCode(kernelToRows(kernel, shape, block), float32(file, `${name}.D_c`), n);
    expect(relativeError(blocks, float32(file, `${name}.alpha_c`))).toBeLessThan(1e-4);
  });

  test.each(CASES)('%s: reference codes × atoms, folded back, are the kernel', async (name) => {
    const file = await referenceValues(LAYERS);
    const { kernel, shape, block, m, n, ...reference } = layerCase(file, name);
    const plain = rebuilt(float32(file, `${name}.alpha`), float32(file, `${name}.D`), m);
    expect(relativeError(rowsToKernel(plain, shape), kernel)).toBeCloseTo(reference.rel_error, 5);
    const blocks = rebuilt(float32(file, `${name}.alpha_c`), float32(file, `${name}.D_c`), n);
    expect(relativeError(rowsToKernel(blocks, shape, block), kernel)).toBeCloseTo(reference.rel_error_c, 5);
  });
});

test('nine atoms reconstruct the 16 3×3 kernels of the starter backbone with errors below 10 %', async () => {
  const file = readSafetensors(await starterFile(), 'starter');
  const errors: number[] = [];
  for (const [name, { shape }] of file.tensors) {
    const [cOut = 0, cIn = 0, k = 0] = shape;
    if (shape.length !== 4 || k !== 3) continue;
    errors.push(decompose(kernelToRows(float32(file, name), { cOut, cIn, k }), 9).relativeError);
  }
  expect(errors).toHaveLength(16);
  expect(Math.max(...errors)).toBeLessThan(0.1);
});

/** Sums of X − αD and α, and the objective ½‖X − αD‖² + λ‖α‖₁. */
function measured({ data, cols }: Matrix, atoms: Float32Array, coefficients: Float32Array) {
  const squared = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  const absolute = coefficients.reduce((sum, value) => sum + Math.abs(value), 0);
  const n = atoms.length / cols;
  const residual = squared(rebuilt(coefficients, atoms, n).map((value, at) => (data[at] ?? 0) - value));
  return { residual, squared: squared(coefficients), absolute, objective: residual / 2 + LAMBDA * absolute };
}

/** A random normal kernel with He's standard deviation, in the shape of a case. */
function randomKernel({ cOut, cIn, k }: KernelShape, seed: number): Float32Array {
  const random = seededRandom(seed).fork('kernel');
  const deviation = Math.sqrt(2 / (cIn * k * k));
  return Float32Array.from({ length: cOut * cIn * k * k }, () => deviation * random.normal());
}

describe('an alternation (docs/method.md §1.3)', () => {
  describe.each([CODING_ITERATIONS, 200])('of %i FISTA iterations', (iterations) => {
    test.each(CASES)(
      'on kernels like %s: atoms never raise the objective, codes by no more than FISTA’s bound',
      async (name) => {
        const { kernel, shape, block, m, n } = layerCase(await referenceValues(LAYERS), name);
        const kernels =
          name === 'k3wide' ? [kernel] : [kernel, ...[1, 2, 3].map((seed) => randomKernel(shape, seed))];
        for (const each of kernels) {
          const plain = { x: kernelToRows(each, shape), count: m };
          const blocks = { x: kernelToRows(each, shape, block), count: n };
          for (const { x, count } of name === 'k3wide' ? [plain] : [plain, blocks]) {
            for (const alternations of [0, 1, 6]) {
              const before = decompose(x, count, { iterations, alternations });
              const after = decompose(x, count, { iterations, alternations: alternations + 1 });
              const start = measured(x, before.atoms, before.coefficients);
              const moved = measured(x, after.atoms, before.coefficients);
              const coded = measured(x, after.atoms, after.coefficients);
              // Atoms and codes are rounded to 24 bits, which changes the objective to first order.
              const rounding =
                2 ** -24 * (Math.sqrt(start.residual * start.squared * count) + LAMBDA * start.absolute);
              expect(moved.objective).toBeLessThanOrEqual(start.objective + rounding);
              // After k iterations from 0, F(zₖ) ≤ F(z) + 2L‖z‖²/(k + 1)² for any z: here the codes before.
              const bound = (2 * after.lipschitz * start.squared) / (iterations + 1) ** 2;
              expect(coded.objective).toBeLessThanOrEqual(moved.objective + bound + rounding);
            }
          }
        }
      },
    );
  });
});

describe('learning', () => {
  test('recovers the atoms that generated the data', () => {
    const random = seededRandom(3);
    const made = decompose(randomMatrix(40, 6, 1), 3, { alternations: 0 }).atoms;
    const codes = Float32Array.from({ length: 400 * 3 }, () =>
      random.uniform() < 0.4 ? random.normal() : 0,
    );
    const x: Matrix = { data: rebuilt(codes, made, 3), rows: 400, cols: 6 };
    const found = decompose(x, 3, { alternations: 60, iterations: 200 });
    expect(found.relativeError).toBeLessThan(0.01);
    const gram = rebuilt(made, transposed(found.atoms, 3), 6).map(Math.abs);
    const best = [0, 1, 2].map((j) => Math.max(...gram.subarray(j * 3, j * 3 + 3)));
    for (const cosine of best) expect(cosine).toBeGreaterThan(0.99);
  });

  test('the same seed gives the same bits, and another seed gives different atoms', () => {
    const x = randomMatrix(300, 9, 1);
    const options = { seed: 5, sample: 200 };
    expect(decompose(x, 9, options)).toEqual(decompose(x, 9, options));
    expect(decompose(x, 9, { ...options, seed: 6 }).atoms).not.toEqual(decompose(x, 9, options).atoms);
  });

  test('sparseCode gives bit-identical coefficients from the stored atoms and step size', () => {
    const x = randomMatrix(301, 9, 2);
    const { atoms, coefficients, lipschitz } = decompose(x, 12);
    expect(sparseCode(x, atoms, 12, { lipschitz })).toEqual(coefficients);
    expect(sparseCode(x, atoms, 12)).toEqual(coefficients);
  });

  test('the code of a row does not depend on the other rows', () => {
    const x = randomMatrix(7, 9, 4);
    const { atoms, coefficients } = decompose(x, 5);
    for (let row = 0; row < x.rows; row++) {
      const alone: Matrix = { data: x.data.slice(row * 9, row * 9 + 9), rows: 1, cols: 9 };
      expect(sparseCode(alone, atoms, 5)).toEqual(coefficients.slice(row * 5, row * 5 + 5));
    }
  });
});

describe('edge cases', () => {
  test('more atoms than numbers per row: 12 for 3×3', () => {
    const x = randomMatrix(500, 9, 1);
    const twelve = decompose(x, 12);
    expect(twelve.relativeError).toBeLessThan(0.05);
    expect(twelve.lipschitz).toBeGreaterThan(1);
    expectUnitNorm(twelve.atoms, 12);
  });

  test('fewer rows than atoms: unused atoms are redrawn and have unit norm', () => {
    const few = decompose(randomMatrix(2, 9, 1), 6);
    expectUnitNorm(few.atoms, 6);
    expect(few.relativeError).toBeLessThan(0.05);
  });

  test('an atom that no row uses is redrawn; the used atom stays', () => {
    // All rows are multiples of the first axis. With a λ this large, an atom with a small component along it gets the code 0.
    const x: Matrix = {
      data: Float32Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 1 : 0)),
      rows: 10,
      cols: 4,
    };
    const { atoms, coefficients, relativeError } = decompose(x, 4, { lambda: 0.4, alternations: 12 });
    expectUnitNorm(atoms, 4);
    const used = [0, 1, 2, 3].filter((j) => coefficients[j] !== 0);
    expect(used).toHaveLength(1);
    expect(Math.abs(atoms[(used[0] ?? 0) * 4] ?? 0)).toBeCloseTo(1, 6);
    // Soft thresholding shrinks the only coefficient, 1, by λ.
    expect(relativeError).toBeCloseTo(0.4, 3);
    const earlier = decompose(x, 4, { lambda: 0.4, alternations: 11 }).atoms;
    const moved = [0, 1, 2, 3].filter((j) => earlier[j * 4] !== atoms[j * 4]);
    expect(moved.length).toBeGreaterThanOrEqual(3);
  });

  test('a zero matrix has zero coefficients and error, and atoms of unit norm', () => {
    const zero = decompose({ data: new Float32Array(90), rows: 10, cols: 9 }, 3);
    expect(zero.coefficients.every((value) => value === 0)).toBe(true);
    expect(zero.objective).toBe(0);
    expect(zero.relativeError).toBe(0);
    expectUnitNorm(zero.atoms, 3);
  });

  test('inconsistent sizes throw RangeError', () => {
    expect(() => decompose({ data: new Float32Array(5), rows: 2, cols: 3 }, 1)).toThrow(RangeError);
    expect(() => decompose(randomMatrix(2, 3, 1), 0)).toThrow(RangeError);
    expect(() => sparseCode(randomMatrix(2, 3, 1), new Float32Array(4), 2)).toThrow(RangeError);
  });
});

describe('the largest eigenvalue of D Dᵀ', () => {
  test('of orthonormal atoms is 1', () => {
    const { atoms } = decompose(randomMatrix(20, 9, 1), 9, { alternations: 0 });
    expect(lipschitzConstant(atoms, 9)).toBeCloseTo(1, 6);
  });
  test('of two unit vectors is 1 + |cosine|', () => {
    expect(lipschitzConstant(Float64Array.of(1, 0, -0.6, 0.8), 2)).toBeCloseTo(1.6, 12);
  });
  test('of m equal unit vectors is m', () => {
    expect(lipschitzConstant(Float64Array.of(0, 1, 0, 1, 0, 1), 3)).toBeCloseTo(3, 12);
  });
});

function expectUnitNorm(atoms: Float32Array, n: number): void {
  const cols = atoms.length / n;
  for (let j = 0; j < n; j++) {
    expect(Math.hypot(...atoms.subarray(j * cols, (j + 1) * cols))).toBeCloseTo(1, 6);
  }
}

/** `[n, cols]` → `[cols, n]` */
function transposed(atoms: Float32Array, n: number): Float32Array {
  const cols = atoms.length / n;
  return Float32Array.from(atoms, (_, at) => atoms[(at % n) * cols + Math.floor(at / n)] ?? 0);
}
