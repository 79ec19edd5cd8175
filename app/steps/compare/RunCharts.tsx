/** The charts, each with the table of its numbers. */
import { AccuracyByEpoch } from '../../charts/AccuracyByEpoch';
import { AccuracyBySeed, seedsOf } from '../../charts/AccuracyBySeed';
import { ChartFrame } from '../../charts/ChartFrame';
import { LossByStep, runsWithLoss } from '../../charts/LossByStep';
import { EPOCH_COLUMNS, epochRows, SEED_COLUMNS, STEP_COLUMNS, stepRows } from '../../charts/run-columns';
import type { Comparison } from '../../store/comparison';
import { drawnRuns, isProbe, type RunRecord } from '../../store/run-record';
import classes from './CompareStep.module.css';
import { CostChart } from './CostChart';
import { OrWait } from './OrWait';

/** Maximum number of rows per run in a loss table on the page. The CSV has every step. */
const LOSS_ROWS = 40;

interface Props {
  runs: readonly RunRecord[];
  /** The comparison of the same runs. */
  comparison: Comparison;
}

export function RunCharts({ runs: all, comparison }: Props) {
  const runs = drawnRuns(all);
  // A setting is a point of the cost chart as long as one of its runs is shown.
  const shown = {
    ...comparison,
    arms: comparison.arms.filter((arm) => arm.runs.some(({ hidden }) => !hidden)),
  };
  const losses = runsWithLoss(runs);
  const measured = runs.some(({ epochs }) => epochs.length > 0);
  const probeLeftOut = runs.some((run) => isProbe(run) && run.steps.length > 1) && !losses.some(isProbe);
  const probeIsLine =
    measured &&
    runs.some((run) => isProbe(run)) &&
    runs.some((run) => !isProbe(run) && run.epochs.length > 0);
  const seeds = seedsOf(runs);
  const data = all[0]?.data ?? '';
  const rowsBySeed = () =>
    seeds.flatMap((seed) => epochRows(runs.filter(({ config }) => config.seed === seed)));
  return (
    <div className={classes.charts}>
      <ChartFrame
        title="Loss per step"
        data={data}
        note={
          probeLeftOut
            ? 'Training loss, smoothed; raw values in a light colour. The linear probe trains on cached features and is not shown.'
            : 'Training loss, smoothed; raw values in a light colour.'
        }
        explains={['loss']}
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
        data={data}
        note={
          probeIsLine
            ? 'On the validation images. The linear probe has its own epochs and is drawn as a horizontal line.'
            : 'On the validation images. Epoch 0 is the start of the run.'
        }
        explains={comparison.scoredOn === 'test' ? ['validation images', 'epoch'] : ['epoch']}
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
          data={data}
          note="On the validation images, one panel per seed, all on the same axes. Differences between panels come from the seed. A difference that appears in every panel comes from the setting."
          fileName="atomtune-seeds"
          columns={SEED_COLUMNS}
          rows={rowsBySeed}
          wide
        >
          <AccuracyBySeed runs={runs} />
        </ChartFrame>
      )}
      <CostChart comparison={shown} data={data} />
    </div>
  );
}
