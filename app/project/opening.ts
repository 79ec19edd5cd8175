/** Opens stored projects: records become the session, the engine is given backbone, images and models. */
import { UserError } from '../../src/core/user-error';
import { OPENING } from '../store/model-actions';
import { isActive, type RunRecord } from '../store/run-record';
import { read, type Session, type TunedModel, useSession, write } from '../store/session';
import { goTo } from '../store/step';
import { type Configuration, DEFAULT_CONFIGURATION, serialiseUrl } from '../store/url';
import { readHeaders, readStored, type StoredParts } from './database';
import { claim, releaseLock } from './lock';
import { migrated } from './migrations';
import { withoutSaving } from './saving';
import { datasetSchema, modelSchema, type ProjectHeader, projectSchema, runSchema } from './schema';
import { projectOfTab, rememberInTab } from './tab';

/** The parts of the session that belong to a project. */
type OfProject = Pick<
  Session,
  | 'configuration'
  | 'backbone'
  | 'backboneChoice'
  | 'dataset'
  | 'source'
  | 'reading'
  | 'kept'
  | 'runs'
  | 'resuming'
  | 'sweeps'
  | 'queueHeld'
  | 'models'
  | 'unreadable'
>;

/** @throws UserError if the header cannot be read. A part that cannot be read is left out and named. */
export function parseProject(stored: StoredParts): { header: ProjectHeader; session: OfProject } {
  const { header: unchecked, parts } = migrated(stored);
  const header = projectSchema.safeParse(unchecked);
  if (!header.success) throw new UserError(`The project cannot be read: ${issueOf(header.error)}`);
  const { configuration, backbone, backboneChoice, source, sweeps, queueHeld } = header.data;
  const unreadable: Session['unreadable'][number][] = [];
  const all = (kind: string, order: readonly string[]) =>
    parts.filter((part) => part.kind === kind).sort((a, b) => placeIn(order, a.id) - placeIn(order, b.id));
  const runs = all('run', header.data.runs).flatMap(({ id, value }) => {
    const run = runSchema.safeParse(value);
    if (run.success) return [run.data satisfies RunRecord as RunRecord];
    unreadable.push({ name: nameOf(value) ?? id, why: issueOf(run.error) });
    return [];
  });
  const models = all('model', header.data.models).flatMap(({ id, value }) => {
    const model = modelSchema.safeParse(value);
    if (model.success) return [{ ...model.data, gone: OPENING, kept: true } satisfies TunedModel];
    unreadable.push({ name: nameOf(value) ?? id, why: issueOf(model.error) });
    return [];
  });
  const [summary] = all('data', []);
  const dataset = summary ? datasetSchema.safeParse(summary.value) : null;
  if (dataset && !dataset.success) unreadable.push({ name: 'The images', why: issueOf(dataset.error) });
  return {
    header: header.data,
    session: {
      ...{
        configuration,
        backbone,
        backboneChoice,
        source,
        kept: source,
        sweeps,
        queueHeld,
        models,
        unreadable,
      },
      dataset: dataset?.data ?? null,
      reading: dataset?.data?.reading ?? {},
      // They trained when the page was closed.
      runs: runs.map((run) => (isActive(run) ? { ...run, status: 'interrupted' } : run)),
      resuming: runs.filter(({ status }) => status === 'running').map(({ id }) => id),
    },
  };
}

/** For sorting: the place of `id` in `order`; after all others if it has none. */
export const placeIn = (order: readonly string[], id: string) =>
  order.includes(id) ? order.indexOf(id) : order.length;

function issueOf({ issues: [issue] }: { issues: { path: PropertyKey[]; message: string }[] }): string {
  return `${issue?.path.map(String).join('.') || 'the whole of it'}: ${issue?.message}.`;
}

/** @throws UserError if there is no such project */
export async function requireStored(id: string): Promise<StoredParts> {
  const stored = await readStored(id);
  if (!stored) throw new UserError('There is no such project in this browser any more.');
  return stored;
}

/** The name in a stored part, whatever else is wrong with it. */
export const nameOf = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
    ? value.name
    : null;

/** Headers of all projects that can be read, the one that was changed last first. */
export async function listProjects(): Promise<ProjectHeader[]> {
  const headers = await readHeaders();
  return headers
    .flatMap((header) => {
      try {
        return [projectSchema.parse(migrated({ header, parts: [] }).header)];
      } catch {
        return [];
      }
    })
    .sort((a, b) => b.changedAt - a.changedAt);
}

/**
 * The project to open with the page: the tab's own after a reload; the last one if the address says nothing, or what that project's
 * configuration says. Any other address configures a new project. Null for none.
 */
export async function projectToOpen(search: string, configuration: Configuration): Promise<string | null> {
  const projects = (await listProjects()).filter(({ deletedAt }) => deletedAt === null);
  const own = projects.find(({ id }) => id === projectOfTab());
  if (own) return own.id;
  const [last] = projects;
  if (!last) return null;
  const isLast = serialiseUrl(configuration) === serialiseUrl(last.configuration);
  return search === '' || isLast ? last.id : null;
}

/**
 * Shows a stored project, with the engine as starting: the caller starts it. If another tab has the project open, this one only reads.
 * @throws UserError if there is no such project, or it cannot be read. The page is not changed then.
 */
export async function showProject(id: string): Promise<void> {
  const { header, session } = parseProject(await requireStored(id));
  const readOnly = !(await claim(id));
  rememberInTab(id);
  await withoutSaving(() => {
    write({
      ...fresh(),
      ...session,
      project: { id, name: header.name, madeAt: header.madeAt, readOnly },
      saving: { status: 'saved' },
      engine: STARTING,
    });
  });
  if (location.hash === '') goTo(header.step);
}

/** Shows an empty page, on which the next import makes a new project. */
export async function showNothing(configuration: Configuration = DEFAULT_CONFIGURATION): Promise<void> {
  await withoutSaving(() => {
    releaseLock();
    write({ ...fresh(), configuration, engine: STARTING });
  });
}

/** The engine does not have yet what the page shows, so no run may start. */
const STARTING = { status: 'starting', progress: null } as const;

/** The session without what belongs to a project. The engine, its memory and the stored backbones stay. */
function fresh(): Partial<Session> {
  const { engine, memory, notices, storage, ...rest } = useSession.getInitialState();
  return rest;
}

/** Queues the runs that trained when the page was closed or the engine lost, where this engine computes what theirs did. */
export function continueInterrupted(): void {
  const { engine, runs, resuming, project } = read();
  if (engine.status !== 'ready' || project?.readOnly) return;
  const { backend, precision } = engine.info;
  write({
    resuming: [],
    runs: runs.map((run) =>
      resuming.includes(run.id) &&
      run.status === 'interrupted' &&
      run.startedOn?.backend === backend &&
      run.startedOn.precision === precision
        ? { ...run, status: 'queued' }
        : run,
    ),
  });
}
