/** The Wilson score interval of a proportion. */

/** Two-sided 95 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** An interval that is not symmetric: its centre differs from the proportion. */
export interface Interval {
  low: number;
  high: number;
}

/** 95 % interval of `correct` out of `total`; [0, 1] for a total of 0. */
export function wilson(correct: number, total: number): Interval {
  if (total <= 0) return { low: 0, high: 1 };
  const p = correct / total;
  const zz = Z * Z;
  const centre = (p + zz / (2 * total)) / (1 + zz / total);
  const half = (Z / (1 + zz / total)) * Math.sqrt((p * (1 - p)) / total + zz / (4 * total * total));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
