/** Sentences about engine, backbone, data and runs. */

import { accuracyOf, type Scored } from '../app/store/comparison';
import { accuracyKind } from '../app/store/comparison-words';
import { computedByWords } from '../app/store/computed-by';
import {
  conflictSentence,
  correctionSentence,
  givenUpSentence,
  groupSentence,
  imagesPerPart,
  partWords,
  presetSentence,
  unvalidatedSentence,
} from '../app/store/data-words';
import { memoryCapBytes } from '../app/store/defaults';
import { trialNames } from '../app/store/run-record';
import { immediately } from '../app/store/statistics';
import { allTrials, type Sweep } from '../app/store/sweep';
import { counted, duration, percent, short } from '../app/ui/format';
import { backboneLabel } from '../src/backbone/backbone-label';
import type { BackboneSummary } from '../src/core/backbone';
import type { EngineInfo, Notice } from '../src/core/engine';
import type { MemoryPlan, Predictions, RunConfig } from '../src/core/run';
import type { DataSummary, RunRecord } from './messages';

export function engineSentence({
  reason,
  ...computed
}: Pick<EngineInfo, 'backend' | 'threads' | 'precision' | 'reason'>) {
  return `Backend: ${computedByWords(computed)}. ${reason}`;
}

export function programSentence({ program, reason }: Notice): string {
  return `The optimized GPU kernel ${program} does not work on this GPU adapter. The slower reference kernel is used; the results are the same. ${reason}`;
}

export function backboneSentence(
  backbone: Pick<BackboneSummary, 'name' | 'inputSize' | 'parameters'>,
): string {
  return `Backbone: ${backboneLabel(backbone)}, ${short(backbone.parameters)} parameters.`;
}

export function dataSentence({
  name,
  classes,
  leftOut,
}: Pick<DataSummary, 'name' | 'classes' | 'leftOut'>): string {
  const left = leftOut.length > 0 ? `, ${counted(leftOut.length, 'file')} left out (see results.json)` : '';
  return `Data: ${name}, ${classes.length} classes, images: ${partWords(imagesPerPart(classes)).join(', ')}${left}.`;
}

/** What the person should know about the images to interpret the accuracies. */
export function noticesOf(
  dataset: Pick<
    DataSummary,
    'notices' | 'reading' | 'preset' | 'unused' | 'duplicates' | 'split' | 'classes'
  >,
): string[] {
  const conflicts = conflictSentence(dataset);
  return [
    ...dataset.notices,
    correctionSentence(dataset),
    presetSentence(dataset),
    givenUpSentence(dataset),
    groupSentence(dataset),
    unvalidatedSentence(dataset),
    conflicts && `${conflicts} Their paths are in results.json.`,
  ].filter(Boolean);
}

/** The number of runs; empty if there is one run per setting. */
export function runCountSentence(sweep: Sweep): string {
  const trials = allTrials(sweep);
  const searches = trials.filter(({ role }) => role === 'search').length;
  if (trials.length <= sweep.settings.length) return '';
  return `${counted(trials.length, 'run')}${searches > 0 ? `, ${searches} of them search runs` : ''}.`;
}

/** The memory plan of each compared setting. `plan` is called once, with one configuration of each. */
export async function memorySentences(
  sweep: Sweep,
  plan: (configs: RunConfig[], memoryCap: number | null) => Promise<MemoryPlan[]>,
): Promise<string[]> {
  const arms = new Map(
    allTrials(sweep).map((trial) => [trialNames(trial, sweep.hyperparameters, 1).armName, trial.config]),
  );
  const planned = await plan([...arms.values()], memoryCapBytes(sweep.hyperparameters));
  return [...arms.keys()].flatMap((name, index) => {
    const memory = planned[index];
    return memory?.fits ? [`${name}: ${memory.sentence} ${memory.heapSentence}`] : [];
  });
}

/** One line about a completed run, with its headline accuracy. */
export function endSentence(
  run: Pick<RunRecord, 'name' | 'status' | 'epochs' | 'keptEpoch' | 'result'>,
): string {
  const end = run.epochs.at(-1);
  const on = run.result?.test ? 'test' : 'validation';
  const predictions = run.result?.[on];
  const reached = predictions
    ? `${scoreWords(predictions, on)} at the best epoch, ${run.keptEpoch} of ${end?.epoch}`
    : 'no epoch finished';
  const took = end ? `, ${duration(end.seconds)}` : '';
  return `${run.name}: ${run.status}, ${reached}${took}.`;
}

function scoreWords(predictions: Predictions, on: Scored): string {
  const { mean, unbalanced } = accuracyOf([predictions], immediately);
  return `${accuracyKind(on, unbalanced !== null).toLowerCase()} ${percent(mean)}`;
}
