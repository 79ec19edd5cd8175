/** Executes one run: forwards its events, handles pause and stop, and returns a summary. */
import * as tf from '@tensorflow/tfjs';
import type { EngineInfo } from '../core/engine';
import type { EpochResult, Predictions, RunEvent, RunOutcome, RunResult } from '../core/run';
import { UserError } from '../core/user-error';
import { health } from '../engine-health';
import { predict, score } from '../training/evaluate';
import { type Job, type TrainState, train } from '../training/train';
import { yieldToEventLoop } from '../yield-to-event-loop';
import type { RunControl } from './run-control';

export interface FinishedRun {
  result: RunResult;
  /** The trained parameters of the best epoch, in the order of the model's parameter table. */
  values: Float32Array;
}

/** A run that can be continued: where its training stands, and what it has given so far. */
export interface RunPoint {
  state: TrainState;
  epochs: EpochResult[];
  /** The best epoch so far, its trainable parameters, and its predicted class of each validation image. */
  kept: { epoch: number; values: Float32Array; predicted: Uint16Array };
}

/** How a run is made safe against its end by accident. */
export interface Safeguard {
  /** Where an interrupted run of the same job stood; null to start from the beginning. */
  from: RunPoint | null;
  /** Called between steps. `point` copies the run's state and has to be called before the answer resolves, or not at all. */
  onResumable: (at: { isNewEpoch: boolean }, point: () => Promise<RunPoint>) => Promise<void>;
}

/** Seconds for which a stopped run may still evaluate the test images. The person is waiting for its end. */
const TEST_AFTER_STOP = 1;

/**
 * Runs until all epochs are done, or the run is stopped or fails. `scoreTest`: whether the best epoch is evaluated on the test
 * images, once. If the run is stopped and that would take longer than a moment, it is left out.
 * @throws AbortError if the run was stopped before any epoch was kept
 * @throws UserError if the run failed before any epoch was kept
 * @throws EngineFault if the engine failed, even if an epoch was kept, because its numbers may be wrong
 */
export async function runToEnd(
  job: Omit<Job, 'clock'>,
  control: RunControl,
  { backend, threads }: Pick<EngineInfo, 'backend' | 'threads'>,
  onEvent: (event: RunEvent) => void,
  scoreTest = false,
  { from, onResumable }: Safeguard = { from: null, onResumable: async () => {} },
): Promise<FinishedRun> {
  const epochs: EpochResult[] = [...(from?.epochs ?? [])];
  const paces: number[] = [];
  let kept: RunPoint['kept'] | null = from?.kept ?? null;
  let outcome: RunOutcome = 'finished';
  let message = '';
  try {
    for await (const event of train({ ...job, clock: control.clock }, from?.state)) {
      health.check();
      if (event.kind === 'best') {
        await health.settled();
        kept = { epoch: event.epoch, values: event.values, predicted: new Uint16Array() };
        onEvent({ kind: 'best', epoch: event.epoch });
        // The epoch's event follows immediately; the run must not be stopped between the two.
        continue;
      }
      if (event.kind === 'epoch') {
        epochs.push(event.result);
        if (event.result.epoch === kept?.epoch) kept = { ...kept, predicted: event.predicted };
        onEvent({ kind: 'epoch', result: event.result });
        // All epochs are done: a pause or a stop during the last validation changes nothing.
        if (event.isLast) break;
      } else if (event.kind === 'resumable') {
        const best = kept;
        if (best && !control.stopped)
          await onResumable(event, async () => ({
            state: await event.state(),
            epochs: [...epochs],
            kept: best,
          }));
        continue;
      } else if (event.kind !== 'part') {
        if (event.kind === 'step') paces.push(event.imagesPerSecond);
        onEvent(event);
      }
      await turn(control);
      if (control.stopped) {
        outcome = 'stopped';
        break;
      }
    }
  } catch (error) {
    const cause = await health.cause(error);
    if (!(cause instanceof UserError) || !kept) throw cause;
    outcome = 'failed';
    message = cause.message;
  }
  await health.settled();
  if (!kept) throw new DOMException('The run was stopped before its first epoch.', 'AbortError');
  const test = scoreTest ? await predictionsOfTest(job, kept.values, control, onEvent) : null;
  health.check();
  if (test === 'left out' && outcome !== 'failed') {
    outcome = 'stopped';
    message = 'Stopped before the test images were evaluated.';
  }
  const { backbone, head } = job.model.table;
  return {
    values: kept.values,
    result: {
      outcome,
      message,
      config: job.config,
      trainable: { backbone, head },
      epochs,
      keptEpoch: kept.epoch,
      validation: predictionsFrom(job.dataset.val.labels, kept.predicted),
      test: test === 'left out' ? null : test,
      seconds: epochs.at(-1)?.seconds ?? 0,
      imagesPerSecond: median(paces),
      backend,
      threads,
      precision: job.model.backbone.precision,
    },
  };
}

/** Handles messages, and waits while the run is paused. */
async function turn(control: RunControl): Promise<void> {
  await yieldToEventLoop();
  await control.ready();
}

async function predictionsOfTest(
  { model, dataset, evaluationBatch: batchSize }: Pick<Job, 'model' | 'dataset' | 'evaluationBatch'>,
  kept: Float32Array,
  control: RunControl,
  onEvent: (event: RunEvent) => void,
): Promise<Predictions | 'left out' | null> {
  const { test, side } = dataset;
  if (!test) return null;
  const values = tf.tensor1d(kept);
  const label = 'Evaluating the test images';
  const predicting = predict(model, values, { images: test, side, batchSize, label });
  try {
    for (;;) {
      const { done, value } = await predicting.next();
      if (done) return predictionsFrom(test.labels, score(value, test.labels, model.classes).predicted);
      onEvent({ kind: 'phase', ...value });
      await turn(control);
      if (control.secondsStopped > TEST_AFTER_STOP) return 'left out';
    }
  } finally {
    await predicting.return(new Float32Array()); // frees its tensors if it was abandoned; the value is not read
    values.dispose();
  }
}

const predictionsFrom = (labels: ArrayLike<number>, predicted: Uint16Array): Predictions => ({
  targets: Array.from(labels),
  predicted: Array.from(predicted),
});

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
