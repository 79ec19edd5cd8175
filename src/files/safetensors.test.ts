import { describe, expect, test } from 'vitest';
import { UserError } from '../core/user-error';
import { float32, readSafetensors, type Safetensors, writeSafetensors } from './safetensors';

const FILE = 'weights.safetensors';

/** A file from a header (an object, or raw text) and its data, laid out as Python's struct and json would. */
function fileOf(header: unknown, data: Uint8Array | number[] = [], claimedLength?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function entry(dtype: string, shape: unknown, start: unknown, end: unknown) {
  return { dtype, shape, data_offsets: [start, end] };
}

function failure(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, FILE);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const message = String(error);
    expect(message).toContain(FILE);
    expect(message).toContain('again');
    return message;
  }
  throw new Error('The file was accepted.');
}

function numbers(file: Safetensors, name: string): number[] {
  return [...(file.tensors.get(name)?.data ?? [])];
}

function u16(...values: number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer);
}

describe('a written file is read back', () => {
  const tensors = new Map([
    ['b.weight', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-45, 3.4e38, -0) }],
    ['a', { shape: [], data: Float32Array.of(7) }],
    ['empty', { shape: [0, 4], data: new Float32Array(0) }],
    ['__proto__', { shape: [1], data: Float32Array.of(9) }],
    ['größe', { shape: [1], data: Float32Array.of(Number.NaN) }],
  ]);
  const metadata = { zeta: 'ζ', alpha: '{"json": "inside"}' };

  test('tensors, shapes and metadata', () => {
    const file = readSafetensors(writeSafetensors(tensors, metadata), FILE);
    expect(file.metadata).toEqual(metadata);
    expect([...file.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, tensor] of tensors) {
      expect(file.tensors.get(name)?.shape).toEqual(tensor.shape);
      expect(numbers(file, name)).toEqual([...tensor.data]);
    }
  });

  test('the data begins at a multiple of 8 and the order of insertion does not matter', () => {
    const bytes = writeSafetensors(tensors, metadata);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
    const reversed = new Map([...tensors].reverse());
    expect(writeSafetensors(reversed, { alpha: metadata.alpha, zeta: metadata.zeta })).toEqual(bytes);
  });

  test('from the middle of a larger, unaligned buffer', () => {
    const bytes = writeSafetensors(tensors, metadata);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(numbers(readSafetensors(shifted.subarray(3), FILE), 'b.weight')).toEqual([
      1,
      -2,
      3.5,
      Math.fround(1e-45),
      Math.fround(3.4e38),
      -0,
    ]);
  });

  test('a tensor whose shape does not fit its data is a bug of the caller', () => {
    expect(() => writeSafetensors(new Map([['a', { shape: [2], data: new Float32Array(3) }]]), {})).toThrow(
      RangeError,
    );
  });
});

