/** Runs are trained one after another. Events are batched, because they arrive more often than the page should redraw. */

import type { EngineInfo } from '../../src/core/engine';
import type { RunAction, RunEvent } from '../../src/core/run';
import { NO_ROOM } from '../../src/files/no-room';
import { counted } from '../ui/format';
import { memoryCapBytes } from './defaults';
import { ask } from './engine-actions';
import { isLoss, mayRecover } from './losses';
import { addModel, dropModel } from './model-actions';
import { offerAfter } from './notification';
import { fitsPresent, obstacleFor, runObstacle } from './permissions';
import { asProblem, type Problem } from './problem';
import {
  freeName,
  isActive,
  isOver,
  outcomeOf,
  queuedRun,
  type RunRecord,
  smallerMicroBatch,
  styleOf,
  trialNames,
  withEvents,
  withoutResult,
  withResult,
} from './run-record';
import {
  announce,
  chosenSweep,
  comparisonBasis,
  comparisonLabel,
  expectedOf,
  read,
  type SavedSweep,
  useSession,
  write,
} from './session';
import { type Outcome, trialKey, wantedTrials } from './sweep';
import { noteEvent } from './watch-slowdown';

const DRAW_EVERY_MS = 200;

let cancelRun: AbortController | null = null;
/** Settles when the engine's call ends, even if the run was removed from the list; null if no run is training. */
let training: Promise<void> | null = null;

/** Queues the chosen settings with the chosen values and seeds. */
export function runChosen(): void {
  const { dataset, backbone } = read();
  if (!dataset || !backbone || runObstacle(read()) !== null) return;
  const id = crypto.randomUUID();
  const basis = comparisonBasis(dataset, backbone);
  const added: SavedSweep = { sweep: chosenSweep(read(), dataset), basis, removed: [] };
  write({ sweeps: { ...read().sweeps, [id]: added } });
  extend(id);
}

/** Queues what the sweeps of a project still want: the page may have been closed just after one of their runs had ended. */
export function extendSweeps(): void {
  for (const id of Object.keys(read().sweeps)) extend(id);
}

/** Queues the next trials of a sweep, which depend on the outcomes so far. */
function extend(id: string): void {
  const known = read().sweeps[id];
  if (!known) return;
  const { sweep, basis, removed } = known;
  const { runs, dataset, backbone, engine } = read();
  // The data or backbone has changed, so the remaining trials are not comparable with the earlier ones.
  if (!dataset || !backbone || !fitsPresent(basis, read())) return;
  const data = comparisonLabel(dataset, backbone);
  const expected = expectedOf(dataset, backbone);
  const own = runs.filter((run) => run.sweep === id);
  const present = new Set(own.map(trialKey));
  const outcomes = new Map<string, Outcome>([...removed].map((key) => [key, null]));
  for (const run of own) if (isOver(run)) outcomes.set(trialKey(run), outcomeOf(run));
  const added: RunRecord[] = [];
  for (const trial of wantedTrials(sweep, outcomes)) {
    const key = trialKey(trial);
    if (present.has(key) || removed.includes(key)) continue;
    const others = [...runs, ...added];
    const { name, armName } = trialNames(trial, sweep.hyperparameters, sweep.choice.seeds);
    const { role, config, setting } = trial;
    added.push(
      queuedRun(setting, {
        ...{
          id: crypto.randomUUID(),
          name: freeName(name, others),
          armName,
          role,
          sweep: id,
          config,
          data,
          basis,
          expected,
        },
        memoryCap: memoryCapBytes(sweep.hyperparameters),
        style: styleOf({ basis, armName, role }, others, engine.status === 'ready' ? engine.info : null),
      }),
    );
  }
  if (added.length > 0) write({ runs: [...read().runs, ...added] });
}

export const pauseRun = (run: RunRecord) => control(run, 'pause', 'paused');
export const resumeRun = (run: RunRecord) => control(run, 'resume', 'running');
/** Ends the run. The parameters of its best epoch are kept. */
export const stopRun = (run: RunRecord) => control(run, 'stop', 'stopping');

