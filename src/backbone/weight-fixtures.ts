/**
 * For tests only: the made-up weights of interop/pytorch/weight_forms.py, made here again from its recipes, in every form of
 * file. All of these hold them exactly.
 */

import type { NamedFile } from '../core/dataset';
import { archive, dictionary, op, pickle, tensor } from '../files/state-dict-fixture';

/** name, shape, seed, range, bits, offset: offset + k/2^bits with |k| ≤ range. */
export type Recipe = [string, number[], number, number, number, number];

/** RGB bytes `[count, side, side, 3]`, as the script's `images`. */
export function imagesFixture(count: number, side: number): Float32Array {
  const seed = mixed(100_000);
  return Float32Array.from({ length: count * side * side * 3 }, (_, index) => mixed(index + seed) % 256);
}

/** A safetensors file of these weights. */
export function asSafetensors(recipes: readonly Recipe[], dtype: 'F32' | 'F16' | 'BF16'): NamedFile[] {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let end = 0;
  for (const recipe of recipes) {
    const [name, shape] = recipe;
    const part = ENCODERS[dtype](made(recipe));
    header[name] = { dtype, shape, data_offsets: [end, end + part.length] };
    end += part.length;
    parts.push(part);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  return [{ path: 'model.safetensors', file: new Blob([length, text, ...parts]) }];
}

/** A state dict of these weights, in the layout of torch.save. */
export async function asStateDict(recipes: readonly Recipe[]): Promise<NamedFile[]> {
  const storages: Record<string, Uint8Array<ArrayBuffer>> = {};
  const values = recipes.map((recipe, index) => {
    const [name, shape] = recipe;
    const data = made(recipe);
    storages[`data/${index}`] = ENCODERS.F32(data);
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, next) => size * next, 1));
    return [name, tensor(String(index), data.length, shape.map(op.int), strides.map(op.int))] as const;
  });
  const content = pickle(op.proto, dictionary(Object.fromEntries(values)), op.stop);
  return [{ path: 'pytorch_model.bin', file: await archive(content, storages) }];
}

/** A TensorFlow.js model of these weights in shards of 4 MB. */
export function asTfjsModel(recipes: readonly Recipe[], type: 'float32' | 'uint8'): NamedFile[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const weights = recipes.map((recipe) => {
    const [name, shape, , range, bits, offset] = recipe;
    const [step, least] = [2 ** -bits, offset - range / 2 ** bits];
    const values = made(recipe);
    if (type === 'float32') {
      parts.push(ENCODERS.F32(values));
      return { name, shape, dtype: 'float32' };
    }
    parts.push(Uint8Array.from(values, (value) => (value - least) / step));
    return { name, shape, dtype: 'float32', quantization: { dtype: 'uint8', scale: step, min: least } };
  });
  const data = new Blob(parts);
  const shardBytes = 4 * 2 ** 20;
  const shards = Array.from({ length: Math.ceil(data.size / shardBytes) }, (_, i) => ({
    path: `keras/group1-shard${i + 1}.bin`,
    file: data.slice(i * shardBytes, (i + 1) * shardBytes),
  }));
  const paths = shards.map(({ path }) => path.replace('keras/', ''));
  const json = JSON.stringify({ format: 'layers-model', weightsManifest: [{ paths, weights }] });
  return [...shards.reverse(), { path: 'keras/model.json', file: new Blob([json]) }];
}

const ENCODERS: Record<
  'F32' | 'F16' | 'BF16',
  (values: Float32Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>
> = {
  F32: (values) => new Uint8Array(values.buffer),
  BF16: (values) => {
    const bits = new Uint32Array(values.buffer);
    return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
  },
  F16: (values) => {
    const bits = new Uint32Array(values.buffer);
    return new Uint8Array(
      Uint16Array.from(values, (value, i) => halfOf(Math.abs(value), bits[i] ?? 0)).buffer,
    );
  },
};

/** The binary16 pattern of a number that binary16 holds exactly, from its size and its binary32 pattern. */
function halfOf(size: number, bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  return sign | ((((bits >>> 23) & 0xff) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}

function made([, shape, seed, range, bits, offset]: Recipe): Float32Array<ArrayBuffer> {
  const start = mixed(seed);
  const result = new Float32Array(shape.reduce((size, next) => size * next, 1));
  for (let index = 0; index < result.length; index++) {
    const level = Math.floor((mixed(index + start) * (2 * range + 1)) / 2 ** 32) - range;
    result[index] = offset + level / 2 ** bits;
  }
  return result;
}

/** lowbias32 (https://github.com/skeeto/hash-prospector), of a whole number taken modulo 2³². */
function mixed(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
