import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import { float32, readSafetensors } from '../files/safetensors';
import { toFloat16 } from './float16';

/** Rounded by the browser. TypeScript's DOM types lack Float16Array. */
const { Float16Array } = globalThis as unknown as {
  Float16Array: new (numbers: Float32Array) => { buffer: ArrayBuffer };
};
const bits = (...patterns: number[]) => new Float32Array(Uint32Array.from(patterns).buffer);

describe('rounding to fp16', () => {
  it.each([
    ['one', 1, 0x3c00],
    ['minus zero', -0, 0x8000],
    ['a tie, to the even one below', 1 + 2 ** -11, 0x3c00],
    ['a tie, to the even one above', 1 + 3 * 2 ** -11, 0x3c02],
    ['the largest number', 65_504, 0x7bff],
    ['what still rounds to the largest', 65_519, 0x7bff],
    ['the least normal number', 2 ** -14, 0x0400],
    ['a carry from subnormal to normal', 2 ** -14 - 2 ** -26, 0x0400],
    ['the least subnormal number', 2 ** -24, 0x0001],
    ['half of it, a tie to zero', 2 ** -25, 0x0000],
    ['a little more than half of it', 2 ** -25 * 1.001, 0x0001],
    ['infinity', Number.NEGATIVE_INFINITY, 0xfc00],
  ])('%s', (_, number, half) => {
    expect(toFloat16(Float32Array.of(number))).toEqual(Uint16Array.of(half));
  });

  it('keeps what is no number', () => {
    const half = toFloat16(Float32Array.of(Number.NaN))?.[0] ?? 0;
    expect(half & 0x7c00).toBe(0x7c00);
    expect(half & 0x03ff).not.toBe(0);
  });

  it('refuses what is too large', () => {
    expect(toFloat16(Float32Array.of(1, 65_520))).toBeNull();
    expect(toFloat16(Float32Array.of(-1e30))).toBeNull();
  });

  it("agrees with the browser's own on a million numbers of all magnitudes", () => {
    const { integer } = seededRandom(3);
    const patterns = Uint32Array.from({ length: 1e6 }, () => {
      // Exponents from far below the smallest subnormal to 2¹⁵, without numbers that round to infinity.
      const exponent = 90 + integer(52);
      return (integer(2) * 2 ** 31 + exponent * 2 ** 23 + integer(2 ** 23)) >>> 0;
    });
    // Half of the patterns are a tie or next to one.
    for (let i = 0; i < patterns.length; i += 2)
      patterns[i] = ((patterns[i] ?? 0) & ~0x1fff) | (0x0fff + (i % 3));
    const numbers = new Float32Array(patterns.buffer);
    const halves = toFloat16(numbers);
    expect(indexedDB.cmp(halves, new Uint16Array(new Float16Array(numbers).buffer))).toBe(0);
  });

  it('gives every half-precision number back as it was', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half).filter(
      (half) => (half & 0x7c00) < 0x7c00,
    );
    const header = JSON.stringify({
      x: { dtype: 'F16', shape: [halves.length], data_offsets: [0, halves.byteLength] },
    });
    const file = new Uint8Array(8 + header.length + halves.byteLength);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(new TextEncoder().encode(header), 8);
    file.set(new Uint8Array(halves.buffer), 8 + header.length);
    const widened = float32(readSafetensors(file, 'halves'), 'x');
    expect(indexedDB.cmp(toFloat16(widened), halves)).toBe(0);
  });

  it('reads numbers that begin anywhere in their buffer', () => {
    expect(toFloat16(bits(0x3f800000, 0x40000000).subarray(1))).toEqual(Uint16Array.of(0x4000));
  });
});
