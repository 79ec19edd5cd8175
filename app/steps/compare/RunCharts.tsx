/** The charts, each with the table of its numbers. */
import { AccuracyByEpoch } from '../../charts/AccuracyByEpoch';
import { AccuracyBySeed, seedsOf } from '../../charts/AccuracyBySeed';
import { ChartFrame } from '../../charts/ChartFrame';
import { LossByStep, runsWithLoss } from '../../charts/LossByStep';
import { EPOCH_COLUMNS, epochRows, SEED_COLUMNS, STEP_COLUMNS, stepRows } from '../../charts/run-columns';
import type { Comparison } from '../../store/comparison';
import { drawnRuns, isProbe, type RunRecord } from '../../store/run-record';
import classes from './CompareStep.module.css';
import { CostCharts } from './CostCharts';
import { OrWait } from './OrWait';

/** Rows of a loss table for each run: enough to read a curve from. The CSV has every step. */
const LOSS_ROWS = 40;

interface Props {
  runs: readonly RunRecord[];
  /** Of the same runs. */
  comparison: Comparison;
}

export function RunCharts({ runs: all, comparison }: Props) {
  const runs = drawnRuns(all);
  const losses = runsWithLoss(runs);
  const measured = runs.some(({ epochs }) => epochs.length > 0);
  const probeLeftOut = runs.some((run) => isProbe(run) && run.steps.length > 1) && !losses.some(isProbe);
  const probeIsLine =
    measured &&
    runs.some((run) => isProbe(run)) &&
    runs.some((run) => !isProbe(run) && run.epochs.length > 0);
  const seeds = seedsOf(runs);
  const rowsBySeed = () =>
    seeds.flatMap((seed) => epochRows(runs.filter(({ config }) => config.seed === seed)));
  return (
    <div className={classes.charts}>
      <ChartFrame
        title="Loss per step"
        note={
          probeLeftOut
            ? 'Training loss, smoothed; raw values faint. The probe steps on cached features and is not shown.'
            : 'Training loss, smoothed; raw values faint.'
        }
        fileName="atomtune-loss"
        columns={STEP_COLUMNS}
        rows={() => stepRows(losses, LOSS_ROWS)}
        allRows={() => stepRows(losses)}
      >
        <OrWait when={losses.length > 0}>
          <LossByStep runs={runs} />
        </OrWait>
      </ChartFrame>
      <ChartFrame
        title="Accuracy per epoch"
        note={
          probeIsLine
            ? 'On the validation images. The probe trains for its own epochs on cached features, so it is a line.'
            : 'On the validation images; epoch 0 is where the run starts.'
        }
        fileName="atomtune-accuracy"
        columns={EPOCH_COLUMNS}
        rows={() => epochRows(runs)}
      >
        <OrWait when={measured}>
          <AccuracyByEpoch runs={runs} />
        </OrWait>
      </ChartFrame>
      {seeds.length > 1 && (
        <ChartFrame
          title="Accuracy per epoch, by seed"
          note="On the validation images, all panels on the same axes. Differences between panels are due to the seed; differences that all panels share are due to the setting."
          fileName="atomtune-seeds"
          columns={SEED_COLUMNS}
          rows={rowsBySeed}
          wide
        >
          <AccuracyBySeed runs={runs} />
        </ChartFrame>
      )}
      <CostCharts comparison={comparison} />
    </div>
  );
}
