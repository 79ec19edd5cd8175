import { describe, expect, test } from 'vitest';
import { seededRandom } from '../core/random';
import { UserError } from '../core/user-error';
import { readSafetensors, writeSafetensors } from '../files/safetensors';
import { type Adapter, type AdapterHeader, decodeAdapter, encodeAdapter } from './adapter-file';

const FILE = 'flowers.safetensors';

function header(): AdapterHeader {
  return {
    format: 1,
    createdBy: { name: 'atomtune', version: '0.1.0' },
    name: 'ΔD, first try',
    setting: 'atoms',
    options: { atoms: 9 },
    backbone: { id: 'starter', hash: '0123456789abcdef'.repeat(4) },
    classes: ['rose', 'Löwenzahn', '__proto__'],
    inputSize: 64,
    tensorHash: 'fedcba9876543210'.repeat(4),
    preprocessing: {
      channels: 'RGB',
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
      resize: 'shorter side to 8/7 of the input size, then centre crop',
    },
    coding: { lambda: 1e-3, iterations: 20, blockLipschitz: {}, lipschitz: { conv1: 1.234567890123456 } },
    training: {
      config: {
        setting: 'atoms',
        options: { atoms: 9 },
        epochs: 10,
        batchSize: 32,
        learningRate: 3e-3,
        headLearningRate: 1e-3,
        weightDecay: 1e-4,
        warmup: 0.1,
        dropout: 0.5,
        augmentation: 'flips',
        views: 0,
        patience: 0,
        seed: 7,
        warmStart: true,
        probe: { epochs: 60, learningRate: 1e-2, weightDecay: 1e-2, batchSize: 32 },
      },
      outcome: 'finished',
      epochs: 10,
      keptEpoch: 8,
      correct: 123,
      validationImages: 200,
      byClass: {
        validation: { correct: [40, 60, 23], images: [60, 70, 70] },
        test: { correct: [4, 0, 3], images: [5, 0, 5] },
      },
      data: 'flowers',
      ended: '2026-01-31T14:23:05.120Z',
      trainable: { backbone: 441, head: 15 },
      seconds: 12.5,
      backend: 'wasm',
    },
    check: {
      images: 2,
      logits: [
        [0.1, -2, 3.0000001],
        [1e-9, 0, -7],
      ],
      precision: 'single',
    },
  };
}

function tensors(): Adapter['tensors'] {
  const random = seededRandom(1);
  const tensor = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  });
  return new Map([
    ['conv1.D', tensor(9, 49)],
    ['conv1.atoms.dD', tensor(9, 49)],
    ['head.weight', tensor(3, 4)],
    ['head.bias', tensor(3)],
  ]);
}

const withByClass = (
  { training, ...others }: AdapterHeader,
  validation: { correct: number[]; images: number[] },
) => ({ ...others, training: { ...training, byClass: { validation, test: null } } });

/** A file with arbitrary header text. */
function fileWith(adapter: unknown, content = tensors()): Uint8Array {
  return writeSafetensors(content, {
    adapter: typeof adapter === 'string' ? adapter : JSON.stringify(adapter),
  });
}

function failure(bytes: Uint8Array): string {
  try {
    decodeAdapter(bytes, FILE);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(FILE);
    return String(error);
  }
  throw new Error('The file was accepted.');
}

test('what is written is read back, and written again gives the same bytes', () => {
  const adapter = { header: header(), tensors: tensors() };
  const bytes = encodeAdapter(adapter);
  const read = decodeAdapter(bytes, FILE);
  expect(read.header).toEqual(adapter.header);
  expect(new Map([...read.tensors].sort())).toEqual(new Map([...adapter.tensors].sort()));
  expect(encodeAdapter(read)).toEqual(bytes);
});

test('a field this version does not know is let pass', () => {
  expect(decodeAdapter(fileWith({ ...header(), licence: 'CC0' }), FILE).header).toEqual(header());
});

test('a file from before the header had a hash, accuracies by class, the data set and a date is read', () => {
  const { tensorHash: _hash, training, ...others } = header();
  const { byClass: _byClass, data: _data, ended: _ended, ...older } = training;
  const bytes = fileWith({ ...others, training: older });
  expect(decodeAdapter(bytes, FILE).header).toEqual({
    ...others,
    tensorHash: null,
    training: { ...older, byClass: null, data: null, ended: null },
  });
});

test('a file from before images could have fixed views is one whose epochs had new ones', () => {
  const { views: _, ...config } = header().training.config;
  const bytes = fileWith({ ...header(), training: { ...header().training, config } });
  expect(decodeAdapter(bytes, FILE).header.training.config.views).toBe(0);
});

