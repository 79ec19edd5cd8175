/** Trains the planned runs one after another, has each of them written, and prints the comparison. */
import { smallerMicroBatch } from '../app/store/run-record';
import { counted } from '../app/ui/format';
import type { Choices } from './choices';
import { comparison } from './comparison';
import { codeOf, type ExitCode } from './exit-code';
import type { AskedRun, RunRecord } from './messages';
import type { Headless } from './page';
import type { Output, ProgressLine } from './progress-line';
import type { RunPlan } from './run-plan';
import { endSentence } from './sentences';
import type { Destination } from './written-files';

interface Surroundings {
  progress: ProgressLine;
  stderr: Pick<Output, 'write'>;
  /** Aborted when the person stops: the current run keeps its best epoch, and no other run starts. */
  stop: AbortSignal;
}

/** Throws if the page requested another host. */
export async function compareRuns(
  headless: Headless,
  backend: Choices['backend'],
  plan: RunPlan,
  destination: Destination,
  { progress, stderr, stop }: Surroundings,
): Promise<ExitCode> {
  const runs: RunRecord[] = [];
  let engineLost = false;
  let step = plan.next();
  while (!step.done && !stop.aborted) {
    // Only if there is another run: writing the results needs no engine.
    if (engineLost) await headless.ask('restart', backend);
    const run = await trained(headless, step.value, backend, progress, stop);
    runs.push(run);
    await destination.add(run);
    progress.say(endSentence(run));
    if (run.problem) stderr.write(`${run.name}: ${run.problem.message}\n`);
    engineLost = run.problem !== null && 'engineLost' in run.problem && run.problem.engineLost;
    step = plan.next(run);
  }
  const written = await destination.end(!stop.aborted);
  progress.say(`\n${comparison(runs.filter(({ role }) => role === 'final'))}\n\n${written}`);
  if (headless.refused.length > 0) {
    throw new Error(
      `The page requested addresses on other hosts. The requests were blocked: ${headless.refused.join(' ')}`,
    );
  }
  return codeOf(runs, stop.aborted);
}

/** The run at its end. If memory ran out, it is trained once more in smaller micro-batches. */
async function trained(
  headless: Headless,
  asked: AskedRun,
  backend: Choices['backend'],
  progress: ProgressLine,
  stop: AbortSignal,
): Promise<RunRecord> {
  const stopRun = () => void headless.ask('stop').catch(() => {});
  stop.addEventListener('abort', stopRun);
  try {
    const run = await headless.ask('train', asked);
    const mostAtOnce = smallerMicroBatch(run, run.problem);
    if (mostAtOnce === null || stop.aborted) return run;
    progress.say(
      `${run.name}: memory ran out. The engine is restarted, and the run begins again in micro-batches of at most ${counted(mostAtOnce, 'image')}.`,
    );
    await headless.ask('restart', backend);
    if (stop.aborted) return run;
    return await headless.ask('trainAgain', run.id, mostAtOnce);
  } finally {
    stop.removeEventListener('abort', stopRun);
  }
}
