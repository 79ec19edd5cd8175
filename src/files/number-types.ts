/** How weight files store numbers: types by their safetensors names, and their bytes as typed arrays, little-endian. */

/** The number types that are read. F16 and BF16 arrive widened to 32 bits, which loses nothing. */
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

/** Shares memory with the bytes where the type and their alignment allow. */
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

/** Numbers in a tensor of this shape; may be past what a double counts exactly. */
export function product(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

export function uint16(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(...aligned(bytes, 2));
}

/** What a typed array of `width`-byte numbers over `bytes` is made from: a copy where they are not aligned. */
function aligned(bytes: Uint8Array, width: number): [ArrayBufferLike, number, number] {
  const source = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return [source.buffer, source.byteOffset, source.byteLength / width];
}

let halfTable: Uint32Array | undefined;

/** IEEE 754 binary16 → binary32, through a table of all 65,536 bit patterns. */
function widenHalf(halves: Uint16Array): Float32Array {
  halfTable ??= Uint32Array.from({ length: 0x10000 }, (_, half) => widenedHalfBits(half));
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halfTable[halves[i] ?? 0] ?? 0;
  return new Float32Array(bits.buffer);
}

/** The binary32 bit pattern of the number that `half` is the binary16 bit pattern of. */
function widenedHalfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal, mantissa · 2⁻²⁴: shift its leading one into the implicit place.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/** bfloat16 is the upper half of binary32. */
function widenBrainFloat(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}