test('an adapter that could not be read back is not written', () => {
  const withoutHead = tensors();
  withoutHead.delete('head.bias');
  expect(() => encodeAdapter({ header: header(), tensors: withoutHead })).toThrow(/head\.bias/);
  const broken = header();
  broken.check.logits[0] = [Number.NaN, 0, 0];
  expect(() => encodeAdapter({ header: broken, tensors: tensors() })).toThrow();
});

describe('a file that is not a good adapter is refused with a sentence that names it', () => {
  test('cut off anywhere', () => {
    const whole = encodeAdapter({ header: header(), tensors: tensors() });
    for (let length = 0; length < whole.length; length += 7) failure(whole.slice(0, length));
    failure(whole.slice(0, -1));
  });

  test('a header of 4 GB', () => {
    const bytes = encodeAdapter({ header: header(), tensors: tensors() });
    new DataView(bytes.buffer).setBigUint64(0, 0x1_0000_0000n, true);
    expect(failure(bytes)).toMatch(/4294967296/);
  });

  test('a plain safetensors file', () => {
    expect(failure(writeSafetensors(tensors(), { architecture: 'resnet50' }))).toMatch(/not an adapter/);
  });

  test.for(['F16', 'BF16', 'I32', 'F64'])('a tensor of the wrong type, %s', (dtype) => {
    const bytes = encodeAdapter({ header: header(), tensors: tensors() });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const json = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    const bias = json['head.bias'];
    const width = { F16: 2, BF16: 2, I32: 4, F64: 8 }[dtype] ?? 1;
    bias.dtype = dtype;
    bias.shape = [(bias.data_offsets[1] - bias.data_offsets[0]) / width];
    if (dtype === 'F64') {
      // 12 bytes are not a multiple of an F64: extend the tensor by the next one's first 4 bytes.
      const next = json['head.weight'];
      bias.shape = [2];
      bias.data_offsets[1] += 4;
      next.data_offsets[0] += 4;
      next.shape = [11];
    }
    const text = new TextEncoder().encode(JSON.stringify(json));
    const changed = new Uint8Array(8 + text.length + bytes.length - 8 - length);
    new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
    changed.set(text, 8);
    changed.set(bytes.subarray(8 + length), 8 + text.length);
    expect(failure(changed)).toMatch(new RegExp(`head\\.bias.*${dtype}.*F32`));
  });

  test.for(['head.weight', 'head.bias'])('without %s', (name) => {
    const content = tensors();
    content.delete(name);
    expect(failure(fileWith(header(), content))).toContain(name);
  });

  test('a head for another number of classes', () => {
    const content = tensors();
    content.set('head.weight', { shape: [4, 3], data: new Float32Array(12) });
    expect(failure(fileWith(header(), content))).toMatch(/head\.weight.*\[4,3\].*\[3, features\]/);
    content.set('head.weight', { shape: [3, 4], data: new Float32Array(12) });
    content.set('head.bias', { shape: [1, 3], data: new Float32Array(3) });
    expect(failure(fileWith(header(), content))).toMatch(/head\.bias/);
  });

  test('numbers that are not finite', () => {
    const content = tensors();
    content.set('head.bias', { shape: [3], data: Float32Array.of(0, Number.NaN, 0) });
    expect(failure(fileWith(header(), content))).toMatch(/head\.bias.*finite/);
  });

  test('a dictionary without its step size', () => {
    const content = tensors();
    content.set('layer1.0.conv2.D', { shape: [1, 1], data: Float32Array.of(1) });
    expect(failure(fileWith(header(), content))).toMatch(/step size.*layer1\.0\.conv2\.D/);
  });

  test.for(['', '{', 'null', '[]', '3', '"adapter"', '['.repeat(100_000), '{"format":1}'])(
    'junk: %.20s',
    (junk) => {
      failure(fileWith(junk));
    },
  );

  test('a newer format says so', () => {
    expect(failure(fileWith({ format: 2, anything: 'else' }))).toMatch(/format 2.*newest/);
  });

  const changes: [string, (h: AdapterHeader) => object, RegExp][] = [
    ['no classes', (h) => ({ ...h, classes: [] }), /classes/],
    ['too many classes', (h) => ({ ...h, classes: Array(10_001).fill('a') }), /classes/],
    ['a class name too long', (h) => ({ ...h, classes: ['a', 'b', 'c'.repeat(1001)] }), /classes\.2/],
    ['a class too few for the logits', (h) => ({ ...h, classes: ['a', 'b'] }), /check logits.*2 classes/],
    ['fewer logits than images', (h) => ({ ...h, check: { images: 3, logits: h.check.logits } }), /3 images/],
    [
      'a logit that is text',
      (h) => ({ ...h, check: { images: 1, logits: [['0', 0, 0]] } }),
      /check\.logits\.0\.0/,
    ],
    ['a hash that is none', (h) => ({ ...h, backbone: { id: 'x', hash: 'abc' } }), /backbone\.hash/],
    ['an input size of 0', (h) => ({ ...h, inputSize: 0 }), /inputSize/],
    [
      'other preprocessing',
      (h) => ({ ...h, preprocessing: { ...h.preprocessing, channels: 'BGR' } }),
      /channels/,
    ],
    [
      'a standard deviation of 0',
      (h) => ({ ...h, preprocessing: { ...h.preprocessing, std: [0, 1, 1] } }),
      /std\.0/,
    ],
    [
      'a step of 0',
      (h) => ({ ...h, coding: { ...h.coding, blockLipschitz: {}, lipschitz: { conv1: 0 } } }),
      /lipschitz/,
    ],
    ['endless iterations', (h) => ({ ...h, coding: { ...h.coding, iterations: 1e9 } }), /iterations/],
    ['an option that is text', (h) => ({ ...h, options: { atoms: '9' } }), /options\.atoms/],
    [
      'more right than there are',
      (h) => ({ ...h, training: { ...h.training, correct: 201 } }),
      /201 correct of 200/,
    ],
    ['a hash of its tensors that is none', (h) => ({ ...h, tensorHash: 'F'.repeat(64) }), /tensorHash/],
    [
      'a date that is none',
      (h) => ({ ...h, training: { ...h.training, ended: 'yesterday' } }),
      /training\.ended/,
    ],
    [
      'an accuracy by class for fewer classes',
      (h) => withByClass(h, { correct: [63, 60], images: [100, 100] }),
      /not that of 3 classes/,
    ],
    [
      'more right of a class than there are',
      (h) => withByClass(h, { correct: [61, 60, 2], images: [60, 70, 70] }),
      /61 correct of 60 images of a class/,
    ],
    [
      'an accuracy by class that adds up to another one',
      (h) => withByClass(h, { correct: [40, 60, 24], images: [60, 70, 70] }),
      /contradicts its validation accuracy/,
    ],
    [
      'a kept epoch never reached',
      (h) => ({ ...h, training: { ...h.training, keptEpoch: 11 } }),
      /epoch 11 of 10/,
    ],
    ['no configuration', (h) => ({ ...h, training: { ...h.training, config: null } }), /training\.config/],
  ];
  test.for(changes)('%s', ([, change, expected]) => {
    expect(failure(fileWith(change(header())))).toMatch(expected);
  });

  test('a number past every number', () => {
    const json = JSON.stringify(header()).replace('"lambda":0.001', '"lambda":1e999');
    expect(failure(fileWith(json))).toMatch(/coding\.lambda/);
  });
});

