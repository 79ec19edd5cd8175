/** What the charts' axes and grids share. */

export const INK = 'var(--chart-ink, #1d2a2e)';
export const FAINT = 'var(--chart-faint, #56646a)';
export const RULE = 'var(--chart-rule, #dde4e4)';

/** Text on top of lines: readable through an outline in the paper's colour. */
export const HALO = {
  fill: INK,
  stroke: 'var(--chart-paper, #fff)',
  strokeWidth: 3,
  paintOrder: 'stroke',
  strokeLinejoin: 'round',
} as const;

export const tick = { fontSize: 12, fill: FAINT };
export const axisLine = { stroke: RULE };
export const margin = (top: number) => ({ top, right: 14, bottom: 22, left: 4 });

export interface ChartSize {
  /** Pixels; the space it stands in where not given. */
  width?: number | undefined;
  height?: number | undefined;
}

/** The axis title under a chart's x axis. */
export const below = (value: string) => ({
  value,
  position: 'insideBottom' as const,
  offset: -14,
  fontSize: 12,
  fill: FAINT,
});

/** A step of 1, 2 or 5 × 10ⁿ that cuts `span` into at most `pieces`. */
function niceStep(span: number, pieces: number): number {
  const rough = span / pieces;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((each) => each * power >= rough) ?? 10;
  return step * power;
}

/** Round numbers that cover `[low, high]`. */
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

/** Whole numbers from 0 to `last`, thinned to at most `pieces` steps. */
export function wholeTicks(last: number, pieces: number): number[] {
  const step = Math.max(1, Math.ceil(niceStep(Math.max(1, last), pieces)));
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step);
}

/** 1, 10, 100 … that cover `[low, high]`. */
export function decadeTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}
