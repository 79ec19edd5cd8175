/** How far a run is, for its bar and for the title of the tab. */
import type { Progress } from '../../src/core/progress';
import { rate } from '../ui/format';
import type { RunRecord } from './run-record';

/** The content of the run's progress bar: the current phase, or the steps. */
export function progressOf(run: RunRecord): Progress {
  const progress = run.phase ?? stepsOf(run);
  // The time left would be wrong: nobody knows how long a pause is.
  const still = { ...progress, secondsLeft: undefined };
  if (run.status === 'stopping') return { ...still, label: 'Stopping…' };
  if (run.status === 'paused') return { ...still, label: 'Paused' };
  return progress;
}

function stepsOf(run: RunRecord): Progress {
  const parts = [run.totalSteps > 0 ? 'Training' : 'Starting'];
  if (run.imagesPerSecond > 0) parts.push(`${rate(run.imagesPerSecond)} images/s`);
  return {
    label: parts.join(' · '),
    done: Math.min(stepsDone(run), run.totalSteps),
    total: run.totalSteps,
    secondsLeft: run.secondsLeft ?? undefined,
  };
}

const stepsDone = ({ steps }: RunRecord) => steps.at(-1)?.step ?? 0;

/** The title of the tab: a step's name, or the active run and its proportion of all steps. */
export function titleOf(step: string, active: RunRecord | undefined): string {
  if (!active) return `${step[0]?.toUpperCase()}${step.slice(1)} · atomtune`;
  const done = active.totalSteps === 0 ? 0 : Math.floor((100 * stepsDone(active)) / active.totalSteps);
  const words = active.status === 'paused' ? 'Paused, ' : '';
  return `${words}${done}\u00a0% ${active.name} · atomtune`;
}
