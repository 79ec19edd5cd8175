/** The three charts, each with the table of its numbers. */
import type { ReactNode } from 'react';
import { AccuracyByEpoch } from '../../charts/AccuracyByEpoch';
import { AccuracyByParameters, pointsOf } from '../../charts/AccuracyByParameters';
import { ChartFrame } from '../../charts/ChartFrame';
import { LossByStep, runsWithLoss } from '../../charts/LossByStep';
import { decimate } from '../../charts/series';
import { accuracy, isProbe, type RunRecord } from '../../store/run-record';
import { count, percent } from '../../ui/format';
import classes from './CompareStep.module.css';

/** Rows of a loss table: enough to read a curve from. */
const LOSS_ROWS = 40;

export function RunCharts({ runs }: { runs: RunRecord[] }) {
  const losses = runsWithLoss(runs);
  const measured = runs.some(({ epochs }) => epochs.length > 0);
  const probeLeftOut = runs.some((run) => isProbe(run) && run.steps.length > 1) && !losses.some(isProbe);
  const probeIsLine =
    measured &&
    runs.some((run) => isProbe(run)) &&
    runs.some((run) => !isProbe(run) && run.epochs.length > 0);
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
        columns={['Run', 'Step', 'Loss']}
        rows={losses.flatMap(({ name, steps }) =>
          decimate(steps, LOSS_ROWS).map(({ step, loss }) => [name, count(step), loss.toFixed(4)]),
        )}
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
        columns={['Run', 'Epoch', 'Accuracy', 'Right', 'Loss']}
        rows={runs.flatMap(({ name, epochs }) =>
          epochs.map((result) => [
            name,
            String(result.epoch),
            percent(accuracy(result)),
            `${result.correct} of ${result.total}`,
            result.valLoss.toFixed(4),
          ]),
        )}
      >
        <OrWait when={measured}>
          <AccuracyByEpoch runs={runs} />
        </OrWait>
      </ChartFrame>
      <ChartFrame
        title="Accuracy against trainable parameters"
        note="After the last epoch, against backbone and head together. Up and to the left is better; bars are 95 % intervals."
        fileName="atomtune-parameters"
        columns={['Run', 'Trainable', 'Accuracy', '95 % interval']}
        rows={pointsOf(runs).map(({ run, parameters, accuracy: value, interval }) => [
          run.name,
          count(parameters),
          percent(value),
          `${percent(interval.low)} to ${percent(interval.high)}`,
        ])}
      >
        <OrWait when={measured}>
          <AccuracyByParameters runs={runs} />
        </OrWait>
      </ChartFrame>
    </div>
  );
}

function OrWait({ when, children }: { when: boolean; children: ReactNode }) {
  return when ? children : <p className={classes.wait}>Waiting for the first numbers.</p>;
}
