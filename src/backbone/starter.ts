/** For tests only: the starter that comes with the page. */
import * as tf from '@tensorflow/tfjs';
import type { Safetensors } from '../files/safetensors';
import type { Precision } from '../ops/fp16';
import { Backbone } from './backbone';
import { IMAGENET } from './preprocessing';

export async function starter(precision?: Precision): Promise<Backbone> {
  return Backbone.fromBytes(await starterFile(), { id: 'starter', name: 'starter' }, precision);
}

export async function starterFile(): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch('/backbones/starter-resnet50-w16.safetensors');
  return new Uint8Array(await response.arrayBuffer());
}

/** The four images of interop/pytorch/values/starter-network.safetensors, (x/255 − mean)/std, `[4, 64, 64, 3]`. */
export function starterImages(network: Safetensors): tf.Tensor4D {
  const { mean, std } = IMAGENET;
  const bytes = network.tensors.get('images')?.data ?? [];
  const values = Float32Array.from(
    bytes,
    (byte, at) => (byte / 255 - (mean[at % 3] ?? 0)) / (std[at % 3] ?? 1),
  );
  return tf.tensor4d(values, [4, 64, 64, 3]);
}
