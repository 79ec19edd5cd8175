/**
 * Stores the open project as it changes: images and models as files, everything else as records. A run with a model is recorded as over
 * only when the model's file is written; until then its checkpoint stays, and after an accident it ends once more, with the same numbers.
 */
import { canonical } from '../../src/canonical';
import type { DatasetSummary, KeptSource } from '../../src/core/dataset';
import { UserError } from '../../src/core/user-error';
import { isNoRoom, NO_ROOM } from '../../src/files/no-room';
import { deleteInProject } from '../../src/files/project-folder';
import { askToKeep } from '../storage/keep';
import { ask } from '../store/engine-actions';
import { changeModel } from '../store/model-actions';
import { asProblem, type Problem } from '../store/problem';
import { isActive, isOver, type RunRecord } from '../store/run-record';
import { expectedData, read, type Session, type TunedModel, useSession, write } from '../store/session';
import { currentStep } from '../store/step';
import { type Change, store } from './database';
import { projectHeader } from './header';
import { claim } from './lock';
import { deleteModelFile, writeModelFile } from './model-files';
import type { ProjectHeader } from './schema';
import { rememberInTab } from './tab';

/** Milliseconds after a change, and after one that is only the progress of a run, in which further changes are gathered. */
const SOON = 300;
const PROGRESS = 3000;
/** Milliseconds after which something that could not be stored is tried again. */
const AGAIN = 10_000;

/** What is stored, by reference: the session's objects are replaced when they change. */
interface Stored {
  header: unknown[];
  dataset: DatasetSummary | null;
  runs: ReadonlyMap<string, RunRecord>;
  models: ReadonlyMap<string, TunedModel>;
  kept: KeptSource | null;
}

const NOTHING: Stored = { header: [], dataset: null, runs: new Map(), models: new Map(), kept: null };

let stored = NOTHING;
let timer: { due: number; id: ReturnType<typeof setTimeout> } | null = null;
let flushing: Promise<void> | null = null;
let keeping = false;
/** Before this time no file is written, because the last one could not be. */
let patience = 0;
/** Set while the session does not show a project as it is. */
let suspended = false;

/** Stores the open project whenever it changes, and makes one when there is something to keep. Returns a function that stops it. */
export function watchProject(): () => void {
  const unsubscribe = useSession.subscribe(consider);
  const now = () => consider(read());
  const leaving = () => {
    if (timer) void flush();
  };
  addEventListener('hashchange', now);
  addEventListener('pagehide', leaving);
  document.addEventListener('visibilitychange', leaving);
  return () => {
    unsubscribe();
    removeEventListener('hashchange', now);
    removeEventListener('pagehide', leaving);
    document.removeEventListener('visibilitychange', leaving);
  };
}

/** Replaces the session by that of another project, or of none, without storing the change. */
export async function withoutSaving(replace: () => void): Promise<void> {
  await savedNow();
  suspended = true;
  try {
    replace();
    stored = isOpen(read()) ? storedAs(read()) : NOTHING;
    patience = 0;
  } finally {
    suspended = false;
  }
}

/** Resolves when everything that can be stored is. */
export async function savedNow(): Promise<void> {
  await flushing;
  if (timer) await flush();
}

const isOpen = ({ project }: Session) => project !== null && !project.readOnly;

function consider(session: Session): void {
  if (suspended || session.project?.readOnly) return;
  if (!session.project) {
    if (session.dataset || session.models.length > 0) begin(session);
    return;
  }
  void keepFiles(session);
  const change = changeOf(session);
  if (!change) return;
  const { status } = session.saving;
  if (status === 'saved' && !change.isProgress) write({ saving: { status: 'saving' } });
  schedule(status === 'failed' ? AGAIN : change.isProgress ? PROGRESS : SOON);
}

/** Makes a project of what the page has. */
function begin({ dataset }: Session): void {
  const id = crypto.randomUUID();
  stored = NOTHING;
  void claim(id);
  rememberInTab(id);
  // The browser is asked now because there is something to lose now.
  void askToKeep();
  write({
    project: { id, name: dataset?.name ?? 'Models', madeAt: Date.now(), readOnly: false },
    saving: { status: 'saving' },
  });
}

