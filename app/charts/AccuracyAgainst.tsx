/**
 * Accuracy against cost: a point with its 95 % interval for each setting, and the Pareto front as a thin line. The paper's
 * points are hollow and grey.
 */
import {
  CartesianGrid,
  ReferenceLine,
  Scatter,
  ScatterChart,
  usePlotArea,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
} from 'recharts';
import { type Against, frontOf, kindOf, type Point } from './against';
import {
  axisLine,
  below,
  beside,
  type ChartSize,
  FAINT,
  HALO,
  margin,
  niceTicks,
  RULE,
  tick,
  Y_AXIS,
} from './axis';
import { ChartLegend, type LegendEntry, legendHeight } from './ChartLegend';
import { Marker } from './Marker';
import { type Level, labelsFit, placeLabels } from './place-labels';
import { markerPath, runStyle } from './run-style';
import { SizedChart } from './SizedChart';

const MARKER = 11;

interface Props extends ChartSize {
  against: Against;
  title: string;
  points: readonly Point[];
}

export function AccuracyAgainst({ against, title, points, width, height }: Props) {
  const xTicks = against.ticks(points.map(({ x }) => x));
  const bounds = points.flatMap(({ accuracy, interval }) =>
    interval ? [interval.low, interval.high] : [accuracy],
  );
  const yTicks = niceTicks(Math.min(1, ...bounds), Math.max(0, ...bounds), 5).filter(
    (value) => value >= 0 && value <= 1,
  );
  const own = points.filter(({ style }) => style !== null);
  const labelled = (wide: number) => labelsFit(namesOf(own), wide - Y_AXIS);
  const legend = (wide: number) => legendOf(points, labelled(wide));
  return (
    <SizedChart
      width={width}
      height={height}
      legend={(wide) => legendHeight(legend(wide), wide - Y_AXIS - 4)}
    >
      {(wide, tall, above) => (
        <ScatterChart width={wide} height={tall} margin={margin(above + 14)} title={title}>
          <CartesianGrid stroke={RULE} />
          <XAxis
            dataKey="x"
            type="number"
            scale={against.log ? 'log' : 'linear'}
            domain={[xTicks[0] ?? 1, xTicks.at(-1) ?? 10]}
            ticks={xTicks}
            tickFormatter={against.showTick}
            tick={tick}
            axisLine={axisLine}
            tickLine={false}
            label={below(against.axis)}
          />
          <YAxis
            dataKey="accuracy"
            type="number"
            domain={[yTicks[0] ?? 0, yTicks.at(-1) ?? 1]}
            ticks={yTicks}
            tickFormatter={(value: number) => `${Math.round(100 * value)} %`}
            width={Y_AXIS}
            label={beside(kindOf(points).toLowerCase())}
            tick={tick}
            axisLine={false}
            tickLine={false}
          />
          {/* Provides the data for both scales. The points, intervals and labels are drawn below. */}
          <Scatter data={points} shape={() => <g />} isAnimationActive={false} />
          <ReferenceLine y={yTicks[0] ?? 0} stroke={RULE} />
          <Points points={points} labelled={labelled(wide)} />
          <ChartLegend entries={legend(wide)} x={Y_AXIS} width={wide - Y_AXIS - 4} />
        </ScatterChart>
      )}
    </SizedChart>
  );
}

const namesOf = (points: readonly Point[]) => points.map(({ name }) => name);

/** Legend entries for everything that has no label on the plot. */
function legendOf(points: readonly Point[], labelled: boolean): LegendEntry[] {
  const entries: LegendEntry[] = labelled
    ? []
    : points.flatMap(({ id, name, style }) =>
        style === null ? [] : [{ id, name, drawn: <Mark style={style} /> }],
      );
  if (points.some(({ front }) => front))
    entries.push({ id: 'front', name: 'Pareto front', drawn: <path d="M0,4H12V-4H24" {...FRONT} /> });
  const paper = points.find(({ style }) => style === null);
  if (paper) entries.push({ id: 'paper', name: paper.source, drawn: <Mark style={null} /> });
  return entries;
}

const FRONT = { fill: 'none', strokeWidth: 1, style: { stroke: FAINT } } as const;

const Mark = ({ style }: { style: number | null }) =>
  style === null ? <PaperMarker x={12} y={0} /> : <Marker style={style} x={12} y={0} size={MARKER} />;

const PaperMarker = ({ x, y }: { x: number; y: number }) => (
  <path
    d={markerPath('circle', MARKER - 1)}
    transform={`translate(${x},${y})`}
    style={{ fill: 'var(--chart-paper, #fff)', stroke: FAINT, strokeWidth: 1.5 }}
  />
);

function Points({ points, labelled }: { points: readonly Point[]; labelled: boolean }) {
  const x = useXAxisScale();
  const y = useYAxisScale();
  const area = usePlotArea();
  if (!x || !y || !area) return null;
  const room = { left: area.x, right: area.x + area.width, top: area.y, bottom: area.y + area.height };
  const at = (point: Point) => ({ x: Number(x(point.x)), y: Number(y(point.accuracy)) });
  const steps = stepsOf(frontOf(points).map(at), room.right);
  const named = points.filter(({ style }) => labelled || style === null);
  const inFull = labelsFit(namesOf(named), area.width);
  const nameOf = ({ name, label }: Point) => (inFull ? name : label);
  const labels = placeLabels(
    named.map((point) => ({ name: nameOf(point), ...at(point) })),
    room,
    MARKER,
    steps,
  );
  return (
    <g>
      <path d={frontPath(steps)} {...FRONT} className="pareto-front" />
      {points.map((point) => {
        const { x: cx, y: cy } = at(point);
        if (point.style === null) return <PaperMarker key={point.id} x={cx} y={cy} />;
        const [top, bottom] = [Number(y(point.interval?.high)), Number(y(point.interval?.low))];
        return (
          <g key={point.id}>
            {point.interval && (
              <path
                d={`M${cx},${top}V${bottom}M${cx - 4},${top}h8M${cx - 4},${bottom}h8`}
                fill="none"
                strokeWidth="1.5"
                strokeOpacity={0.6}
                style={{ stroke: runStyle(point.style).colour }}
              />
            )}
            <Marker style={point.style} x={cx} y={cy} size={MARKER} />
          </g>
        );
      })}
      {named.map((point, index) => {
        const place = labels[index];
        return (
          place && (
            <text
              key={point.id}
              x={place.toLeft ? place.right : place.left}
              y={place.y + 4}
              textAnchor={place.toLeft ? 'end' : 'start'}
              fontSize="12"
              style={point.style === null ? { ...HALO, fill: FAINT } : HALO}
            >
              {nameOf(point)}
            </text>
          )
        );
      })}
    </g>
  );
}

/** Horizontal steps of the Pareto front: the highest accuracy at a cost of at most x, up to the right edge of the plot. */
const stepsOf = (front: readonly { x: number; y: number }[], right: number): Level[] =>
  front.map(({ x, y }, index) => ({ left: x, right: front[index + 1]?.x ?? right, y }));

const frontPath = (steps: readonly Level[]) =>
  steps.map(({ left, right, y }, index) => `${index === 0 ? 'M' : 'L'}${left},${y}H${right}`).join('');