describe('files of other writers', () => {
  test('a written file equals one made by hand from the specification', () => {
    const header = '{"__metadata__":{"by":"hand"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const expected = fileOf(padded, [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
    const tensors = new Map([['x', { shape: [2], data: Float32Array.of(1, 2) }]]);
    expect(writeSafetensors(tensors, { by: 'hand' })).toEqual(expected);
  });

  test('every number type, out of order and unaligned', () => {
    const data = [5, 255, 0x80, 0x3f, 0, 0x3c, 0, 0, 0x80, 0xbf, 0xfe, 0xff, 0xff, 0xff];
    const header = {
      i: entry('I32', [1], 10, 14),
      f: entry('F32', [1], 6, 10),
      u: entry('U8', [2], 0, 2),
      h: entry('F16', [1, 1], 4, 6),
      b: entry('BF16', [1], 2, 4),
    };
    for (const padding of ['', ' ', '  ', '   ']) {
      const file = readSafetensors(fileOf(JSON.stringify(header) + padding, data), FILE);
      expect(numbers(file, 'u')).toEqual([5, 255]);
      expect(numbers(file, 'b')).toEqual([1]);
      expect(numbers(file, 'h')).toEqual([1]);
      expect(numbers(file, 'f')).toEqual([-1]);
      expect(numbers(file, 'i')).toEqual([-2]);
    }
  });

  test('a counter in 64-bit integers is not read, and requesting it is an error that names it', () => {
    const header = { count: entry('I64', [], 0, 8), w: entry('U8', [1], 8, 9) };
    const file = readSafetensors(fileOf(header, new Uint8Array(9)), FILE);
    expect([...file.tensors.keys()]).toEqual(['w']);
    expect(() => float32(file, 'count')).toThrow(/count.*I64/);
    expect(() => float32(file, 'w')).toThrow(/w.*U8/);
  });

  test('a key given twice or named __proto__ does no harm', () => {
    const one = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
    expect(numbers(readSafetensors(fileOf(`{"a":${one},"a":${one}}`, [3]), FILE), 'a')).toEqual([3]);
    const file = readSafetensors(
      fileOf(`{"__metadata__":{"__proto__":"x","k":"v"},"__proto__":${one}}`, [3]),
      FILE,
    );
    expect(numbers(file, '__proto__')).toEqual([3]);
    expect(file.metadata.k).toBe('v');
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe('half-precision numbers are widened exactly', () => {
  test('known F16 values', () => {
    const bits = [
      0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x8001, 0x3555, 0x7c00, 0xfc00,
    ];
    const expected = [0, -0, 1, -2, 65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, -(2 ** -24), 0.333251953125];
    const file = readSafetensors(fileOf({ h: entry('F16', [13], 0, 26) }, u16(...bits, 0x7e00)), FILE);
    expect(numbers(file, 'h')).toEqual([...expected, Infinity, -Infinity, Number.NaN]);
  });

  test('all 65,536 F16 patterns, against the definition', () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const data = new Uint8Array(patterns.buffer);
    const widened = numbers(
      readSafetensors(fileOf({ h: entry('F16', [65536], 0, 131072) }, data), FILE),
      'h',
    );
    const wrong = widened.filter((value, bits) => {
      const sign = bits & 0x8000 ? -1 : 1;
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      if (exponent === 31) return !Object.is(value, fraction ? Number.NaN : sign * Infinity);
      const magnitude = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      return !Object.is(value, sign * magnitude);
    });
    expect(wrong).toEqual([]);
  });

  test('known BF16 values', () => {
    const bits = u16(0x3f80, 0xc000, 0x4049, 0x0001, 0x7f80, 0xff80, 0x7fc0, 0x8000);
    const file = readSafetensors(fileOf({ b: entry('BF16', [8], 0, 16) }, bits), FILE);
    expect(numbers(file, 'b')).toEqual([1, -2, 3.140625, 2 ** -133, Infinity, -Infinity, Number.NaN, -0]);
  });
});

describe('a broken file is rejected with a message that names it', () => {
  const good = entry('F32', [2], 0, 8);
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'a header of 4 GB',
      fileOf({ a: good }, new Uint8Array(8), 0x1_0000_0000n),
      /states a header of 4294967296/,
    ],
    ['the longest header a u64 can claim', fileOf({}, [], 0xffff_ffff_ffff_ffffn), /states a header/],
    ['a header longer than the file', fileOf({ a: good }, [], 99_000_000n), /ends inside its header/],
    ['a header that is no JSON', fileOf('{"a":', []), /not JSON/],
    ['a header of length 0', fileOf('', []), /not JSON/],
    ['a header that is not UTF-8', fileOf('{}', [], 2n).fill(0xff, 8), /not JSON/],
    ['a header that is a list', fileOf([1]), /not a JSON object/],
    ['a header that is null', fileOf('null'), /not a JSON object/],
    ['a header nested too deep', fileOf('['.repeat(200_000)), /not JSON/],
    ['an entry that is a number', fileOf({ a: 3 }), /entry of tensor “a”/],
    [
      'no dtype',
      fileOf({ a: { shape: [2], data_offsets: [0, 8] } }, new Uint8Array(8)),
      /dtype of tensor “a”/,
    ],
    ['an unknown dtype', fileOf({ a: entry('F4', [2], 0, 1) }, [0]), /unknown number type “F4”/],
    ['a dtype named after a method', fileOf({ a: entry('toString', [1], 0, 1) }, [0]), /unknown number type/],
    [
      'a shape that is text',
      fileOf({ a: entry('F32', '2', 0, 8) }, new Uint8Array(8)),
      /shape of tensor “a”/,
    ],
    [
      'a negative dimension',
      fileOf({ a: entry('F32', [-2], 0, 8) }, new Uint8Array(8)),
      /shape\.0 of tensor/,
    ],
    ['a dimension of 1.5', fileOf({ a: entry('F32', [1.5], 0, 6) }, new Uint8Array(6)), /shape\.0 of tensor/],
    [
      'a dimension past 2⁵³',
      fileOf({ a: entry('F32', [2 ** 60], 0, 8) }, new Uint8Array(8)),
      /shape\.0 of tensor/,
    ],
    [
      'a product past every number',
      fileOf({ a: entry('U8', Array(30).fill(2 ** 50), 0, 1) }, [0]),
      /but 1 bytes/,
    ],
    [
      'a shape that needs more',
      fileOf({ a: entry('F32', [3], 0, 8) }, new Uint8Array(8)),
      /shape \[3\] but 8 bytes/,
    ],
    [
      'one offset',
      fileOf({ a: { dtype: 'F32', shape: [2], data_offsets: [0] } }, new Uint8Array(8)),
      /data_offsets/,
    ],
    ['a negative offset', fileOf({ a: entry('F32', [2], -8, 0) }, new Uint8Array(8)), /data_offsets\.0/],
    ['offsets in the wrong order', fileOf({ a: entry('F32', [2], 8, 0) }, new Uint8Array(8)), /but -8 bytes/],
    ['offsets past the end', fileOf({ a: entry('F32', [2], 0, 8) }, new Uint8Array(7)), /cut short/],
    ['a gap at the start', fileOf({ a: entry('F32', [1], 4, 8) }, new Uint8Array(8)), /unused bytes/],
    ['bytes after the last tensor', fileOf({ a: good }, new Uint8Array(9)), /1 bytes after its last/],
    [
      'overlapping tensors',
      fileOf({ a: good, b: entry('F32', [1], 4, 8) }, new Uint8Array(8)),
      /“b” overlaps/,
    ],
    ['metadata that is a list', fileOf({ __metadata__: ['a'] }), /metadata/],
    ['a number in the metadata', fileOf({ __metadata__: { a: 1 } }), /metadata/],
  ];
  test.each(cases)('%s', (_, bytes, expected) => {
    expect(failure(bytes)).toMatch(expected);
  });

  test('cut off at any length', () => {
    const whole = writeSafetensors(new Map([['a', { shape: [4], data: new Float32Array(4) }]]), { k: 'v' });
    for (let length = 0; length < whole.length; length++) failure(whole.slice(0, length));
  });
});

describe('asking for a tensor', () => {
  const file = readSafetensors(
    writeSafetensors(new Map([['a', { shape: [2, 1], data: Float32Array.of(1, 2) }]]), {}),
    FILE,
  );
  test('gives its numbers', () => expect([...float32(file, 'a', [2, 1])]).toEqual([1, 2]));
  test('names the file and the tensor if it is missing', () => {
    expect(() => float32(file, 'b')).toThrow(UserError);
    expect(() => float32(file, 'b')).toThrow(/weights\.safetensors.*“b”/);
  });
  test('states both shapes if they differ', () => {
    expect(() => float32(file, 'a', [1, 2])).toThrow(/\[2,1\], expected \[1,2\]/);
  });
});