function schedule(delay: number): void {
  const due = performance.now() + delay;
  if (timer && timer.due <= due) return;
  if (timer) clearTimeout(timer.id);
  timer = { due, id: setTimeout(() => void flush(), delay) };
}

/** References whose change is a change of the header. */
const headerOf = (session: Session): unknown[] => [
  session.project?.name,
  currentStep(),
  session.configuration,
  session.backboneChoice,
  session.backbone,
  session.kept,
  session.sweeps,
  session.queueHeld,
  session.runs.map(({ id }) => id).join(),
  session.models.map(({ summary }) => summary.modelId).join(),
];

/** A run is stored as it was before until its model's file is written. */
const isStorable = (run: RunRecord, { models }: Session) =>
  !models.some(({ summary, kept, gone }) => summary.modelId === run.id && !kept && gone === null);

const storableRuns = (session: Session) => session.runs.filter((run) => isStorable(run, session));
const storableModels = ({ models }: Session) => models.filter(({ kept }) => kept);

function storedAs(session: Session): Stored {
  const runs = new Map(stored.runs);
  for (const id of runs.keys()) if (!session.runs.some((run) => run.id === id)) runs.delete(id);
  for (const run of storableRuns(session)) runs.set(run.id, run);
  return {
    header: headerOf(session),
    dataset: session.dataset ?? stored.dataset,
    runs,
    models: new Map(storableModels(session).map((model) => [model.summary.modelId, model])),
    kept: session.kept,
  };
}

interface Changed {
  runs: RunRecord[];
  models: TunedModel[];
  removed: Change['remove'];
  isProgress: boolean;
}

/** What is not stored yet; null if everything is. */
function changeOf(session: Session): Changed | null {
  const runs = storableRuns(session).filter((run) => stored.runs.get(run.id) !== run);
  const models = storableModels(session).filter((model) => {
    const before = stored.models.get(model.summary.modelId);
    return before?.summary !== model.summary || before?.chosen !== model.chosen;
  });
  const runIds = session.runs.map(({ id }) => id);
  const modelIds = session.models.map(({ summary }) => summary.modelId);
  const removed: Change['remove'] = [
    ...[...stored.runs.keys()]
      .filter((id) => !runIds.includes(id))
      .map((id) => ({ kind: 'run' as const, id })),
    ...[...stored.models.keys()]
      .filter((id) => !modelIds.includes(id))
      .map((id) => ({ kind: 'model' as const, id })),
  ];
  const header = headerOf(session);
  const isSameHeader = header.every((each, index) => each === stored.header[index]);
  const isSameData = session.dataset === null || session.dataset === stored.dataset;
  const isOtherwiseSame = isSameHeader && isSameData && models.length === 0 && removed.length === 0;
  if (isOtherwiseSame && runs.length === 0) return null;
  const goesOn = (run: RunRecord) => isActive(run) && stored.runs.get(run.id)?.status === run.status;
  return { runs, models, removed, isProgress: isOtherwiseSame && runs.every(goesOn) };
}

/** Writes what has changed. A failure is shown, and it is tried again later. */
function flush(): Promise<void> {
  if (timer) clearTimeout(timer.id);
  timer = null;
  flushing = (flushing ?? Promise.resolve()).then(writeChanges).finally(() => {
    flushing = null;
    consider(read());
  });
  return flushing;
}

async function writeChanges(): Promise<void> {
  const session = read();
  const change = isOpen(session) ? changeOf(session) : null;
  if (!change || !session.project) return;
  const { id: project } = session.project;
  const next = storedAs(session);
  const { dataset } = session;
  try {
    const header = await headerRecord(session, [...next.runs.keys()], [...next.models.keys()]);
    await store({
      header,
      put: [
        ...(dataset && dataset !== stored.dataset
          ? [{ kind: 'data' as const, id: 'summary', value: dataset }]
          : []),
        ...change.runs.map((value) => ({ kind: 'run' as const, id: value.id, value })),
        ...change.models.map(({ summary, chosen }) => ({
          ...{ kind: 'model' as const, id: summary.modelId },
          value: { summary, chosen },
        })),
      ],
      remove: change.removed,
    });
    const { kept: before } = stored;
    stored = next;
    await removeLeftovers(project, change, before && before.data !== next.kept?.data ? before : null);
    const now = read();
    const isRest = changeOf(now) !== null || unkept(now).length > 0 || wantsData(now);
    if (!isRest && read().saving.status !== 'saved') write({ saving: { status: 'saved' } });
  } catch (error) {
    failed(error);
  }
}

