/** Queues reruns of the finished runs of a results file. */
import { UserError } from '../../src/user-error';
import {
  backboneDifference,
  dataDifference,
  engineDifference,
  finishedRuns,
  parseResults,
  settingDifference,
} from '../report/rerun';
import { counted } from '../ui/format';
import { asProblem, type Problem } from './problem';
import { freeName, queuedRun, type RunRecord } from './run-record';
import { announce, comparisonBasis, comparisonLabel, expectedOf, read, type Session, write } from './session';

/** Why the runs cannot be rerun here; null if they were queued. */
export async function runAgain(file: File): Promise<Problem | null> {
  try {
    const added = repeatedRuns(await file.text(), file.name, read());
    write({ runs: [...read().runs, ...added] });
    announce(`Queued: ${counted(added.length, 'run')}.`);
    return null;
  } catch (error) {
    return asProblem(error);
  }
}

/** Throws `UserError` if the runs cannot be rerun here. */
function repeatedRuns(text: string, fileName: string, session: Session): RunRecord[] {
  const { engine, backbone, dataset, settings } = session;
  if (engine.status !== 'ready' || !backbone || !dataset) return [];
  const results = parseResults(text, fileName);
  const runs = finishedRuns(results);
  const difference =
    engineDifference(results, engine.info) ??
    backboneDifference(results, backbone) ??
    dataDifference(results, dataset) ??
    settingDifference(runs, settings);
  if (difference !== null) throw new UserError(`${difference} Nothing was queued.`);
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
