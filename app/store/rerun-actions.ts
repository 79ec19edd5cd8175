/** Queues reruns of the finished runs of a results file, with the labels that it records. */

import type { Correction } from '../../src/core/dataset';
import { UserError } from '../../src/core/user-error';
import {
  backboneDifference,
  dataDifference,
  engineDifference,
  finishedRuns,
  parseResults,
  settingDifference,
} from '../report/rerun';
import type { Results } from '../report/results';
import { counted } from '../ui/format';
import { correctTo } from './data-actions';
import { correctionWords } from './data-words';
import { asProblem, type Problem } from './problem';
import { freeName, queuedRun, type RunRecord } from './run-record';
import { announce, comparisonBasis, comparisonLabel, expectedOf, read, type Session, write } from './session';

/** Why the runs cannot be rerun here; null if they were queued, or if reading the images was cancelled. */
export async function runAgain(file: File): Promise<Problem | null> {
  try {
    const results = parseResults(await file.text(), file.name);
    refuse(differenceBeside(results, read()));
    if (!(await takeCorrections(results))) {
      const { dataProblem } = read();
      write({ dataProblem: null });
      return dataProblem;
    }
    const added = repeatedRuns(results, read());
    write({ runs: [...read().runs, ...added] });
    announce(`Queued: ${counted(added.length, 'run')}.`);
    return null;
  } catch (error) {
    return asProblem(error);
  }
}

/** Throws `UserError` if there is a difference. */
function refuse(difference: string | null): void {
  if (difference !== null) throw new UserError(`${difference} Nothing was queued.`);
}

/** Why the runs cannot be rerun here, other than the data; null if they can. */
function differenceBeside(results: Results, { engine, backbone, settings }: Session): string | null {
  if (engine.status !== 'ready' || !backbone) return null;
  return (
    engineDifference(results, engine.info) ??
    backboneDifference(results, backbone) ??
    settingDifference(finishedRuns(results), settings)
  );
}

/**
 * Reads the images again with the results' corrections of labels, if they lack some. If they are not the images of the runs even then,
 * they are read with their own corrections again, and the difference is thrown. Never undoes a correction of the person.
 * @returns false if the images could not be read; why is in `dataProblem`
 */
async function takeCorrections(results: Results): Promise<boolean> {
  const { dataset } = read();
  if (!dataset || dataset.hash === results.dataset.hash) return true;
  const own = dataset.reading.corrections ?? [];
  const recorded = results.dataset.reading.corrections ?? [];
  const other = own.find((correction) => !recorded.some((each) => isSame(each, correction)));
  if (other)
    refuse(
      `The labels differ: the runs used ${correctionWords(results.dataset)}, these images have ${correctionWords(dataset)}. The correction of “${other.path}”, for example, is not in the results file. Undo such corrections on Data, then choose the file again.`,
    );
  if (own.length === recorded.length) return true;
  if (!(await correctTo(recorded))) return false;
  const now = read().dataset;
  const difference = now && dataDifference(results, now);
  if (difference) {
    await correctTo(own);
    refuse(difference);
  }
  return true;
}

const isSame = (one: Correction, other: Correction) =>
  one.path === other.path && one.className === other.className;

/** Throws `UserError` if the runs cannot be rerun on the present data. */
function repeatedRuns(results: Results, session: Session): RunRecord[] {
  const { engine, backbone, dataset, settings } = session;
  if (engine.status !== 'ready' || !backbone || !dataset) return [];
  refuse(dataDifference(results, dataset));
  const runs = finishedRuns(results);
  const data = comparisonLabel(dataset, backbone);
  const basis = comparisonBasis(dataset, backbone);
  const expected = expectedOf(dataset, backbone);
  const added: RunRecord[] = [];
  for (const before of runs) {
    const { name, armName, role, config, memoryCap, style } = before;
    const setting = settings.find(({ id }) => id === config.setting);
    if (!setting) continue;
    const known = session.runs.find(
      (run) => run.basis === basis && run.armName === armName && run.role === role,
    );
    added.push({
      ...queuedRun(setting, {
        ...{ id: crypto.randomUUID(), armName, role, config, memoryCap, data, basis, expected, sweep: null },
        name: freeName(`${name}, rerun`, [...session.runs, ...added]),
        style: known?.style ?? style,
      }),
      before,
    });
  }
  return added;
}