/** Files that the stored records no longer need. */
async function removeLeftovers(
  project: string,
  { runs, removed }: Changed,
  data: KeptSource | null,
): Promise<void> {
  if (data) await deleteInProject(project, 'data', data.data);
  for (const run of runs) if (isOver(run)) await deleteInProject(project, 'checkpoints', run.id);
  for (const { kind, id } of removed) {
    if (kind === 'run') await deleteInProject(project, 'checkpoints', id);
    if (kind === 'model') await deleteModelFile(project, id);
  }
}

function headerRecord(session: Session, runIds: string[], modelIds: string[]): Promise<ProjectHeader> {
  const { project, configuration, backbone, backboneChoice, kept, sweeps, queueHeld, runs, models } = session;
  if (!project) throw new Error('There is no project.');
  const { id, name, madeAt } = project;
  return projectHeader({
    ...{ id, name, madeAt, step: currentStep(), configuration, backbone, backboneChoice },
    ...{ source: kept, queueHeld, sweeps, dataset: session.dataset ?? stored.dataset },
    runs: runs.map((run) => run.id).filter((each) => runIds.includes(each)),
    models: models.map(({ summary }) => summary.modelId).filter((each) => modelIds.includes(each)),
  });
}

function failed(error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  const isFull = isNoRoom(error);
  const message = isFull
    ? NO_ROOM
    : error instanceof UserError
      ? why
      : `This browser did not store it: ${why} If this disk is full, free space on it; it is tried again. Else export the project or download the adapters before you close the page.`;
  const problem: Problem = { kind: 'user', message };
  write({ saving: { status: 'failed', problem, isFull } });
}

// ---------------------------------------------------------------- files

/** Models whose file is not written yet. */
const unkept = ({ models }: Session) => models.filter(({ kept, gone }) => !kept && gone === null);

/** The images are not kept yet, or with other corrections. */
const wantsData = ({ dataset, kept, keptIsFormer }: Session) =>
  dataset !== null && (kept === null || keptIsFormer);

/** Writes the files of images and models that have none yet, one after another. */
async function keepFiles(session: Session): Promise<void> {
  if (keeping || session.engine.status !== 'ready' || !session.project) return;
  const { dataset, importing, project } = session;
  const writesData = importing === null && wantsData(session);
  const [model] = unkept(session);
  if ((!writesData && !model) || performance.now() < patience) return;
  keeping = true;
  try {
    if (writesData && dataset) await keepData(project.id, dataset);
    else if (model) await keepModel(project.id, model);
  } catch (error) {
    // A call that was ended is made again when the engine is back.
    if (asProblem(error)) {
      patience = performance.now() + AGAIN;
      setTimeout(() => consider(read()), AGAIN);
      failed(error);
    }
  } finally {
    keeping = false;
    consider(read());
  }
}

async function keepData(project: string, dataset: DatasetSummary): Promise<void> {
  const data = crypto.randomUUID();
  await ask('keepData', { project, data, expected: expectedData(dataset) });
  const now = read();
  // Other images may have been read meanwhile, or another project opened.
  if (now.project?.id !== project || !wantsData(now) || !isSameData(now.dataset, dataset))
    return deleteInProject(project, 'data', data);
  const kept = { kind: 'kept', project, data } as const;
  write({ kept, keptIsFormer: false, ...(now.source?.kind === 'kept' && { source: kept }) });
}

const isSameData = (now: DatasetSummary | null, { hash, reading }: DatasetSummary) =>
  now?.hash === hash && canonical(now.reading) === canonical(reading);

async function keepModel(project: string, model: TunedModel): Promise<void> {
  const { modelId, name } = model.summary;
  const { file } = await ask('exportAdapter', { modelId, name });
  await writeModelFile(project, modelId, file);
  if (read().project?.id === project) changeModel(modelId, { kept: true });
}
