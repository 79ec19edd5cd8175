import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { committed } from '../backbone/weight-forms';
import { UserError } from '../user-error';
import type { NamedFile } from '../worker/protocol';
import { archive, dictionary, op, pickle, tensor } from './made-state-dict';
import { openWeightFile } from './open-weight-file';
import { float32, readSafetensors, writeSafetensors } from './safetensors';
import { sha256, sha256OfBlobs } from './sha256';

const named = (path: string, ...parts: BlobPart[]): NamedFile => ({ path, file: new Blob(parts) });

async function refusal(files: readonly NamedFile[]): Promise<string> {
  const error = await openWeightFile(files).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.message : '';
}

const stateDict = async (parts: readonly (readonly number[])[]): Promise<NamedFile[]> => [
  { path: 'weights.pth', file: await archive(pickle(...parts)) },
];

describe('a state dict of PyTorch', () => {
  test.each(['views.pth', 'views-legacy.pth'])('%s: views of every kind come row-major', async (name) => {
    const [expected] = await committed(['views.safetensors']);
    const reference = readSafetensors(
      new Uint8Array(await (expected?.file ?? new Blob()).arrayBuffer()),
      'views.safetensors',
    );
    const file = await openWeightFile(await committed([name]));
    expect(file.form).toBe('pytorch');
    for (const [key, { shape }] of reference.tensors) {
      expect(file.tensors.get(key)?.shape).toEqual(shape);
      expect(await file.tensors.get(key)?.read()).toEqual(float32(reference, key));
    }
    expect(file.tensors.size).toBe(reference.tensors.size + 1);
    await expect(file.tensors.get('count')?.read()).rejects.toThrow(/count.*I64/);
  });

  test('numbers of a machine with the other byte order', async () => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat32(0, 1.5);
    new DataView(bytes.buffer).setFloat32(4, -2);
    const content = pickle(op.proto, dictionary({ w: tensor('0', 2, [op.int(2)], [op.int(1)]) }), op.stop);
    const numbersFrom = async (byteorder: string) => {
      const file = await archive(content, { 'data/0': bytes, byteorder });
      return (await openWeightFile([{ path: 'a.pth', file }])).tensors.get('w')?.read();
    };
    expect(await numbersFrom('big')).toEqual(Float32Array.of(1.5, -2));
    bytes.subarray(0, 4).reverse();
    bytes.subarray(4).reverse();
    expect(await numbersFrom('little')).toEqual(Float32Array.of(1.5, -2));
  });
});

describe('a TensorFlow.js model', () => {
  const weights: tf.io.WeightsManifestEntry[] = [
    { name: 'a', shape: [2, 3], dtype: 'float32' },
    { name: 'b', shape: [4], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.37, min: -3.1 } },
    { name: 'c', shape: [2], dtype: 'int32' },
    { name: 'd', shape: [3], dtype: 'float32', quantization: { dtype: 'uint16', scale: 1e-3, min: 2 } },
    { name: 'e', shape: [], dtype: 'float32', quantization: { dtype: 'float16' } },
    { name: 'f', shape: [1], dtype: 'bool' },
    { name: 'g', shape: [1, 1], dtype: 'float32' },
  ];
  const data = Uint8Array.from({ length: 24 + 4 + 8 + 6 + 2 + 1 + 4 }, (_, i) => (i * 37) % 120);
  const model = (entries: unknown[]) => JSON.stringify({ weightsManifest: entries });

  test('gives what tfjs itself reads, over shards that end inside numbers', async () => {
    const paths = ['s1', 's2', 's3'];
    const files = [
      named('x/s3', data.subarray(31)),
      named('x/s1', data.subarray(0, 5)),
      named('x/model', model([{ paths, weights }])),
      named('x/s2', data.subarray(5, 31)),
    ];
    const { tensors, form } = await openWeightFile(files);
    expect(form).toBe('tfjs');
    const reference = tf.io.decodeWeights(data.buffer, weights);
    for (const { name, dtype } of weights) {
      const read = tensors.get(name)?.read();
      if (dtype === 'float32') expect(await read).toEqual(await reference[name]?.data());
      else await expect(read).rejects.toThrow(UserError);
    }
    tf.dispose(reference);
  });

  test('says which shards are missing, and which weight does not fit', async () => {
    const one = { paths: ['s1', 'deep/s2'], weights };
    expect(await refusal([named('model.json', model([one])), named('s1', data)])).toMatch(
      /needs the files s2/,
    );
    const alone = named('model.json', model([{ paths: ['s1'], weights }]));
    expect(await refusal([alone, named('s1', data.subarray(1))])).toMatch(/“g” ends at byte 49.* 48/);
    expect(await refusal([alone, named('s1', data, 'x')])).toMatch(/50 bytes, its weights take 49/);
    const huge = { paths: ['s1'], weights: [{ name: 'h', shape: [2 ** 50, 2 ** 50], dtype: 'float32' }] };
    expect(await refusal([named('m', model([huge])), named('s1', data)])).toMatch(/“h” ends at byte/);
  });
});