/** Stops the current run and removes the waiting ones; their sweeps end. */
export async function stopAll(): Promise<void> {
  const { runs } = read();
  const waiting = runs.filter(({ status }) => status === 'queued');
  write({ runs: runs.filter((run) => !waiting.includes(run)), sweeps: {} });
  const active = runs.find(isActive);
  if (active) await stopRun(active);
  announce(
    `${active ? `${active.name} is stopping. ` : ''}Removed: ${counted(waiting.length, 'waiting run')}.`,
  );
}

export function renameRun(id: string, name: string): void {
  const { runs } = read();
  const trimmed = name.trim().slice(0, 60);
  if (trimmed === '') return;
  const others = runs.filter((run) => run.id !== id);
  change(id, (run) => ({ ...run, name: freeName(trimmed, others) }));
}

/** Writes the person's note and tags of a run. */
export function annotateRun(id: string, note: string, tags: readonly string[]): void {
  change(id, (run) => ({ ...run, note: note.trim(), tags: [...tags] }));
}

/** Hides runs in the charts, or shows them again. */
export function hideRuns(runs: readonly RunRecord[], hidden: boolean): void {
  const ids = new Set(runs.map(({ id }) => id));
  write({ runs: read().runs.map((run) => (ids.has(run.id) ? { ...run, hidden } : run)) });
}

/** Removes the run from the list. An active run is ended and its model is discarded. */
export function removeRun(run: RunRecord): void {
  if (isActive(run)) cancelRun?.abort();
  const { sweeps, runs } = read();
  const sweep = run.sweep === null ? undefined : sweeps[run.sweep];
  if (run.sweep && sweep) {
    const removed = [...sweep.removed, trialKey(run)];
    write({ sweeps: { ...sweeps, [run.sweep]: { ...sweep, removed } } });
  }
  write({ runs: runs.filter(({ id }) => id !== run.id) });
  if (run.model) dropModel(run.model.modelId);
  if (run.sweep) extend(run.sweep);
}

/** Swaps a queued run with the previous or next queued run. */
export function moveRun({ id }: RunRecord, by: -1 | 1): void {
  const { runs } = read();
  const waiting = runs.filter(({ status }) => status === 'queued');
  const other = waiting[waiting.findIndex((run) => run.id === id) + by];
  if (!other) return;
  const swapped = runs.map((run) =>
    run.id === id ? other : run.id === other.id ? runs.find((each) => each.id === id) : run,
  );
  write({ runs: swapped.filter((run) => run !== undefined) });
  announce(`Moved ${by < 0 ? 'before' : 'after'} ${other.name}.`);
}

/** Pauses or continues the queue: while it is paused, no further run starts. The current run continues. */
export function holdQueue(queueHeld: boolean): void {
  write({ queueHeld });
  announce(queueHeld ? 'The queue is paused. No further run starts.' : 'The queue continues.');
}

/** Removes queued runs, aborts the current run and waits until it has ended. Called before the engine is restarted. */
export async function endRuns(): Promise<void> {
  write({ runs: read().runs.filter(({ status }) => status !== 'queued'), sweeps: {} });
  cancelRuns();
  await runEnded();
}

/** Ends the current run of a session that is no longer shown. */
export const cancelRuns = () => cancelRun?.abort();

/** Resolves when the current run, if any, has ended. */
export async function runEnded(): Promise<void> {
  await training;
}

/** Starts the next run whenever that is possible. Returns a function that stops it. */
export function watchQueue(): () => void {
  return useSession.subscribe(runNext);
}

/** Starts the first queued run that fits the current data and backbone. Other runs stay queued until theirs are loaded again. */
function runNext(): void {
  const session = read();
  if (session.queueHeld || obstacleFor('train')(session) !== null) return;
  const run = session.runs.find(({ status, basis }) => status === 'queued' && fitsPresent(basis, session));
  if (!run) return;
  training = train(run).finally(() => {
    training = null;
    if (run.sweep) extend(run.sweep);
    write({ training: null });
  });
}

