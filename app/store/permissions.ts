/** Which actions are possible on the page now: maps the session to the table of permissions in the worker's protocol. */
import { type Action, type Activity, obstacleTo } from '../../src/worker/permissions';
import { isActive } from './run-record';
import { chosenSettings, comparisonBasis, type Session } from './session';

function activityOf(session: Session): Activity {
  const { engine, backbone, dataset } = session;
  return {
    engine: engine.status,
    work: workOf(session),
    queued: session.runs.some((run) => run.status === 'queued' && fitsPresent(run.basis, session)),
    hasBackbone: backbone !== null,
    hasData: dataset !== null,
  };
}

function workOf({
  loadingBackbone,
  importing,
  splitting,
  training,
  runs,
  measuring,
}: Session): Activity['work'] {
  if (loadingBackbone) return 'backbone';
  if (importing || splitting) return 'data';
  if (training !== null || runs.some(isActive)) return 'run';
  return measuring ? 'timing' : null;
}

/** Whether a run with this basis can be trained with the current data and backbone. */
export const fitsPresent = (basis: string, { dataset, backbone }: Session): boolean =>
  dataset !== null && backbone !== null && comparisonBasis(dataset, backbone) === basis;

/** Why the action is not possible now, as a sentence; null if it is. A selector: `useSession(obstacleFor('train'))`. */
export const obstacleFor =
  (action: Action) =>
  (session: Session): string | null =>
    session.project?.readOnly && CHANGES.has(action) ? READ_ONLY : obstacleTo(action, activityOf(session));

/** What changes the project. */
const CHANGES: ReadonlySet<Action> = new Set(['train', 'enqueue', 'importData', 'resplit', 'useBackbone']);
const READ_ONLY =
  'This project is open in another tab, which changes it. Take it over at the top of the page first.';

/** Why the chosen settings cannot be queued now; null if they can. */
export function runObstacle(session: Session): string | null {
  const obstacle = obstacleFor('enqueue')(session);
  if (obstacle !== null) return obstacle;
  const chosen = chosenSettings(session);
  if (chosen.length === 0) return 'Choose at least one setting.';
  const tooLarge = chosen.find(({ fault, memory }) => fault === null && !memory.fits);
  return tooLarge
    ? `${tooLarge.label} does not fit into memory; its row in the list of settings says what to do.`
    : null;
}

/** Whether runs or timings are in progress or queued. */
export function isTrainingPending(session: Session): boolean {
  const { work, queued } = activityOf(session);
  return queued || work === 'run' || work === 'timing';
}
