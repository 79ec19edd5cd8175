/** Shared properties of the charts' axes and grids. */

export const INK = 'var(--chart-ink, #1d2a2e)';
export const FAINT = 'var(--chart-faint, #56646a)';
export const RULE = 'var(--chart-rule, #dde4e4)';

/** Text drawn over lines, with an outline in the background colour for legibility. */
export const HALO = {
  fill: INK,
  stroke: 'var(--chart-paper, #fff)',
  strokeWidth: 3,
  paintOrder: 'stroke',
  strokeLinejoin: 'round',
} as const;

export const tick = { fontSize: 12, fill: FAINT };
export const axisLine = { stroke: RULE };
export const margin = (top: number) => ({ top, right: 14, bottom: 10, left: 4 });

export interface ChartSize {
  /** Width in pixels; by default the container's width. */
  width?: number | undefined;
  height?: number | undefined;
}

/** The title below the x axis. */
export const below = (value: string) => ({
  value,
  position: 'insideBottom' as const,
  offset: -4,
  fontSize: 12,
  fill: FAINT,
});

/** Width of a y axis with its title and ticks such as `75 %`. */
export const Y_AXIS = 66;

/** The same for ticks of any length. */
export const yAxisFor = (ticks: readonly string[]) =>
  Math.max(Y_AXIS, 34 + 7 * Math.max(0, ...ticks.map(({ length }) => length)));

/** The title beside the y axis. */
export const beside = (value: string) => ({
  value,
  angle: -90,
  position: 'insideLeft' as const,
  offset: 12,
  fontSize: 12,
  fill: FAINT,
  style: { textAnchor: 'middle' as const },
});

/** A step of 1, 2 or 5 × 10ⁿ that divides `span` into at most `pieces` intervals. */
function niceStep(span: number, pieces: number): number {
  const rough = span / pieces;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return step * power;
}

/** Round tick values that cover `[low, high]`. */
export function niceTicks(low: number, high: number, pieces: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const step = niceStep(span, pieces);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** Integers from 0 to `last`, with at most `pieces` steps. */
export function wholeTicks(last: number, pieces: number): number[] {
  const step = Math.max(1, Math.ceil(niceStep(Math.max(1, last), pieces)));
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step);
}

/** Powers of ten that cover `[low, high]`. */
export function decadeTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}
