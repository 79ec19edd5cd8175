/** For tests only: a backbone of any layout with seeded random weights, scaled so that activations stay finite. */
import { Backbone } from '../backbone/backbone';
import { convolutions, type Layout, network } from '../backbone/layout';
import { seededRandom } from '../core/random';
import { writeSafetensors } from '../files/safetensors';
import type { Precision } from '../ops/fp16';

export function backboneFixture(
  layout: Layout,
  inputSize: number,
  precision: Precision = 'single',
  { name = 'made', seed = 5 }: { name?: string; seed?: number } = {},
): Promise<Backbone> {
  const random = seededRandom(seed);
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const { name: layer, batchNorm, kernel, cIn, cOut } of convolutions(network(layout))) {
    const fanIn = cIn * kernel * kernel;
    tensors.set(`${layer}.weight`, {
      shape: [cOut, cIn, kernel, kernel],
      data: Float32Array.from({ length: cOut * fanIn }, () => random.normal() / Math.sqrt(fanIn)),
    });
    for (const [part, value] of [
      ['weight', 1],
      ['bias', 0],
      ['running_mean', 0],
      ['running_var', 1],
    ] as const)
      tensors.set(`${batchNorm}.${part}`, { shape: [cOut], data: new Float32Array(cOut).fill(value) });
  }
  const metadata = {
    input_size: String(inputSize),
    stride_in_1x1: String(layout.strideIn1x1),
    blocks: layout.blocks.join(),
  };
  return Backbone.fromBytes(writeSafetensors(tensors, metadata), { id: name, name }, precision);
}
