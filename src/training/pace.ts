/** How long a run would take: its beginning, timed. */
import { breathe } from '../breathe';
import type { Pace, Progress } from '../worker/protocol';
import { type Job, train } from './train';

/** Steps that are timed; the first still chooses and fills what is kept for the next. */
const STEPS = 3;

/**
 * Begins a run and drops it after a few steps, or the first epoch of a linear probe. What is computed once for all runs, features and a
 * first head, is told to `onProgress`, stays in the job's cache and is not counted.
 */
export async function measurePace(
  job: Job,
  signal: AbortSignal,
  onProgress: (value: Progress) => void,
): Promise<Pace> {
  const isProbe = job.model.table.backbone === 0;
  let began = job.clock();
  let start = 0;
  let stepsPerEpoch = 1;
  const ends: number[] = [];
  // Read back at every step: a GPU may have done none when the clock is read.
  for await (const event of train({ ...job, reportEvery: 1 })) {
    // A message that ends this arrives only in between.
    await breathe();
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
      // Every epoch ends with a validation, as the run began.
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
