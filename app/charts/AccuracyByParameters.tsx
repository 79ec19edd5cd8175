/** Accuracy after the last epoch against everything that was trained (backbone and head), with its 95 % interval. */
import {
  CartesianGrid,
  ReferenceLine,
  Scatter,
  ScatterChart,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
} from 'recharts';
import { type Interval, wilson } from '../../src/statistics/wilson';
import { accuracy, allTrainable, lastEpoch, type RunRecord } from '../store/run-record';
import { axisLine, below, type ChartSize, decadeTicks, HALO, margin, niceTicks, RULE, tick } from './axis';
import { Marker } from './Marker';
import { runStyle } from './run-style';
import { SizedChart } from './SizedChart';

interface Point {
  run: RunRecord;
  parameters: number;
  accuracy: number;
  interval: Interval;
}

const power = (value: number) =>
  value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value);

export function pointsOf(runs: readonly RunRecord[]): Point[] {
  return runs.flatMap((run) => {
    const end = lastEpoch(run);
    if (!end || end.total === 0 || allTrainable(run) <= 0) return [];
    return [
      {
        run,
        parameters: allTrainable(run),
        accuracy: accuracy(end),
        interval: wilson(end.correct, end.total),
      },
    ];
  });
}

export function AccuracyByParameters({ runs, width, height }: { runs: RunRecord[] } & ChartSize) {
  const points = pointsOf(runs);
  const xTicks = decadeTicks(
    Math.min(1e9, ...points.map(({ parameters }) => parameters)),
    Math.max(1, ...points.map(({ parameters }) => parameters)),
  );
  const yTicks = niceTicks(
    Math.min(1, ...points.map(({ interval }) => interval.low)),
    Math.max(0, ...points.map(({ interval }) => interval.high)),
    5,
  ).filter((value) => value >= 0 && value <= 1);
  return (
    <SizedChart width={width} height={height}>
      {(wide, tall) => (
        <ScatterChart
          width={wide}
          height={tall}
          margin={margin(14)}
          title="Validation accuracy against trainable parameters"
        >
          <CartesianGrid stroke={RULE} />
          <XAxis
            dataKey="parameters"
            type="number"
            scale="log"
            domain={[xTicks[0] ?? 1, xTicks.at(-1) ?? 10]}
            ticks={xTicks}
            tickFormatter={power}
            tick={tick}
            axisLine={axisLine}
            tickLine={false}
            label={below('trainable parameters (log scale)')}
          />
          <YAxis
            dataKey="accuracy"
            type="number"
            domain={[yTicks[0] ?? 0, yTicks.at(-1) ?? 1]}
            ticks={yTicks}
            tickFormatter={(value: number) => `${Math.round(100 * value)} %`}
            width={52}
            tick={tick}
            axisLine={false}
            tickLine={false}
          />
          {/* Gives both scales their data; the points themselves are drawn below, with interval and label. */}
          <Scatter data={points} shape={() => <g />} isAnimationActive={false} />
          <ReferenceLine y={yTicks[0] ?? 0} stroke={RULE} />
          <LabelledPoints points={points} right={wide - 14} />
        </ScatterChart>
      )}
    </SizedChart>
  );
}

/** Room a label needs so that it does not sit on another, pixels. */
const LINE = 15;
const LETTER = 6.8;
const MARKER = 11;

function LabelledPoints({ points, right }: { points: Point[]; right: number }) {
  const x = useXAxisScale();
  const y = useYAxisScale();
  if (!x || !y) return null;
  const places = points
    .map((point) => ({
      point,
      cx: Number(x(point.parameters)),
      cy: Number(y(point.accuracy)),
      top: Number(y(point.interval.high)),
      bottom: Number(y(point.interval.low)),
    }))
    .sort((a, b) => a.cy - b.cy);
  // Labels keep off all markers, and off each other.
  const taken = places.map(({ cx, cy }) => ({ left: cx - MARKER, right: cx + MARKER, y: cy }));
  const placed = places.map((place) => {
    const long = place.point.run.name.length * LETTER;
    const toLeft = place.cx + 12 + long > right;
    const left = toLeft ? place.cx - 12 - long : place.cx + 12;
    const clashes = (at: number) =>
      taken.some((t) => Math.abs(t.y - at) < LINE && left < t.right && left + long > t.left);
    let labelY = place.cy;
    while (clashes(labelY)) labelY += 3;
    taken.push({ left, right: left + long, y: labelY });
    return { ...place, toLeft, labelY };
  });
  return (
    <g>
      {placed.map(({ point: { run }, cx, cy, top, bottom }) => (
        <g key={run.id}>
          <path
            d={`M${cx},${top}V${bottom}M${cx - 4},${top}h8M${cx - 4},${bottom}h8`}
            fill="none"
            strokeWidth="1.5"
            strokeOpacity={0.6}
            style={{ stroke: runStyle(run.style).colour }}
          />
          <Marker style={run.style} x={cx} y={cy} size={MARKER} />
        </g>
      ))}
      {placed.map(({ point: { run }, cx, toLeft, labelY }) => (
        <text
          key={run.id}
          x={toLeft ? cx - 12 : cx + 12}
          y={labelY + 4}
          textAnchor={toLeft ? 'end' : 'start'}
          fontSize="12"
          style={HALO}
        >
          {run.name}
        </text>
      ))}
    </g>
  );
}
