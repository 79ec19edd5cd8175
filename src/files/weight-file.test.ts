import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { committed } from '../backbone/weight-forms';
import type { NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { CountedBlob } from './counted-blob';
import { openWeightFile } from './open-weight-file';
import { float32, readSafetensors, writeSafetensors } from './safetensors';
import { sha256, sha256OfBlobs } from './sha256';
import { archive, dictionary, op, pickle, tensor } from './state-dict-fixture';

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

  test('gives the numbers that tfjs reads, also if shards end inside a number', async () => {
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

  test('names missing shards and a weight that does not fit', async () => {
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

describe('the chosen file', () => {
  const whole = writeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]), { k: 'v' });

  test('is recognised by its content', async () => {
    const { form, tensors, metadata } = await openWeightFile([named('wrong.pth', whole)]);
    expect([form, metadata.k]).toEqual(['safetensors', 'v']);
    expect(await tensors.get('a')?.read()).toEqual(Float32Array.of(1, 2));
  });

  test('may include a config.json that states where blocks stride', async () => {
    const config = named('config.json', '{ "downsample_in_bottleneck": true, "model_type": "resnet" }');
    const { metadata } = await openWeightFile([config, named('a.safetensors', whole)]);
    expect(metadata.stride_in_1x1).toBe('true');
  });

  test.each<[string, NamedFile[], RegExp]>([
    ['two weight files', [named('a', whole), named('b', whole)], /2 weight files: “a”, “b”/],
    ['nothing', [], /^None of these files is a supported weight file/],
    [
      'an image',
      [named('cat.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))],
      /“cat.jpg” is not a supported weight file/,
    ],
    [
      'an HDF5 file',
      [named('w.h5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10))],
      /tensorflowjs_converter/,
    ],
    ['an ONNX model', [named('r.onnx', Uint8Array.of(8, 7, 18, 7))], /“r.onnx” is an ONNX model/],
    ['a TensorFlow graph', [named('r.pb', Uint8Array.of(10, 7, 18, 7))], /“r.pb” is a TensorFlow graph/],
    [
      'a packed file',
      [named('w.pth.gz', Uint8Array.of(0x1f, 0x8b, 8, 0))],
      /compressed with gzip. Unpack it/,
    ],
    ['a pickle', [named('w.pkl', Uint8Array.of(0x80, 4, 0x95, 0))], /a Python pickle in another format/],
    ['a pointer of Git LFS', [named('w.bin', 'version https://git-lfs.github.com/spec/v1')], /pointer/],
    ['a web page', [named('w.pth', '<!doctype html>')], /web page/],
    ['other JSON', [named('package.json', '{ "name": "x" }')], /not a supported weight file/],
  ])('%s is rejected with advice', async (_, files, expected) => {
    expect(await refusal(files)).toMatch(expected);
  });

  test('the hash of several blobs is the hash of the whole', async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 251);
    const pieces = [new Blob([bytes.subarray(0, 70_001)]), new Blob([bytes.subarray(70_001)])];
    expect(await sha256OfBlobs(pieces)).toBe(await sha256(bytes));
  });
});

describe('values beside the weights', () => {
  const weights = new Float32Array(4).fill(7);
  const w = tensor('0', 4, [op.int(4)], [op.int(1)]);
  const object = (module: string, name: string) => [
    ...op.global(module, name),
    ...op.emptyTuple,
    ...op.newObject,
  ];
  const attributes = [...dictionary({ lr: op.int(1) }), ...op.build];
  const cases: [string, readonly number[]][] = [
    ['torch.Size', [...op.global('torch', 'Size'), ...op.emptyTuple, ...op.reduce]],
    ['a number type', op.global('torch', 'float32')],
    ['a whole number of 40 bytes', op.longOf(40)],
    ['argparse.Namespace', [...object('argparse', 'Namespace'), ...attributes]],
    ['a NumPy number', [...op.global('numpy.core.multiarray', 'scalar'), ...op.emptyTuple, ...op.reduce]],
    ['a NumPy array with its state', [...object('numpy', 'ndarray'), ...op.emptyTuple, ...op.build]],
    ['a set', [...op.global('__builtin__', 'set'), ...op.emptyTuple, ...op.reduce]],
    ['bytes', [0x43, 3, 1, 2, 3]],
    ['a class', op.global('torch.optim.sgd', 'SGD')],
    ['a storage class called', [...op.global('torch', 'FloatStorage'), ...op.emptyTuple, ...op.reduce]],
    ['complex numbers', tensor('9', 4, [op.int(4)], [op.int(1)], { type: 'ComplexFloatStorage' })],
    [
      'a dictionary with a class and a tuple as keys',
      dictionary({ a: op.int(1) })
        .concat(op.global('a', 'B'), op.none, op.setItem)
        .concat(op.emptyTuple, op.none, op.setItem),
    ],
  ];
  test.each(cases)('%s: the weights are read', async (_, value) => {
    const content = pickle(op.proto, dictionary({ value, w }), op.stop);
    const file = await openWeightFile([
      { path: 'a.pth', file: await archive(content, { 'data/0': weights }) },
    ]);
    expect(await file.tensors.get('w')?.read()).toEqual(weights);
    expect(file.notices).toEqual(value === cases.at(-1)?.[1] ? [expect.stringContaining('a.B')] : []);
  });

  test('objects of unknown classes are named in a notice, and their contents are not used', async () => {
    const state = dictionary({ _modules: dictionary({}), secret: op.int(1) });
    const value = [...object('mylib.models', 'Net'), ...state, ...op.build];
    const content = pickle(op.proto, dictionary({ net: value, w }), op.stop);
    const file = await openWeightFile([
      { path: 'a.pth', file: await archive(content, { 'data/0': weights }) },
    ]);
    expect([...file.tensors.keys()]).toEqual(['w']);
    expect(file.unreadable.get('net')).toMatch(/^a whole model of the class mylib\.models\.Net/);
    expect(file.notices).toEqual([
      expect.stringMatching(/objects of mylib\.models\.Net.*none of their code was run/),
    ]);
  });

  test('an object of a dictionary class gives its tensors by name', async () => {
    const value = [...object('mylib', 'Weights'), ...op.text('w'), ...w, ...op.setItem];
    const content = pickle(op.proto, dictionary({ net: value }), op.stop);
    const file = await openWeightFile([
      { path: 'a.pth', file: await archive(content, { 'data/0': weights }) },
    ]);
    expect(await file.tensors.get('net.w')?.read()).toEqual(weights);
  });

  test('a whole model is recognised', async () => {
    const state = [...dictionary({ _modules: dictionary({}) }), ...op.build];
    const model = [...object('torchvision.models.resnet', 'ResNet'), ...state];
    for (const parts of [model, dictionary({ epoch: op.int(1), model })]) {
      expect(await refusal(await stateDict([op.proto, parts, op.stop]))).toMatch(
        /contains a whole model of the class torchvision\.models\.resnet\.ResNet.*state_dict\(\)/,
      );
    }
  });

  test('a TorchScript archive is recognised', async () => {
    const script = await archive(pickle(op.proto, op.none, op.stop), { 'constants.pkl': new Uint8Array(4) });
    expect(await refusal([{ path: 'm.pt', file: script }])).toMatch(
      /a TorchScript archive.*torch\.jit\.load/,
    );
  });
});

describe('weights in several files', () => {
  const part = (name: string, value: number) =>
    writeSafetensors(new Map([[name, { shape: [1], data: Float32Array.of(value) }]]), { format: 'pt' });
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const shards = [named(`x/${first}`, part('a', 1)), named(`x/${second}`, part('b', 2))] as const;
  const index = (map: Record<string, string>) =>
    named('x/model.safetensors.index.json', JSON.stringify({ metadata: { total_size: 8 }, weight_map: map }));
  const whole = index({ b: second, a: first });

  test.each([
    ['with their index', [whole, ...shards]],
    ['in another order', [shards[1], whole, shards[0]]],
    ['without it', [shards[1], shards[0]]],
  ])('%s, they are read as one, with the same hash', async (_, files) => {
    const file = await openWeightFile(files);
    expect(await file.tensors.get('a')?.read()).toEqual(Float32Array.of(1));
    expect(await file.tensors.get('b')?.read()).toEqual(Float32Array.of(2));
    expect(await sha256OfBlobs(file.blobs)).toBe(await sha256OfBlobs(shards.map(({ file: blob }) => blob)));
  });

  test('state dicts of PyTorch are supported too', async () => {
    const content = (name: string) =>
      pickle(op.proto, dictionary({ [name]: tensor('0', 1, [op.int(1)], [op.int(1)]) }), op.stop);
    const names = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'] as const;
    const files = [
      { path: names[0], file: await archive(content('a'), { 'data/0': Float32Array.of(1) }) },
      { path: names[1], file: await archive(content('b'), { 'data/0': Float32Array.of(2) }) },
      named('pytorch_model.bin.index.json', JSON.stringify({ weight_map: { a: names[0], b: names[1] } })),
    ];
    const { tensors, form } = await openWeightFile(files);
    expect([form, tensors.size]).toEqual(['pytorch', 2]);
    expect(await tensors.get('b')?.read()).toEqual(Float32Array.of(2));
  });

  test.each<[string, NamedFile[], RegExp]>([
    ['one alone', [shards[0]], /00001-of-00002.* is part 1 of 2, and needs the files model-00002-of-00002/],
    ['an index alone', [whole], /index\.json” needs the files model-00001.*, model-00002/],
    ['an index and one', [whole, shards[1]], /needs the files model-00001-of-00002\.safetensors as well/],
    ['an index of nothing', [index({})], /lists no weights/],
    [
      'a tensor that its part lacks',
      [index({ a: second }), shards[1]],
      /00002-of-00002.* lacks the tensor “a”/,
    ],
    [
      'two parts with one tensor',
      [shards[0], named(second, part('a', 2))],
      /Two parts contain the tensor “a”/,
    ],
    ['a part that is not a weight file', [whole, shards[0], named(second, '<!doctype html>')], /web page/],
  ])('%s is rejected, and the file is named', async (_, files, expected) => {
    expect(await refusal(files)).toMatch(expected);
  });
});

describe('a pickle that is more than data is rejected', () => {
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
      'a name that only ends like an allowed one',
      [op.proto, call('x.collections', 'OrderedDict'), op.stop],
      /an object of the class x\.collections\.OrderedDict and no named tensors/,
    ],
    [
      'a name that every JavaScript object has',
      [op.proto, call('constructor', 'toString'), op.stop],
      /constructor\.toString/,
    ],
    [
      'torch.load inside torch.load',
      [op.proto, call('torch.storage', '_load_from_bytes')],
      /torch\.storage\._load_from_bytes/,
    ],
    [
      'an old-style object',
      [op.proto, op.mark, [0x69, ...new TextEncoder().encode('os\nsystem\n')]],
      /the class os\.system/,
    ],
    ['a name from the stack', [op.text('os'), op.text('system'), op.nameFromStack], /asks for os\.system/],
    ['a new object of nothing', [op.proto, op.emptyTuple, op.emptyTuple, op.newObject], /not a function/],
    ['another protocol', [[0x80, 6]], /pickle protocol 6/],
    ['an instruction of protocol 0', [op.proto, [0x49, 0x31, 0x0a]], /INT \(0x49\)/],
    ['a length of 2⁶³', [op.proto, [0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80]], /cut short/],
    [
      'os.system beside weights',
      [op.proto, dictionary({ w: tensor('0', 4, [one], [one]), x: call('os', 'system') }), op.stop],
      /asks for os\.system/,
    ],
    [
      'attributes on a tensor',
      [op.proto, tensor('0', 4, [one], [one]), op.emptyDict, op.build],
      /attributes on a value/,
    ],
    ['a text of 4 GB', [op.proto, [0x58, 0xff, 0xff, 0xff, 0xff]], /cut short/],
    [
      'a storage of 2⁶² numbers',
      [op.proto, dictionary({ w: tensor('0', 4, [op.long(2n ** 62n)], [one]) }), op.stop],
      /no valid shape/,
    ],
    [
      'more numbers than the storage has',
      [op.proto, view([op.int(2 ** 30), op.int(2 ** 30)], [one, one]), op.stop],
      /beyond its storage of 4/,
    ],
    [
      'one number a million times',
      [op.proto, view([op.int(1e6)], [op.int(0)]), op.stop],
      /beyond its storage/,
    ],
    [
      'a size beyond all integers',
      [op.proto, view(Array(8).fill(op.long(2n ** 52n)), Array(8).fill(op.int(0))), op.stop],
      /beyond its storage/,
    ],
    ['a negative offset', [op.proto, view([one], [one], { offset: op.int(-1) }), op.stop], /no storage/],
    [
      'a missing storage',
      [op.proto, view([one], [one]), op.stop],
      /storage 0 does not have the expected 4 numbers/,
    ],
    [
      'a dictionary in itself',
      [op.proto, op.emptyDict, op.put(0), op.text('model'), op.get(0), op.setItem, op.stop],
      /no named tensors/,
    ],
    ['a memo entry that was never written', [op.proto, op.get(7)], /memo entry 7, which was never written/],
    ['tuples 100,000 deep', [op.proto, op.emptyTuple, Array(100_001).fill(0x85), op.stop], /100,000 lists/],
    [
      'a tuple doubled 200 times',
      [
        op.proto,
        op.emptyTuple,
        Array.from({ length: 200 }, () => [...op.put(0), ...op.get(0), ...op.tuple2]).flat(),
        op.stop,
      ],
      /no named tensors/,
    ],
    ['a million dictionaries', [op.proto, Array(1_000_000).fill(0x7d)], /100,000 lists and dictionaries/],
    ['no end', [op.proto, op.emptyDict], /cut short/],
    ['nothing on the stack', [op.proto, op.setItems], /lacks its mark/],
    ['a mark as a key', [op.proto, op.emptyDict, op.mark, op.mark, op.setItem], /lacks its operand/],
    [
      'a list as a key',
      [op.proto, op.emptyDict, op.emptyList, op.none, op.setItem],
      /a key of a dictionary is a list/,
    ],
  ];
  test.each(cases)('%s', async (_, parts, expected) => {
    expect(await refusal(await stateDict(parts))).toMatch(expected);
  });

  test('a pickle of 17 MB, without reading it', async () => {
    const file = await archive(new Uint8Array(17 * 2 ** 20));
    let read = 0;
    const counted = new CountedBlob(file, (bytes) => {
      read += bytes;
    });
    expect(await refusal([{ path: 'a.pth', file: counted }])).toMatch(/pickle of 17 MB/);
    expect(read).toBeLessThan(2 ** 20);
  });
});