describe('what was chosen', () => {
  const whole = writeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]), { k: 'v' });

  test('is told by its content, and read from where it lies', async () => {
    const { form, tensors, metadata } = await openWeightFile([named('wrong.pth', whole)]);
    expect([form, metadata.k]).toEqual(['safetensors', 'v']);
    expect(await tensors.get('a')?.read()).toEqual(Float32Array.of(1, 2));
  });

  test('may have a config.json beside it that says where blocks stride', async () => {
    const config = named('config.json', '{ "downsample_in_bottleneck": true, "model_type": "resnet" }');
    const { metadata } = await openWeightFile([config, named('a.safetensors', whole)]);
    expect(metadata.stride_in_1x1).toBe('true');
  });

  test.each<[string, NamedFile[], RegExp]>([
    ['two weight files', [named('a', whole), named('b', whole)], /2 weight files: “a”, “b”/],
    ['nothing', [], /no weight file/],
    ['a picture', [named('cat.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))], /“cat.jpg” is no weight file/],
    [
      'an HDF5 file',
      [named('w.h5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10))],
      /tensorflowjs_converter/,
    ],
    ['a pointer of Git LFS', [named('w.bin', 'version https://git-lfs.github.com/spec/v1')], /pointer/],
    ['a web page', [named('w.pth', '<!doctype html>')], /web page/],
    ['other JSON', [named('package.json', '{ "name": "x" }')], /no weight file/],
  ])('%s is refused with advice', async (_, files, expected) => {
    expect(await refusal(files)).toMatch(expected);
  });

  test('a hash read in pieces is the hash of the whole', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251);
    const pieces = [new Blob([bytes.subarray(0, 70_001)]), new Blob([bytes.subarray(70_001)])];
    expect(await sha256OfBlobs(pieces)).toBe(await sha256(bytes));
  });
});

describe('a pickle that is more than data is refused by name, at once', () => {
  const call = (module: string, name: string) => [
    ...op.global(module, name),
    ...op.mark,
    ...op.text('echo'),
    ...op.tuple,
    ...op.reduce,
  ];
  const one = op.int(1);
  const view = (shape: number[][], strides: number[][], options = {}) =>
    dictionary({ w: tensor('0', 4, shape, strides, options) });
  const cases: [string, readonly (readonly number[])[], RegExp][] = [
    ['os.system', [op.proto, call('os', 'system'), op.stop], /asks for os\.system, which a state dict/],
    ['posix.system', [call('posix', 'system'), op.stop], /posix\.system/],
    ['builtins.eval', [op.proto, call('builtins', 'eval'), op.stop], /builtins\.eval/],
    ['__builtin__.getattr', [op.proto, call('__builtin__', 'getattr'), op.stop], /__builtin__\.getattr/],
    [
      'a name that only ends like one that is allowed',
      [op.proto, call('x.collections', 'OrderedDict'), op.stop],
      /asks for x\.collections\.OrderedDict/,
    ],
    ['a name of every object', [op.proto, call('constructor', 'toString'), op.stop], /constructor\.toString/],
    [
      'torch.load inside torch.load',
      [op.proto, call('torch.storage', '_load_from_bytes')],
      /torch\.storage\._load_from_bytes/,
    ],
    ['a storage class called', [op.proto, call('torch', 'FloatStorage')], /a call of torch\.FloatStorage/],
    [
      'an old-style object',
      [op.proto, op.mark, [0x69, ...new TextEncoder().encode('os\nsystem\n')]],
      /the class os\.system/,
    ],
    ['a name from the stack', [op.text('os'), op.text('system'), [0x93]], /STACK_GLOBAL \(0x93\)/],
    ['a new object', [op.proto, op.emptyTuple, op.emptyTuple, [0x81]], /NEWOBJ/],
    ['another protocol', [[0x80, 4]], /pickle protocol 4/],
    [
      'attributes on a tensor',
      [op.proto, tensor('0', 4, [one], [one]), op.emptyDict, op.build],
      /attributes on something/,
    ],
    ['a text of 4 GB', [op.proto, [0x58, 0xff, 0xff, 0xff, 0xff]], /cut short/],
    [
      'a storage of 2⁶² numbers',
      [op.proto, dictionary({ w: tensor('0', 4, [op.long(2n ** 62n)], [one]) }), op.stop],
      /no valid shape/,
    ],
    [
      'more numbers than there are',
      [op.proto, view([op.int(2 ** 30), op.int(2 ** 30)], [one, one]), op.stop],
      /beyond its storage of 4/,
    ],
    [
      'one number a million times',
      [op.proto, view([op.int(1e6)], [op.int(0)]), op.stop],
      /beyond its storage/,
    ],
    [
      'a size past every number',
      [op.proto, view(Array(8).fill(op.long(2n ** 52n)), Array(8).fill(op.int(0))), op.stop],
      /beyond its storage/,
    ],
    ['a negative offset', [op.proto, view([one], [one], { offset: op.int(-1) }), op.stop], /no storage/],
    [
      'a storage that is not there',
      [op.proto, view([one], [one]), op.stop],
      /storage 0 is not the 4 numbers/,
    ],
    [
      'a dictionary in itself',
      [op.proto, op.emptyDict, op.put(0), op.text('model'), op.get(0), op.setItem, op.stop],
      /no tensors by name/,
    ],
    ['a value never kept', [op.proto, op.get(7)], /recalls value 7/],
    ['tuples 100,000 deep', [op.proto, op.emptyTuple, Array(100_001).fill(0x85), op.stop], /100,000 lists/],
    [
      'a tuple doubled 200 times',
      [
        op.proto,
        op.emptyTuple,
        Array.from({ length: 200 }, () => [...op.put(0), ...op.get(0), ...op.tuple2]).flat(),
        op.stop,
      ],
      /no tensors by name/,
    ],
    ['a million dictionaries', [op.proto, Array(1_000_000).fill(0x7d)], /100,000 lists and dictionaries/],
    ['no end', [op.proto, op.emptyDict], /cut short/],
    ['nothing on the stack', [op.proto, op.setItems], /lacks the mark/],
    ['a mark as a key', [op.proto, op.emptyDict, op.mark, op.mark, op.setItem], /lacks the value/],
    ['a list as a key', [op.proto, op.emptyDict, op.emptyList, op.none, op.setItem], /neither text nor/],
  ];
  test.each(cases)('%s', async (_, parts, expected) => {
    const files = await stateDict(parts);
    const began = performance.now();
    expect(await refusal(files)).toMatch(expected);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('a description of 5 MB', async () => {
    const content = new Uint8Array(5 * 2 ** 20);
    expect(await refusal([{ path: 'a.pth', file: await archive(content) }])).toMatch(/description of 5 MB/);
  });
});
