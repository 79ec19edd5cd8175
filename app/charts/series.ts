/** Reduces and smooths long series for drawing. */

/** At most `limit` of the points, evenly sampled, including the first and the last. */
export function decimate<T>(points: readonly T[], limit: number): T[] {
  if (limit < 2) throw new RangeError('A series keeps at least its two ends.');
  if (points.length <= limit) return [...points];
  const stride = (points.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, index) => points[Math.round(index * stride)]).filter(
    (point) => point !== undefined,
  );
}

/** Exponential moving average with bias correction; `memory` in 0–1, 0 means no smoothing. */
export function smooth(values: readonly number[], memory: number): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = memory * sum + (1 - memory) * value;
    weight = memory * weight + (1 - memory);
    return sum / weight;
  });
}

/** A memory of about a twentieth of the series, so that short and long runs look similar. */
export const memoryFor = (length: number) => 1 - 1 / Math.max(1, Math.min(50, length / 20));
