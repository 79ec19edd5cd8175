/**
 * Scales one axis of an image with Pillow's `BILINEAR` or `BICUBIC` filter. When shrinking, the filter is stretched over the
 * source pixels of one target pixel, so that it averages; when enlarging, it interpolates. Browsers scale canvases differently;
 * this implementation gives the same pixels in all of them, equal to those of the PyTorch reference.
 */

/** For one target pixel: its first source pixel, and the weights (sum 1). */
export interface Taps {
  start: number;
  weights: Float64Array;
}

/** `weight` by the distance from the centre, in source pixels if the image is enlarged; zero beyond `reach`. */
interface Filter {
  reach: number;
  weight: (distance: number) => number;
}

const TRIANGLE: Filter = { reach: 1, weight: (x) => Math.max(0, 1 - x) };

/** Keys' cubic convolution with a = −1/2, as in Pillow. */
const CUBIC: Filter = {
  reach: 2,
  weight: (x) => {
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
  },
};

/**
 * Taps for the target pixels `from` … `from + count − 1` of an axis scaled from `source` to `target` pixels.
 */
export function triangleTaps(source: number, target: number, from: number, count: number): Taps[] {
  return taps(TRIANGLE, source, target, from, count);
}

/** As `triangleTaps`, with Pillow's `BICUBIC`. */
export function cubicTaps(source: number, target: number, from: number, count: number): Taps[] {
  return taps(CUBIC, source, target, from, count);
}

function taps(filter: Filter, source: number, target: number, from: number, count: number): Taps[] {
  const scale = source / target;
  const stretch = Math.max(scale, 1);
  const support = filter.reach * stretch;
  return Array.from({ length: count }, (_, i) => {
    const centre = (from + i + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(source, Math.floor(centre + support + 0.5));
    const weights = Float64Array.from({ length: end - start }, (_, k) =>
      filter.weight(Math.abs(start + k + 0.5 - centre) / stretch),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

/** The first source pixel that any tap reads, and the one after the last. */
export function tapRange(taps: Taps[]): { start: number; end: number } {
  const start = Math.min(...taps.map((tap) => tap.start));
  return { start, end: Math.max(...taps.map((tap) => tap.start + tap.weights.length)) };
}

/**
 * Scales rows of RGBA horizontally to rows of RGB.
 * @param rgba `[rows, width, 4]`; its first column is source column `firstColumn`
 * @param out `[rows, taps.length, 3]`
 */
export function scaleHorizontally(
  rgba: Uint8ClampedArray,
  width: number,
  firstColumn: number,
  taps: Taps[],
  out: Uint8ClampedArray,
): void {
  const rows = rgba.length / (4 * width);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const { start, weights } of taps) {
      let source = 4 * (row * width + start - firstColumn);
      let red = 0;
      let green = 0;
      let blue = 0;
      for (const weight of weights) {
        red += weight * (rgba[source] ?? 0);
        green += weight * (rgba[source + 1] ?? 0);
        blue += weight * (rgba[source + 2] ?? 0);
        source += 4;
      }
      // A clamped array rounds to the nearest whole number, as Pillow does between its two passes.
      out[at++] = red;
      out[at++] = green;
      out[at++] = blue;
    }
  }
}

/**
 * Scales RGB vertically.
 * @param rgb `[rows, width, 3]`; its first row is source row `firstRow`
 * @returns `[taps.length, width, 3]`
 */
export function scaleVertically(
  rgb: Uint8ClampedArray,
  width: number,
  firstRow: number,
  taps: Taps[],
): Uint8Array<ArrayBuffer> {
  const stride = 3 * width;
  const out = new Uint8ClampedArray(taps.length * stride);
  const sums = new Float64Array(stride);
  taps.forEach(({ start, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, k) => {
      const source = (start + k - firstRow) * stride;
      for (let i = 0; i < stride; i++) sums[i] = (sums[i] ?? 0) + weight * (rgb[source + i] ?? 0);
    });
    out.set(sums, y * stride);
  });
  return new Uint8Array(out.buffer);
}
