/** The number types of weight files, by their safetensors names, and their conversion from little-endian bytes to typed arrays. */

/** The number types that can be read. F16 and BF16 are widened to 32 bits, which is exact. */
export type Dtype = 'F32' | 'F16' | 'BF16' | 'I32' | 'U8';

/** Bytes per number of every type of the safetensors format that is at least one byte long. */
export const BYTES_PER_NUMBER: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E5M2', 1],
  ['F8_E4M3', 1],
  ['I16', 2],
  ['U16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['I32', 4],
  ['U32', 4],
  ['F32', 4],
  ['C64', 8],
  ['F64', 8],
  ['I64', 8],
  ['U64', 8],
]);

export type Numbers = Float32Array | Int32Array | Uint8Array;

/** The result shares memory with the bytes if the type and the alignment allow it. */
export const DECODERS: Readonly<Record<Dtype, (bytes: Uint8Array) => Numbers>> = {
  F32: (bytes) => new Float32Array(...aligned(bytes, 4)),
  I32: (bytes) => new Int32Array(...aligned(bytes, 4)),
  U8: (bytes) => bytes,
  F16: (bytes) => widenHalf(uint16(bytes)),
  BF16: (bytes) => widenBrainFloat(uint16(bytes)),
};

export function isRead(dtype: string): dtype is Dtype {
  return Object.hasOwn(DECODERS, dtype);
}

/** Number of elements of this shape. May exceed the integers that a double represents exactly. */
export function product(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

export function uint16(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(...aligned(bytes, 2));
}

/** Constructor arguments of a typed array of `width`-byte numbers over `bytes`. Unaligned bytes are copied. */
function aligned(bytes: Uint8Array, width: number): [ArrayBufferLike, number, number] {
  const source = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return [source.buffer, source.byteOffset, source.byteLength / width];
}

let halfTable: Uint32Array | undefined;

/** Converts IEEE 754 binary16 to binary32 with a table of all 65,536 bit patterns. */
function widenHalf(halves: Uint16Array): Float32Array {
  halfTable ??= Uint32Array.from({ length: 0x10000 }, (_, half) => widenedHalfBits(half));
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halfTable[halves[i] ?? 0] ?? 0;
  return new Float32Array(bits.buffer);
}

/** Converts a binary16 bit pattern to the binary32 bit pattern of the same number. */
function widenedHalfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal, mantissa · 2⁻²⁴: shift the leading one into the implicit bit.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/** bfloat16 is the upper half of binary32. */
function widenBrainFloat(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}