async function train(run: RunRecord): Promise<void> {
  const cancel = new AbortController();
  cancelRun = cancel;
  write({ training: run.id });
  const { engine, project } = read();
  const startedOn = engine.status === 'ready' ? computedOn(engine.info) : null;
  change(run.id, (each) => ({ ...each, status: 'running', startedOn }));
  announce(`${run.name} has started.`);
  const began = performance.now();
  const { gather, flush } = batched((events) => {
    noteCheckpoints(events);
    change(run.id, (each) => withEvents(each, events));
  });
  try {
    const { result, model } = await ask(
      'train',
      {
        runId: run.id,
        name: run.name,
        config: run.config,
        memoryCap: run.memoryCap,
        mostAtOnce: run.mostAtOnce,
        expected: run.expected,
        scoreTest: run.role === 'final',
        project: project?.id ?? null,
      },
      {
        onProgress: (event, at = Date.now()) => {
          noteEvent(run, event, at);
          gather(event);
        },
        signal: cancel.signal,
      },
    );
    flush();
    const kept = run.role === 'final' && read().runs.some(({ id }) => id === run.id);
    change(run.id, (each) => withResult(each, result, kept ? model : null));
    if (kept) addModel(model);
    else void ask('forget', { modelId: model.modelId }).catch(() => {}); // If the engine was terminated, the model is already gone.
    announce(ending(read().runs.find(({ id }) => id === run.id)));
  } catch (error) {
    flush();
    const problem = asProblem(error);
    const planned = read().runs.find(({ id }) => id === run.id);
    // Recovery ends an engine that does not answer any more.
    const again = read().resuming.includes(run.id) ? {} : planned && whatChanges(planned, problem);
    if (again) {
      change(run.id, (each) => ({
        ...each,
        ...again,
        ...{ status: 'interrupted', phase: null, secondsLeft: null },
      }));
      write({ resuming: [...new Set([...read().resuming, run.id])] });
    } else {
      change(run.id, (each) => withoutResult(each, problem));
      if (problem) announce(`${run.name} failed. ${problem.message}`);
    }
  }
  // It is said of a run that trains.
  write({ checkpointProblem: null });
  offerAfter((performance.now() - began) / 1000);
}

/** What changes of a run that goes on by itself after this problem and a restart of the engine; null if it does not. */
function whatChanges(run: RunRecord, problem: Problem | null): Partial<RunRecord> | null {
  if (problem && isLoss(problem) && mayRecover()) return {};
  const mostAtOnce = smallerMicroBatch(run, problem);
  return mostAtOnce === null ? null : { mostAtOnce };
}

const computedOn = ({ backend, precision }: EngineInfo) => ({ backend, precision });

/** Says so where the points of runs cannot be saved, until one is. */
function noteCheckpoints(events: readonly RunEvent[]): void {
  const last = events.findLast(({ kind }) => kind === 'saved' || kind === 'unsaved');
  const checkpointProblem = last?.kind === 'unsaved' ? (last.isFull ? NO_ROOM : last.message) : null;
  if (last && checkpointProblem !== read().checkpointProblem) write({ checkpointProblem });
}

/** Queues an interrupted run again; the engine continues it from its last saved point. */
export function continueRun({ id }: RunRecord): void {
  change(id, (run) => ({ ...run, status: 'queued' }));
}

/** The row shows the new status at once; the engine follows at the next turn of its work. */
async function control(run: RunRecord, action: RunAction, status: RunRecord['status']): Promise<void> {
  const turnTo = (next: RunRecord['status']) =>
    change(run.id, (each) => (isActive(each) ? { ...each, status: next } : each));
  write({ runProblem: null });
  turnTo(status);
  announce(`${run.name} ${STATUS_WORDS[action]}.`);
  try {
    await ask('control', { runId: run.id, action });
  } catch (error) {
    turnTo(run.status);
    write({ runProblem: asProblem(error) });
  }
}

const STATUS_WORDS: Record<RunAction, string> = {
  pause: 'is paused',
  resume: 'continues',
  stop: 'is stopping',
};

function change(id: string, how: (run: RunRecord) => RunRecord): void {
  write({ runs: read().runs.map((run) => (run.id === id ? how(run) : run)) });
}

function batched(apply: (events: RunEvent[]) => void) {
  let events: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (events.length > 0) apply(events);
    events = [];
  };
  const gather = (event: RunEvent) => {
    events.push(event);
    timer ??= setTimeout(flush, DRAW_EVERY_MS);
  };
  return { gather, flush };
}

function ending(run: RunRecord | undefined): string {
  if (!run) return '';
  if (run.problem) return `${run.name} failed. ${run.problem.message}`;
  return `${run.name} ${run.status === 'stopped' ? `was stopped${run.model ? '. Its best epoch is kept' : ''}` : 'has finished'}.`;
}
