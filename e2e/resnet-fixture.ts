/** For tests only: a complete ResNet-50 of smaller width with torchvision's names and seeded random weights. */
import { convolutions, network } from '../src/backbone/layout';
import { seededRandom } from '../src/core/random';
import { writeSafetensors } from '../src/files/safetensors';

export interface ResnetFixture {
  file: Uint8Array<ArrayBuffer>;
  /** The number of kernel and batch norm affine parameters. */
  parameters: number;
  features: number;
}

/** `classes`: the number of classes of its classifier. */
export function resnetFixture(baseWidth: number, classes: number): ResnetFixture {
  const { normal } = seededRandom(3);
  const resnet = network({ baseWidth, blocks: [3, 4, 6, 3], strideIn1x1: false });
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  const add = (name: string, shape: number[], value: () => number) => {
    const data = new Float32Array(shape.reduce((size, next) => size * next)).map(value);
    tensors.set(name, { shape, data });
    return data.length;
  };
  let parameters = 0;
  for (const { name, batchNorm, cIn, cOut, kernel } of convolutions(resnet)) {
    const deviation = Math.sqrt(2 / (cIn * kernel * kernel));
    parameters += add(`${name}.weight`, [cOut, cIn, kernel, kernel], () => deviation * normal());
    // The last batch norm of a block is small, so that activations keep their magnitude.
    const gain = name.endsWith('conv3') ? 0.3 : 1;
    parameters += add(`${batchNorm}.weight`, [cOut], () => gain);
    parameters += add(`${batchNorm}.bias`, [cOut], () => 0.1 * normal());
    add(`${batchNorm}.running_mean`, [cOut], () => 0.1 * normal());
    add(`${batchNorm}.running_var`, [cOut], () => 1);
  }
  const { features } = resnet;
  add('fc.weight', [classes, features], () => normal() / Math.sqrt(features));
  add('fc.bias', [classes], () => 0);
  return { file: writeSafetensors(tensors, { format: 'pt' }), parameters, features };
}
