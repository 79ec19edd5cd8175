/** Training loss at every step: a smoothed line, and the unsmoothed values as a faint line. */
import { CartesianGrid, Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts';
import { isProbe, type RunRecord } from '../store/run-record';
import { measured } from '../ui/format';
import {
  axisLine,
  below,
  beside,
  type ChartSize,
  margin,
  niceTicks,
  RULE,
  tick,
  wholeTicks,
  yAxisFor,
} from './axis';
import { ChartLegend, legendHeight, runEntries } from './ChartLegend';
import { ChartTooltip } from './ChartTooltip';
import { runStyle } from './run-style';
import { SizedChart } from './SizedChart';
import { decimate, memoryFor, smooth } from './series';

/** Maximum number of points per line. */
const LIMIT = 400;

/**
 * Steps of the linear probe, on cached features, are not comparable with those of other runs, so it is shown only without other
 * runs.
 */
export function runsWithLoss(runs: readonly RunRecord[]): RunRecord[] {
  const stepped = runs.filter(({ steps }) => steps.length > 1);
  const others = stepped.filter((run) => !isProbe(run));
  return others.length > 0 ? others : stepped;
}

function lines(run: RunRecord) {
  const smoothed = smooth(
    run.steps.map(({ loss }) => loss),
    memoryFor(run.steps.length),
  );
  return decimate(
    run.steps.map(({ step, loss }, index) => ({ step, raw: loss, loss: smoothed[index] ?? loss })),
    LIMIT,
  );
}

export function LossByStep({ runs, width, height }: { runs: readonly RunRecord[] } & ChartSize) {
  const shown = runsWithLoss(runs).map((run) => ({ run, points: lines(run) }));
  const legend = runEntries(shown.map(({ run }) => run));
  const last = Math.max(
    1,
    ...shown.map(({ run, points }) => Math.max(run.totalSteps, points.at(-1)?.step ?? 0)),
  );
  // Single losses can be very high, so the scale is set by the smoothed lines and nearly all unsmoothed points.
  const losses = shown.flatMap(({ points }) => points.map(({ raw }) => raw)).sort((a, b) => a - b);
  const smoothedTop = Math.max(0, ...shown.flatMap(({ points }) => points.map(({ loss }) => loss)));
  const top = Math.max(smoothedTop, losses[Math.floor(losses.length * 0.985)] ?? 1);
  const low = losses[Math.floor(losses.length * 0.015)] ?? 0;
  const yTicks = niceTicks(Math.min(low, top), top, 5);
  const xTicks = wholeTicks(last, 6);
  const yAxis = yAxisFor(yTicks.map(measured));
  return (
    <SizedChart width={width} height={height} legend={(wide) => legendHeight(legend, wide - yAxis - 4)}>
      {(wide, high, above) => (
        <LineChart width={wide} height={high} margin={margin(above + 8)} title="Training loss per step">
          <CartesianGrid stroke={RULE} vertical={false} />
          <XAxis
            dataKey="step"
            type="number"
            domain={[0, last]}
            ticks={xTicks}
            tick={tick}
            axisLine={axisLine}
            tickLine={false}
            label={below('step')}
          />
          <YAxis
            type="number"
            domain={[yTicks[0] ?? 0, yTicks.at(-1) ?? 1]}
            ticks={yTicks}
            allowDataOverflow
            width={yAxis}
            label={beside('training loss')}
            tickFormatter={measured}
            tick={tick}
            axisLine={false}
            tickLine={false}
          />
          <Tooltip content={<ChartTooltip axis="step" digits={3} />} isAnimationActive={false} />
          {shown.map(({ run, points }) => (
            <Line
              key={`${run.id} raw`}
              data={points}
              name={`${run.name}, raw`}
              dataKey="raw"
              stroke={runStyle(run.style).colour}
              strokeOpacity={0.25}
              strokeWidth={1}
              dot={false}
              activeDot={false}
              tooltipType="none"
              isAnimationActive={false}
            />
          ))}
          {shown.map(({ run, points }) => (
            <Line
              key={run.id}
              name={run.name}
              data={points}
              dataKey="loss"
              stroke={runStyle(run.style).colour}
              strokeDasharray={runStyle(run.style).dash}
              strokeWidth={2}
              dot={false}
              isAnimationActive={false}
            />
          ))}
          <ChartLegend entries={legend} x={yAxis} width={wide - yAxis - 4} />
        </LineChart>
      )}
    </SizedChart>
  );
}
