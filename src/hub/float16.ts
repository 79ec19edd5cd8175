/** Rounds numbers to fp16 (IEEE 754 binary16). */

/** The smallest magnitude that rounds to infinity: half a step above the largest finite number, 65504. */
const OVERFLOW = 65_520;

/**
 * Bit patterns of the nearest fp16 numbers, ties to even; null if a finite number is too large. NaN stays NaN and infinity stays
 * infinity.
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

/** The binary16 bit pattern for a binary32 bit pattern whose number is below `OVERFLOW`, infinite or NaN. */
function nearestHalf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude === 0x7f800000) return sign | 0x7c00;
  // Normal, from 2⁻¹⁴: the exponent's bias changes from 127 to 15, the mantissa loses 13 bits, and a carry increments the exponent.
  if (magnitude >= 0x38800000) return sign | shiftedToEven(magnitude - (112 << 23), 13);
  // Below 2⁻²⁵: zero. Between: subnormal, a multiple of 2⁻²⁴.
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  return sign | shiftedToEven((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** `value` / 2^`shift`, rounded to the nearest integer, ties to even. */
function shiftedToEven(value: number, shift: number): number {
  return (value + 2 ** (shift - 1) - 1 + ((value >>> shift) & 1)) >>> shift;
}
