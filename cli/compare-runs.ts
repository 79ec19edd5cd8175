/** Makes planned runs one after another, writes what they gave, and says what they come to. */
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
  /** Aborted when the person stops: the run under way keeps its best, and no other is begun. */
  stop: AbortSignal;
}

/** Fills in `results`, which are on the disk after each run. Throws where the page asked for what is not on this machine. */
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
    // Not before there is another run: what is left to be written needs no engine.
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
  // Not later: charts may be drawn of runs that were all made.
  results.complete = !stop.aborted;
  results.charts = await saveCharts(out, headless, charts);
  await saveResults(out, results);
  await saveReports(out, results, await headless.ask('figures'));
  progress.say(
    `\n${comparison(runs.filter(({ role }) => role === 'final'))}\n\nWritten to ${out}: ${writtenFiles(results).join(', ')}.`,
  );
  if (headless.refused.length > 0) {
    throw new Error(
      `The page asked for what is not on this machine, and was refused: ${headless.refused.join(' ')}`,
    );
  }
  return codeOf(runs, stop.aborted);
}
