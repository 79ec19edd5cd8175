/**
 * Detects near-duplicates: a perceptual hash finds the candidates, and their luminance and mean colour are compared. The hash is
 * Zauner's DCT hash (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, §3.2.1) without its mean filter,
 * because scaling to 32×32 by averaging has the same effect.
 */
import { triangleTaps } from './resample';

/** Side of the luminance image that is hashed and compared, pixels. */
const SIDE = 32;
/** The hash has one bit for each pair of the frequencies 1 … 8 of both axes. */
const FREQUENCIES = 8;
/** `[FREQUENCIES, SIDE]`: the cosines of the second discrete cosine transform (DCT-II). */
const COSINES = Array.from({ length: FREQUENCIES }, (_, u) =>
  Float64Array.from({ length: SIDE }, (_, x) => Math.cos(((2 * x + 1) * (u + 1) * Math.PI) / (2 * SIDE))),
);
/** Rec. 601, as in JPEG. */
const LUMA = [0.299, 0.587, 0.114] as const;

export interface Fingerprint {
  /** 64 bits. */
  hash: readonly [high: number, low: number];
  /** `[SIDE, SIDE]`, 0–255. */
  luminance: Uint8Array;
  /** Standard deviation of the luminance, grey levels. */
  detail: number;
  /** Fractions of red and green in the mean colour, 0–1. They do not depend on brightness. */
  chromaticity: readonly [red: number, green: number];
}

/** How similar two images must be. */
export interface Likeness {
  /** Bits of the hash that may differ, of 64. */
  distance: number;
  /** Least Pearson correlation of the luminance. */
  correlation: number;
}

/**
 * The same image saved twice. After re-encoding, shrinking to a third or a change of brightness by 30 %, nine images in ten are
 * within these limits (88 % if brightening saturates highlights); of 900,000 pairs of different images, none is.
 */
export const NEAR_DUPLICATE: Likeness = { distance: 8, correlation: 0.97 };
/** Two hand-held shots of one scene. Applied only to neighbours in a series. */
export const NEXT_SHOT: Likeness = { distance: 16, correlation: 0.8 };

/** Images with less detail than this, grey levels, are not compared: nothing distinguishes uniform images. */
const LEAST_DETAIL = 2;
/** Images with a greater difference are not near-duplicates, even if they show the same shape. */
const GREATEST_CHROMATICITY_DIFFERENCE = 0.02;

/** @returns a function that computes the fingerprint of an image `[side, side, 3]` RGB */
export function fingerprinter(side: number): (pixels: Uint8Array) => Fingerprint {
  const taps = triangleTaps(side, SIDE, 0, SIDE);
  return (pixels) => {
    const grey = new Float64Array(side * side);
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let i = 0, at = 0; i < grey.length; i++) {
      const r = pixels[at++] ?? 0;
      const g = pixels[at++] ?? 0;
      const b = pixels[at++] ?? 0;
      grey[i] = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b;
      red += r;
      green += g;
      blue += b;
    }
    const light = Math.max(1, red + green + blue);
    // Each call shrinks the rows and transposes the result, so two calls shrink both axes and restore the orientation.
    const luminance = shrunkAndTransposed(shrunkAndTransposed(grey, side, taps), side, taps);
    return {
      hash: hashOf(luminance),
      luminance: Uint8Array.from(luminance, Math.round),
      detail: deviation(luminance),
      chromaticity: [red / light, green / light],
    };
  };
}

/** @returns whether two images are at least this similar; false for images of uniform colour */
export function alike(a: Fingerprint, b: Fingerprint, { distance, correlation }: Likeness): boolean {
  return (
    hammingDistance(a.hash, b.hash) <= distance &&
    hasDetail(a) &&
    hasDetail(b) &&
    Math.abs(a.chromaticity[0] - b.chromaticity[0]) <= GREATEST_CHROMATICITY_DIFFERENCE &&
    Math.abs(a.chromaticity[1] - b.chromaticity[1]) <= GREATEST_CHROMATICITY_DIFFERENCE &&
    correlationOf(a.luminance, b.luminance) >= correlation
  );
}

export function hasDetail({ detail }: Fingerprint): boolean {
  return detail >= LEAST_DETAIL;
}

export function hammingDistance(a: Fingerprint['hash'], b: Fingerprint['hash']): number {
  return ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);
}

/** The number of set bits of a 32-bit integer. */
export function ones(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Shrinks the rows to `SIDE` and transposes. @param plane `[rows, columns]` @returns `[SIDE, rows]` */
function shrunkAndTransposed(plane: Float64Array, columns: number, taps: ReturnType<typeof triangleTaps>) {
  const rows = plane.length / columns;
  const out = new Float64Array(SIDE * rows);
  taps.forEach(({ start, weights }, x) => {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      let at = row * columns + start;
      for (const weight of weights) sum += weight * (plane[at++] ?? 0);
      out[x * rows + row] = sum;
    }
  });
  return out;
}

/** One bit for each coefficient of the lowest frequencies without the constant ones: whether it is above their median. */
function hashOf(luminance: Float64Array): [high: number, low: number] {
  const across = COSINES.map((cosine) =>
    Float64Array.from({ length: SIDE }, (_, y) => {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (cosine[x] ?? 0) * (luminance[y * SIDE + x] ?? 0);
      return sum;
    }),
  );
  const coefficients = COSINES.flatMap((cosine) =>
    across.map((column) => column.reduce((sum, value, y) => sum + value * (cosine[y] ?? 0), 0)),
  );
  const sorted = Float64Array.from(coefficients).sort();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  const bits = (from: number) =>
    coefficients.slice(from, from + 32).reduce((word, value) => (word << 1) | (value > median ? 1 : 0), 0);
  return [bits(0), bits(32)];
}

function deviation(values: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(0, squares / values.length - (sum / values.length) ** 2));
}

/** The Pearson correlation of two images that are not uniform. */
function correlationOf(a: Uint8Array, b: Uint8Array): number {
  const n = a.length;
  let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    sumA += x;
    sumB += y;
    squareA += x * x;
    squareB += y * y;
    product += x * y;
  }
  const covariance = n * product - sumA * sumB;
  return covariance / Math.sqrt((n * squareA - sumA * sumA) * (n * squareB - sumB * sumB));
}
