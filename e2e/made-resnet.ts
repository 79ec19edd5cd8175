/** A whole ResNet-50, only narrower, with torchvision's names: made of seeded numbers, the same every time. */
import { convolutions, network } from '../src/backbone/layout';
import { writeSafetensors } from '../src/files/safetensors';
import { seededRandom } from '../src/random';

export interface MadeResnet {
  file: Uint8Array<ArrayBuffer>;
  /** Kernels and batch norm affine parameters. */
  parameters: number;
  features: number;
}

/** `classes`: of its classifier. */
export function madeResnet(baseWidth: number, classes: number): MadeResnet {
  const { normal } = seededRandom(3);
  const { features, ...stages } = network({ baseWidth, blocks: [3, 4, 6, 3], strideIn1x1: false });
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  const add = (name: string, shape: number[], value: () => number) => {
    const data = new Float32Array(shape.reduce((size, next) => size * next)).map(value);
    tensors.set(name, { shape, data });
    return data.length;
  };
  let parameters = 0;
  for (const { name, batchNorm, cIn, cOut, kernel } of convolutions({ ...stages, features })) {
    const deviation = Math.sqrt(2 / (cIn * kernel * kernel));
    parameters += add(`${name}.weight`, [cOut, cIn, kernel, kernel], () => deviation * normal());
    // What a block adds is small beside what it takes, so that the maps stay of one size.
    const gain = name.endsWith('conv3') ? 0.3 : 1;
    parameters += add(`${batchNorm}.weight`, [cOut], () => gain);
    parameters += add(`${batchNorm}.bias`, [cOut], () => 0.1 * normal());
    add(`${batchNorm}.running_mean`, [cOut], () => 0.1 * normal());
    add(`${batchNorm}.running_var`, [cOut], () => 1);
  }
  add('fc.weight', [classes, features], () => normal() / Math.sqrt(features));
  add('fc.bias', [classes], () => 0);
  return { file: writeSafetensors(tensors, { format: 'pt' }), parameters, features };
}
