/**
 * Convolutions as matrix products over activations with channels first, `[c, n, h, w]`. tfjs-wasm repacks the right operand of
 * a product for every tensor it has not seen, at several nanoseconds per number, and reads the left one in its stored layout.
 * So a kernel that changes at every step is the left operand, in its stored layout.
 */
import * as tf from '@tensorflow/tfjs';
import { heapViews, uninitialised } from './heap';

/** `[n, h, w, c] → [c, n·h·w]` */
export function channelsFirst(x: tf.Tensor4D): tf.Tensor2D {
  const c = x.shape[3];
  return tf.transpose(x.reshape<tf.Tensor2D>([x.size / c, c]));
}

/**
 * Splits a feature map into s² planes, one for each pixel position within an s×s square: `[s, s·c, n·h', w']`, h' = ⌈h/s⌉,
 * padded with zeros. Every tap of a convolution with stride s reads one of them.
 */
export function planes(x: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [n, h, w, c] = x.shape;
  const [rows, columns] = [Math.ceil(h / stride), Math.ceil(w / stride)];
  const whole = tf.pad(x, [
    [0, 0],
    [0, rows * stride - h],
    [0, columns * stride - w],
    [0, 0],
  ]);
  return tf.transpose(whole.reshape<tf.Tensor4D>([n * rows, stride, columns, stride * c]), [1, 3, 0, 2]);
}

export interface Window {
  k: number;
  stride: number;
  /** (k − 1)/2, so the output is ⌈h/s⌉ × ⌈w/s⌉. */
  pad: number;
}

/**
 * The input that each tap of a convolution reads, tap by tap: `[k²·c, n·h'·w']`, from `planes`. A tap reads a plane shifted by
 * whole rows and columns, so this is one copy per tap with zeros at the edges.
 */
export function patches(planesOfX: tf.Tensor4D, n: number, { k, stride, pad }: Window): tf.Tensor2D {
  const [, group, nRows, columns] = planesOfX.shape;
  const c = group / stride;
  const rows = nRows / n;
  const size = c * nRows * columns;
  const result = uninitialised<tf.Rank.R2>([k * k * c, nRows * columns]);
  const [from, to] = heapViews(planesOfX, result);
  for (let tap = 0; tap < k * k; tap++) {
    const [u, v] = [Math.floor(tap / k) - pad, (tap % k) - pad];
    const [byRows, byColumns] = [Math.floor(u / stride), Math.floor(v / stride)];
    const plane = ((u - byRows * stride) * stride + (v - byColumns * stride)) * size;
    const start = tap * size;
    const shift = byRows * columns + byColumns;
    const kept = Math.max(0, size - Math.abs(shift));
    to.set(
      from.subarray(plane + Math.max(0, shift), plane + Math.max(0, shift) + kept),
      start + Math.max(0, -shift),
    );
    clearEdges(to, start, [c * n, rows, columns], byRows, byColumns);
  }
  return result;
}

/** Sets to zero what lies outside of a feature map shifted up by `byRows` and left by `byColumns`. */
function clearEdges(
  values: Float32Array,
  start: number,
  [maps, rows, columns]: [number, number, number],
  byRows: number,
  byColumns: number,
): void {
  const [firstRow, lastRow] = [Math.max(0, -byRows), Math.min(rows, rows - byRows)];
  const [firstColumn, lastColumn] = [Math.max(0, -byColumns), Math.min(columns, columns - byColumns)];
  const outside: number[] = [];
  for (let row = 0; row < rows; row++) {
    const isInside = row >= firstRow && row < lastRow;
    for (let column = 0; column < (isInside ? firstColumn : columns); column++)
      outside.push(row * columns + column);
    for (let column = Math.max(0, lastColumn); isInside && column < columns; column++)
      outside.push(row * columns + column);
  }
  const places = Int32Array.from(new Set(outside));
  const size = rows * columns;
  const end = start + maps * size;
  for (let map = start; map < end; map += size) {
    for (let at = 0; at < places.length; at++) values[map + (places[at] ?? 0)] = 0;
  }
}

/**
 * The adjoint of `patches`: adds the value of each tap, `[k²·c, n·h'·w']`, to the pixels that the tap reads; `[c, n·h·w]`. With
 * `turned`, the order of the taps is reversed, which gives the sum of a forward convolution (stride 1 only).
 */
export function tapSum(
  taps: tf.Tensor2D,
  [n, height, width]: [number, number, number],
  { k, stride, pad }: Window,
  turned: boolean,
): tf.Tensor2D {
  const c = taps.shape[0] / (k * k);
  const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
  const maps = c * n;
  const { starts, places } = contributions(
    [height, width],
    [rows, columns],
    maps,
    { k, stride, pad },
    turned,
  );
  const result = uninitialised<tf.Rank.R2>([c, n * height * width]);
  const [from, to] = heapViews(taps, result);
  const pixels = height * width;
  let target = 0;
  for (let map = 0; map < maps; map++) {
    const source = map * rows * columns;
    for (let pixel = 0; pixel < pixels; pixel++) {
      let sum = 0;
      const last = starts[pixel + 1] ?? 0;
      for (let at = starts[pixel] ?? 0; at < last; at++) sum += from[source + (places[at] ?? 0)] ?? 0;
      to[target++] = sum;
    }
  }
  return result;
}

/** For every pixel, the indices of its terms among the taps: `places[starts[pixel]]` up to `places[starts[pixel + 1]]`, exclusive. */
function contributions(
  [height, width]: [number, number],
  [rows, columns]: [number, number],
  maps: number,
  { k, stride, pad }: Window,
  turned: boolean,
): { starts: Int32Array; places: Int32Array } {
  const starts = new Int32Array(height * width + 1);
  const places: number[] = [];
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let place = 0; place < k * k; place++) {
      const [u, v] = [Math.floor(place / k) - pad, (place % k) - pad];
      const row = (Math.floor(pixel / width) - u) / stride;
      const column = ((pixel % width) - v) / stride;
      if (!isIndex(row, rows) || !isIndex(column, columns)) continue;
      const tap = turned ? k * k - 1 - place : place;
      places.push((tap * maps * rows + row) * columns + column);
    }
    starts[pixel + 1] = places.length;
  }
  return { starts, places: Int32Array.from(places) };
}

function isIndex(value: number, length: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < length;
}
