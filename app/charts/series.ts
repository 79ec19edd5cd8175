/** Long series made fit for drawing. */

/** At most `limit` of the points, evenly picked; the first and the last are always among them. */
export function decimate<T>(points: readonly T[], limit: number): T[] {
  if (limit < 2) throw new RangeError('A series keeps at least its two ends.');
  if (points.length <= limit) return [...points];
  const stride = (points.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, index) => points[Math.round(index * stride)]).filter(
    (point) => point !== undefined,
  );
}

/** Exponential moving average with the bias of its start divided out; `memory` in 0–1, 0 smooths nothing. */
export function smooth(values: readonly number[], memory: number): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = memory * sum + (1 - memory) * value;
    weight = memory * weight + (1 - memory);
    return sum / weight;
  });
}

/** A memory that spans about a twentieth of the series, so that short and long runs look alike. */
export const memoryFor = (length: number) => 1 - 1 / Math.max(1, Math.min(50, length / 20));
