/** Trains the planned runs one after another, writes their results, and prints the comparison. */
import { type Results, runResults } from '../app/report/results';
import type { Choices } from './choices';
import { comparison } from './comparison';
import { codeOf, type ExitCode } from './exit-code';
import type { RunRecord } from './messages';
import type { Headless } from './page';
import type { Output, ProgressLine } from './progress-line';
import type { RunPlan } from './run-plan';
import { endSentence } from './sentences';
import { saveAdapter, saveCharts, saveReports, saveResults, writtenFiles } from './written-files';

interface Surroundings {
  progress: ProgressLine;
  stderr: Pick<Output, 'write'>;
  /** Aborted when the person stops: the current run keeps its best epoch, and no other run starts. */
  stop: AbortSignal;
}

/** Adds to `results`, which are saved after each run. Throws if the page requested another host. */
export async function compareRuns(
  headless: Headless,
  { out, charts, backend }: Pick<Choices, 'out' | 'charts' | 'backend'>,
  plan: RunPlan,
  results: Results,
  { progress, stderr, stop }: Surroundings,
): Promise<ExitCode> {
  const runs: RunRecord[] = [];
  const stopRun = () => void headless.ask('stop').catch(() => {});
  let engineLost = false;
  let step = plan.next();
  while (!step.done && !stop.aborted) {
    // Only if there is another run: writing the results needs no engine.
    if (engineLost) await headless.ask('restart', backend);
    stop.addEventListener('abort', stopRun, { once: true });
    const run = await headless.ask('train', step.value);
    stop.removeEventListener('abort', stopRun);
    runs.push(run);
    results.runs.push(runResults(run, await saveAdapter(out, headless, run, results.runs)));
    await saveResults(out, results);
    progress.say(endSentence(run));
    if (run.problem) stderr.write(`${run.name}: ${run.problem.message}\n`);
    engineLost = run.problem !== null && 'engineLost' in run.problem && run.problem.engineLost;
    step = plan.next(run);
  }
  // Set before the charts are drawn: an abort during drawing does not make the results incomplete.
  results.complete = !stop.aborted;
  results.charts = await saveCharts(out, headless, charts);
  await saveResults(out, results);
  await saveReports(out, results, await headless.ask('figures'));
  progress.say(
    `\n${comparison(runs.filter(({ role }) => role === 'final'))}\n\nWritten to ${out}: ${writtenFiles(results).join(', ')}.`,
  );
  if (headless.refused.length > 0) {
    throw new Error(
      `The page requested addresses on other hosts. The requests were blocked: ${headless.refused.join(' ')}`,
    );
  }
  return codeOf(runs, stop.aborted);
}