test('300 random mutations of a good file: a good adapter or a sentence, nothing else', () => {
  const whole = encodeAdapter({ header: header(), tensors: tensors() });
  const length = Number(new DataView(whole.buffer).getBigUint64(0, true));
  const random = seededRandom(42);
  let refused = 0;
  for (let trial = 0; trial < 300; trial++) {
    const bytes = mutated(whole, 8 + length, random);
    try {
      const { header: read, tensors: content } = decodeAdapter(bytes, FILE);
      expect(content.get('head.bias')?.data).toHaveLength(read.classes.length);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused++;
    }
  }
  // A flipped bit in a number or a name may give a valid file; most mutations must be rejected.
  expect(refused).toBeGreaterThan(150);
  expect(readSafetensors(whole, FILE).tensors.size).toBe(4);
});

/** One to four byte flips, a cut, or an insertion; three times in four in the first `headerEnd` bytes. */
function mutated(whole: Uint8Array, headerEnd: number, random: ReturnType<typeof seededRandom>): Uint8Array {
  const place = () => random.integer(random.integer(4) > 0 ? headerEnd : whole.length);
  const kind = random.integer(4);
  if (kind === 0) return whole.slice(0, place());
  if (kind === 1) {
    const at = place();
    const inserted = Uint8Array.from({ length: 1 + random.integer(16) }, () => random.integer(256));
    const longer = new Uint8Array(whole.length + inserted.length);
    longer.set(whole.subarray(0, at));
    longer.set(inserted, at);
    longer.set(whole.subarray(at), at + inserted.length);
    return longer;
  }
  const bytes = whole.slice();
  for (let flips = random.integer(4); flips >= 0; flips--) {
    const at = place();
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
  }
  return bytes;
}
