/** For tests only: a small deterministic weight file of about 3 MB. */

import { seededRandom } from '../core/random';
import { writeSafetensors } from '../files/safetensors';

/** Numbers in the range of fp16 and far below it, and one tensor for each reason not to round. */
export function tensorsFixture(): Map<string, { shape: number[]; data: Float32Array }> {
  const { normal } = seededRandom(7);
  const drawn = (shape: number[], scale: number) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => normal() * scale),
  });
  const large = drawn([2, 3], 1);
  large.data[4] = 70_000;
  return new Map([
    ['bn1.running_var', drawn([64], 1e-9)],
    ['conv1.weight', drawn([64, 3, 7, 7], 0.02)],
    ['large.weight', large],
    ['layer1.0.conv1.weight', drawn([256, 256, 3, 3], 1e-3)],
    ['layer1.0.conv2.weight', drawn([64, 64, 5, 5], 1e-6)],
    ['odd.weight', drawn([3, 1], 1)],
  ]);
}

export const weightsFixture = () => writeSafetensors(tensorsFixture(), { made: 'for tests' });

/** The file's repository on the test's hub. */
export const REPOSITORY = 'made/resnet';
