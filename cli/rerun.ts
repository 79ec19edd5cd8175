/** `--rerun`: runs the finished runs of a results file again, on the same images and weights. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { backendOf, finishedRuns, parseResults, settingDifference, verdict } from '../app/report/rerun';
import type { Results, RunResults } from '../app/report/results';
import type { SettingSummary } from '../src/core/setting';
import { UserError } from '../src/core/user-error';
import { type Choices, sampleNamed } from './choices';
import { kindOf } from './folders';
import type { AskedRun } from './messages';

/** Throws `UserError` if the file is not a results file. */
export async function readResults(path: string): Promise<Results> {
  if ((await kindOf('results', path)) === 'folder')
    throw new UserError(`“${path}” is a folder. --rerun takes the results.json inside.`);
  return parseResults(await readFile(path, 'utf8'), basename(path));
}

/** The person's choices, completed with those of the results file. Throws `UserError` if data or weights are missing. */
export function repeatedChoices(choices: Choices, before: Results): Choices {
  const { dataset, backbone } = before;
  const { path } = choices.backbone;
  if (path === null && backbone.id !== 'starter')
    throw new UserError(`The runs used the backbone “${backbone.name}”. Give its weights with --backbone.`);
  if (!choices.data && dataset.sample === null)
    throw new UserError(`The runs used the data set “${dataset.name}”. Give its path with --data.`);
  const { used, inFile } = backbone.stages;
  return {
    ...choices,
    data: choices.data ?? sampleNamed(dataset.sample ?? ''),
    backbone: {
      ...choices.backbone,
      stages: used < inFile ? used : null,
      inputSize: backbone.inputSize,
    },
    splitSeed: dataset.seed,
    testPart: dataset.testPart,
    preset: dataset.preset,
    // Options on the command line take precedence: the files may be arranged differently.
    reading: { ...dataset.reading, ...choices.reading },
    settings: [],
    backend: backendOf(before),
  };
}

/** The runs to train, in order. Throws `UserError` if there are none or a setting is unknown. */
export function repeatedRuns(before: Results, known: readonly SettingSummary[]): AskedRun[] {
  const runs = finishedRuns(before);
  refuse(settingDifference(runs, known));
  return runs.flatMap((run) => {
    const { name, armName, role, config, memoryCap } = run;
    const setting = known.find(({ id }) => id === config.setting);
    return setting ? [{ setting, role, config, name, armName, memoryCap, sweep: null, before: run }] : [];
  });
}

/** Throws `UserError` if there is a difference that prevents a rerun. */
export function refuse(difference: string | null): void {
  if (difference !== null) throw new UserError(`${difference} Nothing was run.`);
}

/** One line per run of the rerun, and whether all numbers are the same. */
export function verdicts(before: Results, after: readonly RunResults[]): { lines: string[]; same: boolean } {
  const found = finishedRuns(before).map((run, index) => {
    const { same, sentence } = verdict(run, after[index]);
    return { same, line: `${run.name}: ${sentence}` };
  });
  return { lines: found.map(({ line }) => line), same: found.every(({ same }) => same) };
}
