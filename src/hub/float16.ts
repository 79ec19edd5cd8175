/** Numbers rounded to half precision (IEEE 754 binary16). */

/** The least magnitude that rounds to infinity: half a step above the largest number, 65504. */
const OVERFLOW = 65_520;

/**
 * Bit patterns of the nearest half-precision numbers, ties to even; null where a finite number is too large for one.
 * NaN stays NaN and infinity infinite.
 */
export function toFloat16(numbers: Float32Array): Uint16Array<ArrayBuffer> | null {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const magnitude = Math.abs(numbers[i] ?? 0);
    if (magnitude >= OVERFLOW && magnitude < Number.POSITIVE_INFINITY) return null;
    halves[i] = nearestHalf(bits[i] ?? 0);
  }
  return halves;
}

/** Of a binary32 bit pattern that is below `OVERFLOW`, infinite or NaN. */
function nearestHalf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude === 0x7f800000) return sign | 0x7c00;
  // From 2⁻¹⁴ on: the exponent's bias falls from 127 to 15, the mantissa loses 13 bits, and a carry goes where it belongs.
  if (magnitude >= 0x38800000) return sign | shiftedToEven(magnitude - (112 << 23), 13);
  // Below 2⁻²⁵ to zero; between, subnormal: a multiple of 2⁻²⁴.
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  return sign | shiftedToEven((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** `value` / 2^`shift`, to the nearest whole number, ties to even. */
function shiftedToEven(value: number, shift: number): number {
  return (value + 2 ** (shift - 1) - 1 + ((value >>> shift) & 1)) >>> shift;
}
