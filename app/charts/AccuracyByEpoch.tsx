/**
 * Validation accuracy after every epoch, of all runs or of one panel's runs. The linear probe has its own number of epochs, so
 * beside other runs it is drawn as a dashed reference line instead of a curve.
 */
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { accuracy, isProbe, lastEpoch, type RunRecord } from '../store/run-record';
import { percent } from '../ui/format';
import {
  axisLine,
  below,
  beside,
  type ChartSize,
  INK,
  margin,
  niceTicks,
  RULE,
  tick,
  wholeTicks,
  Y_AXIS,
} from './axis';
import { ChartLegend, type LegendEntry, legendHeight, runEntries } from './ChartLegend';
import { ChartTooltip } from './ChartTooltip';
import { Marker } from './Marker';
import { runStyle } from './run-style';
import { SizedChart } from './SizedChart';

const referenceValue = (run: RunRecord) => {
  const end = lastEpoch(run);
  return end ? accuracy(end) : 0;
};
/** Reference lines are named here. Labels on the plot would overlap the start of warm-started curves. */
function referenceEntries(references: readonly RunRecord[]): LegendEntry[] {
  const after = (run: RunRecord) => `${lastEpoch(run)?.epoch ?? 0} epochs`;
  return runEntries(
    references,
    (run) => `${run.name}, ${after(run)}: ${percent(referenceValue(run))}`,
    (run) => `${run.armName}, ${after(run)}`,
  );
}

/** The curves, and their common axes. */
export interface EpochPlot {
  curves: RunRecord[];
  references: RunRecord[];
  yTicks: number[];
  /** The last epoch. */
  last: number;
}

export function epochPlot(runs: readonly RunRecord[]): EpochPlot {
  const measured = runs.filter(({ epochs }) => epochs.length > 0);
  const others = measured.filter((run) => !isProbe(run));
  const curves = others.length > 0 ? others : measured;
  const references = others.length > 0 ? measured.filter(isProbe) : [];
  const values = [...curves.flatMap((run) => run.epochs.map(accuracy)), ...references.map(referenceValue)];
  const low = Math.max(0, Math.min(1, ...values) - 0.03);
  const high = Math.min(1, Math.max(0, ...values) + 0.05);
  return {
    curves,
    references,
    yTicks: niceTicks(low, high, 5).filter((value) => value >= 0 && value <= 1),
    last: Math.max(1, ...curves.map((run) => Math.max(run.config.epochs, lastEpoch(run)?.epoch ?? 0))),
  };
}

/** Approximate number of markers per curve; on longer runs only every n-th epoch has one. */
const MARKERS = 12;
const HEADING = 20;

export function AccuracyByEpoch({ runs, ...size }: { runs: readonly RunRecord[] } & ChartSize) {
  return <EpochChart plot={epochPlot(runs)} {...size} />;
}

/** If several charts are side by side, each has a heading instead of a legend. */
export function EpochChart({
  plot: { curves, references, yTicks, last },
  heading,
  width,
  height,
}: { plot: EpochPlot; heading?: string } & ChartSize) {
  const legend = [...runEntries(curves), ...referenceEntries(references)];
  return (
    <SizedChart
      width={width}
      height={height}
      legend={(wide) => (heading ? HEADING : legendHeight(legend, wide - Y_AXIS - 4))}
    >
      {(wide, tall, above) => (
        <LineChart
          width={wide}
          height={tall}
          margin={margin(above + 8)}
          title={heading ? `Validation accuracy per epoch, ${heading}` : 'Validation accuracy per epoch'}
        >
          <CartesianGrid stroke={RULE} vertical={false} />
          <XAxis
            dataKey="epoch"
            type="number"
            domain={[0, last]}
            ticks={wholeTicks(last, Math.min(10, wide / 40))}
            tick={tick}
            axisLine={axisLine}
            tickLine={false}
            label={below('epoch')}
          />
          <YAxis
            type="number"
            domain={[yTicks[0] ?? 0, yTicks.at(-1) ?? 1]}
            ticks={yTicks}
            tickFormatter={(value: number) => `${Math.round(100 * value)} %`}
            width={Y_AXIS}
            label={beside('validation accuracy')}
            tick={tick}
            axisLine={false}
            tickLine={false}
          />
          <Tooltip content={<ChartTooltip axis="epoch" digits={1} percent />} isAnimationActive={false} />
          {references.map((run) => (
            <ReferenceLine
              key={run.id}
              y={referenceValue(run)}
              stroke={runStyle(run.style).colour}
              strokeDasharray={runStyle(run.style).dash || '2 3'}
              strokeWidth={1.5}
            />
          ))}
          {curves.map((run) => (
            <Line
              key={run.id}
              name={run.name}
              data={run.epochs.map((result) => ({ epoch: result.epoch, accuracy: accuracy(result) }))}
              dataKey="accuracy"
              stroke={runStyle(run.style).colour}
              strokeDasharray={runStyle(run.style).dash}
              strokeWidth={2}
              isAnimationActive={false}
              activeDot={{ r: 5 }}
              dot={({ cx, cy, index }) => {
                const thinned = Math.max(1, Math.ceil(run.epochs.length / MARKERS));
                const drawn = index % thinned === 0 || index === run.epochs.length - 1;
                return (
                  <g key={index}>
                    {drawn && typeof cx === 'number' && typeof cy === 'number' && (
                      <Marker style={run.style} x={cx} y={cy} />
                    )}
                  </g>
                );
              }}
            />
          ))}
          {heading ? (
            <text x={Y_AXIS + 4} y={15} fontSize="13" fontWeight="650" style={{ fill: INK }}>
              {heading}
            </text>
          ) : (
            <ChartLegend entries={legend} x={Y_AXIS} width={wide - Y_AXIS - 4} />
          )}
        </LineChart>
      )}
    </SizedChart>
  );
}
