import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { maxRelativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { atomGradient } from './atom-gradient';
import { atomKernel } from './atom-kernel';
import { convolution } from './convolution';
import { coreKernel } from './core-kernel';
import {
  byAtoms,
  byInput,
  byKernel,
  named,
  numbers,
  output,
  outputSides,
  SHAPES,
  type Shape,
  withAtoms,
  withCore,
} from './definition';
import { declareFrozen, releaseFrozen } from './frozen';
import { inputGradient } from './input-gradient';
import { kernelGradient } from './kernel-gradient';
import { poisonPool } from './webgpu/buffer-pool';

const TOLERANCE = 1e-5;
const ATOMS = 4;

/** Random x, kernel and ∂L/∂z of a shape. */
function given(shape: Shape) {
  const { n, h, w, cIn, cOut, k } = shape;
  const [rows, columns] = outputSides(shape);
  return {
    x: numbers(n * h * w * cIn, 'x'),
    kernel: numbers(k * k * cIn * cOut, 'kernel'),
    dz: numbers(n * rows * columns * cOut, 'dz'),
    xShape: [n, h, w, cIn] as [number, number, number, number],
    kernelShape: [k, k, cIn, cOut] as [number, number, number, number],
    zShape: [n, rows, columns, cOut] as [number, number, number, number],
  };
}

/**
 * Runs `work` in a tidy scope and compares its result with `expected`. On a GPU it runs twice: the second run reuses the buffers
 * of the first, filled with NaN, so a result or partial sum that the program does not write is detected.
 */
async function expectClose(expected: number[], work: () => tf.Tensor): Promise<void> {
  if (tf.getBackend() === 'webgpu') {
    const first = tf.tidy(work);
    await first.data();
    first.dispose();
    poisonPool();
  }
  const tensor = tf.tidy(work);
  expect(maxRelativeError(await tensor.data(), expected)).toBeLessThan(TOLERANCE);
  tensor.dispose();
}

onBackends('convolution', () => {
  for (const shape of SHAPES) {
    it(`matches the definition: ${named(shape)}`, async () => {
      const { x, kernel, xShape, kernelShape, zShape } = given(shape);
      const { stride, pad, cOut } = shape;
      const bias = numbers(cOut, 'bias');
      const residual = numbers(
        zShape.reduce((a, b) => a * b),
        'residual',
      );
      const z = output(x, kernel, shape);
      const apply = (relu: boolean, withResidual: boolean) =>
        convolution(
          {
            x: tf.tensor4d(x, xShape),
            kernel: tf.tensor4d(kernel, kernelShape),
            bias: tf.tensor1d(bias),
            residual: withResidual ? tf.tensor4d(residual, zShape) : undefined,
          },
          { stride, pad, relu, fp16: false },
        );
      const biased = z.map((value, at) => value + (bias[at % cOut] ?? 0));
      await expectClose(biased, () => apply(false, false));
      await expectClose(
        biased.map((value) => Math.max(0, value)),
        () => apply(true, false),
      );
      const added = biased.map((value, at) => value + (residual[at] ?? 0));
      await expectClose(added, () => apply(false, true));
      await expectClose(
        added.map((value) => Math.max(0, value)),
        () => apply(true, true),
      );
    });
  }
});

onBackends('input gradient', () => {
  for (const shape of SHAPES) {
    it(`matches the definition with and without addend and mask: ${named(shape)}`, async () => {
      const { x, kernel, dz, xShape, kernelShape, zShape } = given(shape);
      const { h: height, w: width, stride, pad } = shape;
      const addend = numbers(x.length, 'addend');
      // About half of the mask is exactly zero, as after a ReLU.
      const mask = numbers(x.length, 'mask').map((value) => Math.max(0, value));
      const apply = (extra: { addend?: number[]; mask?: number[] }) =>
        inputGradient(
          {
            dz: tf.tensor4d(dz, zShape),
            kernel: tf.tensor4d(kernel, kernelShape),
            addend: extra.addend && tf.tensor4d(extra.addend, xShape),
            mask: extra.mask && tf.tensor4d(extra.mask, xShape),
          },
          { height, width, stride, pad },
        );
      const dx = byInput(dz, kernel, shape);
      const sum = dx.map((value, at) => value + (addend[at] ?? 0));
      const masked = (values: number[]) => values.map((value, at) => ((mask[at] ?? 0) > 0 ? value : 0));
      await expectClose(dx, () => apply({}));
      await expectClose(sum, () => apply({ addend }));
      await expectClose(masked(dx), () => apply({ mask }));
      await expectClose(masked(sum), () => apply({ addend, mask }));
    });
  }
});

onBackends('a kernel declared frozen', () => {
  it('gives the same results when it is used repeatedly, and leaves no tensor after release', async () => {
    for (const shape of SHAPES) {
      const { x, kernel, dz, xShape, kernelShape, zShape } = given(shape);
      const { h: height, w: width, stride, pad, cOut } = shape;
      const fixed = tf.tensor4d(kernel, kernelShape);
      declareFrozen(fixed);
      for (let time = 0; time < 2; time++) {
        await expectClose(byInput(dz, kernel, shape), () =>
          inputGradient({ dz: tf.tensor4d(dz, zShape), kernel: fixed }, { height, width, stride, pad }),
        );
        await expectClose(output(x, kernel, shape), () =>
          convolution(
            { x: tf.tensor4d(x, xShape), kernel: fixed, bias: tf.zeros([cOut]) },
            { stride, pad, relu: false, fp16: false },
          ),
        );
      }
      releaseFrozen(fixed);
      fixed.dispose();
    }
  });
});

onBackends('kernel gradient', () => {
  for (const shape of SHAPES) {
    it(`matches the definition, in full and contracted with coefficients: ${named(shape)}`, async () => {
      const { x, dz, xShape, zShape } = given(shape);
      const { cIn, cOut, k, stride, pad } = shape;
      const whole = byKernel(x, dz, shape);
      await expectClose(whole, () =>
        kernelGradient({ x: tf.tensor4d(x, xShape), dz: tf.tensor4d(dz, zShape) }, { k, stride, pad }),
      );
      const pairs = cIn * cOut;
      const coefficients = numbers(ATOMS * pairs, 'coefficients');
      const contracted = byAtoms(coefficients, whole, k * k);
      await expectClose(contracted, () =>
        atomGradient(
          {
            x: tf.tensor4d(x, xShape),
            dz: tf.tensor4d(dz, zShape),
            coefficients: tf.tensor2d(coefficients, [ATOMS, pairs]),
          },
          { k, stride, pad },
        ),
      );
    });
  }
});

onBackends('the kernel of an atom change ΔD', () => {
  for (const [k, cIn, cOut] of [
    [3, 4, 6],
    [3, 3, 5],
    [7, 3, 8],
  ] as const) {
    it(`is the folded kernel plus ΔD times the coefficients: ${k} × ${k}, ${cIn} → ${cOut}`, async () => {
      const [taps, pairs] = [k * k, cIn * cOut];
      const folded = numbers(taps * pairs, 'folded');
      const coefficients = numbers(ATOMS * pairs, 'coefficients');
      const change = numbers(ATOMS * taps, 'change');
      const expected = withAtoms(folded, coefficients, change, taps);
      await expectClose(expected, () =>
        atomKernel(
          {
            folded: tf.tensor4d(folded, [k, k, cIn, cOut]),
            coefficients: tf.tensor2d(coefficients, [ATOMS, pairs]),
            change: tf.tensor2d(change, [ATOMS, taps]),
          },
          {},
        ),
      );
    });
  }
});

onBackends('the kernel of a core in frozen bases', () => {
  for (const [k, cIn, cOut, rank] of [
    [1, 5, 7, 1],
    [1, 8, 12, 8],
    [3, 4, 8, 3],
    [7, 3, 6, 3],
  ] as const) {
    it(`is the folded kernel plus the core: ${k} × ${k}, ${cIn} → ${cOut}, ${rank} directions`, async () => {
      const taps = k * k;
      const folded = numbers(taps * cIn * cOut, 'folded');
      const inputs = numbers(cIn * rank, 'inputs');
      const outputs = numbers(taps * rank * cOut, 'outputs');
      await expectClose(withCore(folded, inputs, outputs, { cIn, cOut }), () =>
        coreKernel(
          {
            folded: tf.tensor4d(folded, [k, k, cIn, cOut]),
            inputs: tf.tensor2d(inputs, [cIn, rank]),
            outputs: tf.tensor3d(outputs, [taps, rank, cOut]),
          },
          {},
        ),
      );
    });
  }
});
