/** Consumes one run: passes its events on, heeds pause and stop, and sums it up. */
import { breathe } from '../breathe';
import { health } from '../engine-health';
import { type Job, type TrainEvent, train } from '../training/train';
import { UserError } from '../user-error';
import type { BackendName, EpochResult, RunEvent, RunOutcome, RunResult } from './protocol';
import type { RunControl } from './run-control';

export interface FinishedRun {
  result: RunResult;
  /** Every trained number of the kept epoch, in the model's table. */
  values: Float32Array;
}

/**
 * Runs until done, stopped or failed. A run that was stopped before it had anything to keep rejects with an
 * `AbortError`, one that failed before with its `UserError`, and one whose engine broke with its `EngineFault`, whatever it
 * had kept: its numbers may be garbage.
 */
export async function runToEnd(
  job: Omit<Job, 'clock'>,
  control: RunControl,
  backend: BackendName,
  onEvent: (event: RunEvent) => void,
): Promise<FinishedRun> {
  const epochs: EpochResult[] = [];
  const paces: number[] = [];
  let kept: Extract<TrainEvent, { kind: 'checkpoint' }> | null = null;
  let outcome: RunOutcome = 'finished';
  let message = '';
  try {
    for await (const event of train({ ...job, clock: control.clock })) {
      health.check();
      if (event.kind === 'checkpoint') {
        await health.settled();
        kept = event;
        onEvent({ kind: 'checkpoint', epoch: event.epoch });
        // Its epoch follows at once, and a stop must not come between the two.
        continue;
      }
      if (event.kind === 'epoch') epochs.push(event.result);
      if (event.kind === 'step') paces.push(event.imagesPerSecond);
      onEvent(event);
      await breathe();
      await control.ready();
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
      seconds: control.clock(),
      imagesPerSecond: median(paces),
      backend,
    },
  };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
