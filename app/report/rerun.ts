/** Rerunning the runs of a results file: whether that is possible, and whether the numbers are the same. */

import { canonical } from '../../src/canonical';
import type { BackboneSummary } from '../../src/core/backbone';
import type { EngineInfo } from '../../src/core/engine';
import type { SettingSummary } from '../../src/core/setting';
import { UserError } from '../../src/core/user-error';
import { jsonOf } from '../../src/json';
import { computedByWords } from '../store/computed-by';
import { correctionWords, imagesPerPart, partWords } from '../store/data-words';
import { percent } from '../ui/format';
import { fieldOf } from '../versions';
import { migrated } from './migrations';
import { type DataSummary, type Results, type RunResults, resultsSchema } from './results';

/** On WebGPU, the order of additions depends on the driver. */
const WEBGPU_TOLERANCE = 1e-3;

/** Throws `UserError` if the text is not a results file, or one of a newer version. */
export function parseResults(text: string, fileName: string): Results {
  const json = jsonOf(text);
  if (json === undefined) throw notResults(fileName, 'it is not JSON');
  const statesVersion = typeof fieldOf(json, 'format') === 'number';
  const parsed = resultsSchema.safeParse(statesVersion ? migrated(json, fileName) : json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notResults(fileName, `${issue?.path.join('.') || 'the whole file'}: ${issue?.message}`);
}

const notResults = (fileName: string, why: string) =>
  new UserError(
    `“${fileName}” is not a results file (${why}). Choose a results.json that was saved by the page or the command line.`,
  );

/** The runs to rerun, in order: finished ones that were computed with the results' backend and precision. */
export const finishedRuns = ({ runs, engine }: Results): RunResults[] =>
  runs.filter(
    ({ outcome, backend, precision }) =>
      outcome === 'finished' && backend === engine.backend && precision === engine.precision,
  );

/** The backend choice that reproduces the results' backend if it is available. */
export const backendOf = ({ engine }: Results): EngineInfo['choice'] =>
  engine.choice === 'auto' ? engine.backend : engine.choice;

/** The number of threads does not affect the results. */
const engineWords = ({ backend, precision }: Pick<EngineInfo, 'backend' | 'precision'>) =>
  computedByWords({ backend, precision, threads: null });

/** Why the runs cannot be rerun on this engine; null if they can. */
export function engineDifference(
  { engine }: Results,
  here: Pick<EngineInfo, 'backend' | 'precision'>,
): string | null {
  if (engine.backend === here.backend && engine.precision === here.precision) return null;
  return `The backend differs: the runs were computed on ${engineWords(engine)}, here it is ${engineWords(here)}. The numbers would differ.`;
}

/** Why the runs cannot be rerun with this backbone; null if they can. */
export function backboneDifference(
  { backbone }: Results,
  here: Pick<BackboneSummary, 'name' | 'hash' | 'inputSize'>,
): string | null {
  if (backbone.hash !== here.hash)
    return `The backbone differs: the runs used “${backbone.name}” (SHA-256 ${backbone.hash}), this is “${here.name}” (${here.hash}).`;
  if (backbone.inputSize !== here.inputSize)
    return `The input size differs: the runs used ${backbone.inputSize} pixels, here it is ${here.inputSize}.`;
  return null;
}

/** Why the runs cannot be rerun on these images; null if they can. */
export function dataDifference(
  { dataset }: Results,
  here: Pick<
    DataSummary,
    'name' | 'hash' | 'classes' | 'preset' | 'split' | 'testSplit' | 'seed' | 'testPart' | 'reading'
  >,
): string | null {
  if (dataset.hash !== here.hash && correctionsOf(dataset) !== correctionsOf(here))
    return `The labels differ: the runs used ${correctionWords(dataset)}, these images have ${correctionWords(here)}. The results file lists the corrections under dataset.reading.`;
  if (dataset.hash !== here.hash)
    return `The images differ: the runs used “${dataset.name}” (SHA-256 ${dataset.hash}), these are “${here.name}” (${here.hash}). Classes, paths and pixels must be the same.`;
  const partsOf = ({ preset, classes }: Pick<DataSummary, 'preset' | 'classes'>) =>
    JSON.stringify([preset, classes.map(({ train, val, test }) => [train, val, test])]);
  const drawOf = ({ split, testSplit, seed, testPart, preset }: typeof here) =>
    // Without a random split or preset, the seed has no effect.
    split === 'given' && testSplit !== 'stratified' && preset === 'whole' ? '' : `${seed} ${testPart}`;
  if (drawOf(dataset) !== drawOf(here))
    return `The split differs: the runs used seed ${dataset.seed} with ${percent(dataset.testPart, 0)} test images, here it is seed ${here.seed} with ${percent(here.testPart, 0)}.`;
  if (partsOf(dataset) !== partsOf(here))
    return `The split differs: the runs used ${partWords(imagesPerPart(dataset.classes)).join(', ')} images, here there are ${partWords(imagesPerPart(here.classes)).join(', ')}.`;
  return null;
}

const correctionsOf = ({ reading }: Pick<DataSummary, 'reading'>) => canonical(reading.corrections ?? []);

/** Why these runs cannot be rerun with the known settings; null if they can. */
export function settingDifference(
  runs: readonly RunResults[],
  known: readonly Pick<SettingSummary, 'id'>[],
): string | null {
  if (runs.length === 0) return 'The file has no finished run.';
  const stranger = runs.find((run) => !known.some(({ id }) => id === run.config.setting));
  return stranger ? `There is no setting “${stranger.config.setting}” here.` : null;
}

/** The values in which a rerun differs from the original run; empty if there are none. */
export function runDifferences(before: RunResults, after: RunResults): string[] {
  const tolerance = before.backend === 'wasm' ? 0 : WEBGPU_TOLERANCE;
  const near = (a: number | null, b: number | null) =>
    a === b ||
    (a !== null && b !== null && Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)));
  const checks: [what: string, same: boolean][] = [
    ['outcome', before.outcome === after.outcome],
    [
      'number of trainable parameters',
      before.trainable.backbone === after.trainable.backbone &&
        before.trainable.head === after.trainable.head,
    ],
    ['number of epochs', before.epochs.length === after.epochs.length],
    [
      'losses',
      before.epochs.every((epoch, index) => {
        const other = after.epochs[index];
        return other && near(epoch.trainLoss, other.trainLoss) && near(epoch.valLoss, other.valLoss);
      }),
    ],
    [
      'correctly classified images',
      before.epochs.every((epoch, index) => {
        const other = after.epochs[index];
        return (
          other &&
          epoch.total === other.total &&
          Math.abs(epoch.correct - other.correct) <= tolerance * epoch.total
        );
      }),
    ],
    [
      'predictions on the validation images',
      // Files of earlier versions have the predictions of another epoch.
      before.validationEpoch === null || samePredictions(before.validation, after.validation, tolerance),
    ],
    ['predictions on the test images', samePredictions(before.test, after.test, tolerance)],
  ];
  return checks.flatMap(([what, same]) => (same ? [] : [what]));
}

/** Whether a rerun gave the same numbers; `after` is undefined if there was no rerun. */
export function verdict(
  before: RunResults,
  after: RunResults | undefined,
): { same: boolean; sentence: string } {
  if (!after) return { same: false, sentence: 'not rerun.' };
  const differences = runDifferences(before, after);
  if (differences.length > 0)
    return { same: false, sentence: `the numbers differ: ${differences.join(', ')}.` };
  const how = before.backend === 'wasm' ? 'bit for bit' : `within ${100 * WEBGPU_TOLERANCE} %`;
  return { same: true, sentence: `the same numbers, ${how}.` };
}

function samePredictions(before: RunResults['test'], after: RunResults['test'], tolerance: number): boolean {
  if (!before || !after) return before === after;
  const images = before.targets.length;
  if (
    images !== after.targets.length ||
    before.targets.some((label, image) => label !== after.targets[image])
  )
    return false;
  const differ = before.predicted.filter((answer, image) => answer !== after.predicted[image]);
  return differ.length <= tolerance * images;
}
