/** The costs that accuracy is plotted against, and the points: one per setting with its values, over all seeds. */
import { paretoFront } from '../../src/statistics/pareto';
import type { Arm, ComparedRun, Comparison, Scored } from '../store/comparison';
import { accuracyKind } from '../store/comparison-words';
import type { Column } from '../ui/columns';
import { bytes, count, counted, duration, percent, range } from '../ui/format';
import { decadeTicks, niceTicks } from './axis';
import { citation, type PaperSeries } from './paper-points';

export interface Point {
  id: string;
  name: string;
  /** Short name for narrow plots. */
  label: string;
  /** Index of the runs' colour and marker; null for the paper's points. */
  style: number | null;
  x: number;
  /** Mean over the runs, 0–1. */
  accuracy: number;
  /** 95 % interval; null if it is not known, or not computed yet. */
  interval: { low: number; high: number } | null;
  /** Number of runs and images; null for the paper's points. */
  counted: { runs: number; images: number; on: Scored; isBalanced: boolean } | null;
  /** Whether the point is on the Pareto front. The paper's points are not considered. */
  front: boolean;
  /** Origin of the number. */
  source: string;
}

export interface Against {
  /** Title of the x axis. */
  axis: string;
  of: (arm: Pick<Arm, 'parameters' | 'seconds' | 'adapterBytes'>) => number;
  ticks: (values: readonly number[]) => number[];
  log: boolean;
  showTick: (value: number) => string;
  /** Title of the table column. */
  column: string;
  show: (value: number) => string;
  /** Name of the CSV field. */
  field: string;
  /** Completes the phrase “the highest accuracy”. */
  frugally: string;
}

/** Ticks at powers of ten that cover the values. */
const decades = (values: readonly number[]) => decadeTicks(Math.min(...values), Math.max(...values));

const power = (value: number) =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value);

export const AGAINST = {
  parameters: {
    axis: 'trainable parameters (log scale)',
    of: ({ parameters }) => parameters,
    ticks: decades,
    log: true,
    showTick: power,
    column: 'Trainable',
    show: count,
    field: 'trainable_parameters',
    frugally: 'for a given number of parameters',
  },
  seconds: {
    axis: 'training time, seconds',
    of: ({ seconds }) => seconds,
    ticks: (values) => niceTicks(0, Math.max(...values), 6),
    log: false,
    showTick: count,
    column: 'Time',
    show: duration,
    field: 'seconds',
    frugally: 'for a given training time',
  },
  bytes: {
    axis: 'size of the adapter file (log scale)',
    of: ({ adapterBytes }) => adapterBytes,
    ticks: decades,
    log: true,
    showTick: bytes,
    column: 'Adapter',
    show: (value) => bytes(Math.round(value)),
    field: 'adapter_bytes',
    frugally: 'for a given adapter size',
  },
} as const satisfies Record<string, Against>;

/**
 * One point per setting, in order, with those on the Pareto front marked. Omits settings without scored images or without a
 * valid position on the axis.
 */
export function pointsOf<Run extends ComparedRun>(
  { arms, scoredOn: on }: Pick<Comparison<Run>, 'arms' | 'scoredOn'>,
  { of }: Against,
): Point[] {
  const points = arms.flatMap((arm): Point[] => {
    const scored = arm[on];
    const x = of(arm);
    if (!scored || scored.images === 0 || !(x > 0)) return [];
    const { mean: accuracy, interval, images, unbalanced } = scored;
    return [
      {
        ...{
          id: arm.key,
          name: arm.name,
          label: arm.name,
          style: arm.style,
          x,
          accuracy,
          interval,
        },
        counted: { runs: arm.runs.length, images, on, isBalanced: unbalanced !== null },
        front: false,
        source: 'these runs',
      },
    ];
  });
  const front = paretoFront(points.map(({ x, accuracy: y }) => ({ x, y })));
  return points.map((point, place) => ({ ...point, front: front.includes(place) }));
}

/** The paper's points, for comparison with the settings. */
export const paperPoints = (series: PaperSeries): Point[] =>
  series.points.map(({ label, parameters, accuracy }) => ({
    ...{ id: `${series.id} ${label}`, name: `${label} (paper)`, label },
    ...{ style: null, x: parameters, accuracy },
    ...{ interval: null, counted: null, front: false, source: citation(series) },
  }));

/** The points on the Pareto front, from left to right. */
export const frontOf = (points: readonly Point[]): Point[] =>
  points.filter(({ front }) => front).sort((a, b) => a.x - b.x);

/** `Test accuracy`, `Balanced validation accuracy` */
export function kindOf(points: readonly Point[]): string {
  const { on, isBalanced } = points.find((point) => point.counted)?.counted ?? {
    on: 'validation',
    isBalanced: false,
  };
  return accuracyKind(on, isBalanced);
}

const NONE = '–';

export const againstColumns = (
  { column, show, field }: Against,
  points: readonly Point[],
): Column<Point>[] => [
  { title: 'Setting', show: ({ name }) => name, file: { setting: ({ name }) => name } },
  { title: column, show: ({ x }) => show(x), file: { [field]: ({ x }) => x } },
  {
    title: kindOf(points),
    show: ({ accuracy }) => percent(accuracy),
    file: { accuracy: ({ accuracy }) => accuracy },
  },
  {
    title: '95 % interval',
    show: ({ interval }) => (interval ? range(interval) : NONE),
    file: {
      low: ({ interval }) => interval?.low ?? '',
      high: ({ interval }) => interval?.high ?? '',
    },
  },
  {
    title: 'Measured on',
    show: ({ counted: by }) =>
      by ? `${counted(by.images, `${by.on} image`)}, ${counted(by.runs, 'run')}` : NONE,
    file: {
      images: ({ counted: by }) => by?.images ?? '',
      counted_on: ({ counted: by }) => by?.on ?? '',
      runs: ({ counted: by }) => by?.runs ?? '',
    },
  },
  {
    title: 'Pareto front',
    show: ({ front, style }) => (style === null ? NONE : front ? 'yes' : 'no'),
    file: { pareto_front: ({ front, style }) => (style === null ? '' : String(front)) },
  },
  { title: 'Source', show: ({ source }) => source, file: { source: ({ source }) => source } },
];
