/** What accuracy is drawn against, and the points: one for each setting with its values, over all its seeds. */
import { paretoFront } from '../../src/statistics/pareto';
import type { Arm, Comparison, Scored } from '../store/comparison';
import type { Column } from '../ui/columns';
import { bytes, count, counted, duration, percent, range } from '../ui/format';
import { decadeTicks, niceTicks } from './axis';
import { citation, type PaperSeries } from './paper-points';

export interface Point {
  id: string;
  name: string;
  /** On the plot where that is narrow. */
  label: string;
  /** Its runs' colour and marker; null for one of the paper's. */
  style: number | null;
  x: number;
  /** Mean over the runs, 0–1. */
  accuracy: number;
  /** 95 %; null where none is known, or not yet. */
  interval: { low: number; high: number } | null;
  /** Runs and images behind it; null for one of the paper's. */
  counted: { runs: number; images: number; on: Scored } | null;
  /** On the Pareto front. The paper's points take no part in it. */
  front: boolean;
  /** Whose number this is. */
  source: string;
}

export interface Against {
  /** Under the axis. */
  axis: string;
  of: (arm: Arm) => number;
  ticks: (values: readonly number[]) => number[];
  log: boolean;
  showTick: (value: number) => string;
  /** In the table. */
  column: string;
  show: (value: number) => string;
  /** In the CSV. */
  field: string;
  /** Completes “no other setting is more accurate”. */
  frugally: string;
}

/** 1, 10, 100 … around them. */
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
    frugally: 'with as few parameters',
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
    frugally: 'in as little time',
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
    frugally: 'in as small a file',
  },
} as const satisfies Record<string, Against>;

/** The settings' points in their order, those of the front marked. What was counted on no image, or has no place on the axis, is left out. */
export function pointsOf(
  { arms, pairedOn: on }: Pick<Comparison, 'arms' | 'pairedOn'>,
  { of }: Against,
): Point[] {
  const points = arms.flatMap((arm): Point[] => {
    const scored = arm[on];
    const x = of(arm);
    if (!scored || scored.images === 0 || !(x > 0)) return [];
    const { mean: accuracy, interval, images } = scored;
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
        counted: { runs: arm.runs.length, images, on },
        front: false,
        source: 'these runs',
      },
    ];
  });
  const front = paretoFront(points.map(({ x, accuracy: y }) => ({ x, y })));
  return points.map((point, place) => ({ ...point, front: front.includes(place) }));
}

/** The paper's points, to stand beside the settings'. */
export const paperPoints = (series: PaperSeries): Point[] =>
  series.points.map(({ label, parameters, accuracy }) => ({
    ...{ id: `${series.id} ${label}`, name: `${label} (paper)`, label },
    ...{ style: null, x: parameters, accuracy },
    ...{ interval: null, counted: null, front: false, source: citation(series) },
  }));

/** The points on the front from left to right. */
export const frontOf = (points: readonly Point[]): Point[] =>
  points.filter(({ front }) => front).sort((a, b) => a.x - b.x);

const NONE = '–';

export const againstColumns = ({ column, show, field }: Against): Column<Point>[] => [
  { title: 'Setting', show: ({ name }) => name, file: { setting: ({ name }) => name } },
  { title: column, show: ({ x }) => show(x), file: { [field]: ({ x }) => x } },
  {
    title: 'Accuracy',
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
    title: 'Counted on',
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
    show: ({ front, style }) => (style === null ? NONE : front ? 'on it' : 'no'),
    file: { pareto_front: ({ front, style }) => (style === null ? '' : String(front)) },
  },
  { title: 'Source', show: ({ source }) => source, file: { source: ({ source }) => source } },
];
