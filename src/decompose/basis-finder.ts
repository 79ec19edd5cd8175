/** A worker that computes the bases of one kernel at a time. */
import { type BasisSpec, basesOf } from './bases';
import type { KernelShape } from './kernel-rows';

/** A kernel in PyTorch's order, and the bases to compute. */
export type BasisRequest = BasisSpec & KernelShape & { kernel: Float32Array };

self.onmessage = ({ data: { kernel, cIn, cOut, k, ...spec } }: MessageEvent<BasisRequest>) => {
  const found = basesOf(kernel, { cIn, cOut, kernel: k }, spec);
  self.postMessage(found, { transfer: Object.values(found.tensors).map(({ buffer }) => buffer) });
};
