import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { maxRelativeError } from '../fixtures';
import { onBackends } from '../on-backends';
import { byKernel, named, numbers, outputSides, SHAPES } from '../ops/definition';
import { LayerGradient } from './layer-gradient';

onBackends('the gradient of a core between two bases', () => {
  for (const shape of SHAPES) {
    it(`is the kernel gradient contracted with both: ${named(shape)}`, async () => {
      const { n, h, w, cIn, cOut, k } = shape;
      const [rows, columns] = outputSides(shape);
      const r = Math.min(3, cIn, cOut);
      const x = numbers(n * h * w * cIn, 'x');
      const dz = numbers(n * rows * columns * cOut, 'dz');
      const inputs = numbers(cIn * r, 'inputs');
      const outputs = numbers(cOut * r, 'outputs');
      const whole = byKernel(x, dz, shape);
      const expected = Array.from({ length: k * k * r * r }, (_, at) => {
        const [tap, b, a] = [Math.floor(at / (r * r)), Math.floor(at / r) % r, at % r];
        let sum = 0;
        for (let i = 0; i < cIn; i++) {
          for (let o = 0; o < cOut; o++) {
            const both = (inputs[i * r + b] ?? 0) * (outputs[o * r + a] ?? 0);
            sum += (whole[(tap * cIn + i) * cOut + o] ?? 0) * both;
          }
        }
        return sum;
      });
      const core = tf.tidy(() => {
        const layer = { name: '', batchNorm: '', stage: 0, kernel: k, ...shape };
        const [map, gradient] = [tf.tensor4d(x, [n, h, w, cIn]), tf.tensor4d(dz, [n, rows, columns, cOut])];
        return new LayerGradient(layer, map, gradient).core(
          tf.tensor2d(inputs, [cIn, r]),
          tf.tensor2d(outputs, [cOut, r]),
        );
      });
      expect(maxRelativeError(await core.data(), expected)).toBeLessThan(1e-5);
      core.dispose();
    });
  }
});
