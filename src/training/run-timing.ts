/** Estimates the duration of a run by timing its first steps. */

import type { Progress } from '../core/progress';
import type { RunTiming } from '../core/run';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { type Job, train } from './train';

/** Timed steps. The first is not counted, because it compiles programs and fills caches. */
const STEPS = 3;

/**
 * Starts a run and ends it after a few steps, or after the first epoch of a linear probe. Work that is shared by all runs (features
 * and the warm-start head) is reported to `onProgress`, stays in the job's cache and is not counted. Times are in seconds.
 */
export async function measureRunTiming(
  job: Job,
  signal: AbortSignal,
  onProgress: (value: Progress) => void,
): Promise<RunTiming> {
  const isProbe = job.model.table.backbone === 0;
  let began = job.clock();
  let start = 0;
  let stepsPerEpoch = 1;
  const ends: number[] = [];
  // Reads back at every step: without it, a GPU might not have executed any step when the clock is read.
  for await (const event of train({ ...job, reportEvery: 1 })) {
    // The abort message can arrive only while the event loop runs.
    await yieldToEventLoop();
    signal.throwIfAborted();
    if (event.kind === 'phase') {
      const { kind: _, ...progress } = event;
      onProgress(progress);
    }
    if (event.kind === 'started') {
      began = job.clock();
      stepsPerEpoch = event.stepsPerEpoch;
    }
    if (event.kind === 'step' && !isProbe && ends.push(job.clock()) === STEPS) {
      const [first = 0] = ends;
      const perStep = ((ends.at(-1) ?? 0) - first) / (STEPS - 1);
      // An epoch ends with a validation, like the one timed at the start.
      return { perEpoch: perStep * stepsPerEpoch + start, start };
    }
    if (event.kind === 'epoch') {
      const elapsed = job.clock() - began;
      if (event.result.epoch > 0) return { perEpoch: elapsed - start, start };
      start = elapsed;
    }
  }
  throw new Error('The run ended before anything was timed.');
}
