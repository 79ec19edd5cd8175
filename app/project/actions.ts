/** What a person does with projects: open, make, rename, duplicate, delete, take over from another tab. */

import { UserError } from '../../src/core/user-error';
import { isNoRoom, noRoomFor } from '../../src/files/no-room';
import { deleteInProject, projectFolder } from '../../src/files/project-folder';
import { endReading } from '../store/backbone-actions';
import { bringUp } from '../store/page-actions';
import { asProblem } from '../store/problem';
import { cancelRuns, runEnded } from '../store/queue';
import { activeRun, announce, read, write } from '../store/session';
import { goTo } from '../store/step';
import { saveFile } from '../ui/save-file';
import { deleteRecords, readStored, store } from './database';
import { takeOver, whileFree } from './lock';
import { listProjects, parseProject, showNothing, showProject } from './opening';
import { savedNow } from './saving';
import { exportProject, importProject } from './zip';

/** Does `work`, and shows why it could not be done. */
async function showingProblems(work: () => Promise<void>): Promise<void> {
  write({ projectProblem: null });
  try {
    await work();
  } catch (error) {
    const projectProblem = asProblem(error);
    write({ projectProblem });
    if (projectProblem) announce(projectProblem.message);
  } finally {
    write({ projectWork: null });
  }
}

/** Leaves the open project as it is stored; a run that trains goes on when the project is opened again. */
async function leave(): Promise<void> {
  await savedNow();
  await endReading();
}

/** Shows another project and restarts the engine for it. */
export const openProject = (id: string) =>
  showingProblems(async () => {
    if (read().project?.id === id) return;
    await leave();
    await showProject(id);
    await changeOver();
    announce(`${read().project?.name} is open.`);
  });

/** Begins with an empty page; the next import makes a project. */
export const newProject = () =>
  showingProblems(async () => {
    await leave();
    await showNothing();
    goTo('data');
    await changeOver();
  });

/** Ends the run of the project before, whose page is gone, and gives the engine what the page shows now. */
async function changeOver(): Promise<void> {
  cancelRuns();
  await runEnded();
  await bringUp();
}

/** Makes this tab the one that changes the project; the other reads it from then on. */
export const takeOverProject = () =>
  showingProblems(async () => {
    const { project } = read();
    if (!project?.readOnly) return;
    await takeOver(project.id);
    await showProject(project.id);
    await changeOver();
    announce('This tab has taken over the project.');
  });

/** Another tab takes over: what changed is stored, the run ends here and goes on there. */
export async function giveUp(): Promise<void> {
  await savedNow();
  const { project } = read();
  if (!project) return;
  const run = activeRun(read());
  write({ project: { ...project, readOnly: true } });
  cancelRuns();
  await runEnded();
  announce(`Another tab has taken over the project${run ? ` and continues ${run.name}` : ''}.`);
}

export const renameProject = (id: string, name: string) =>
  showingProblems(async () => {
    const trimmed = name.trim().slice(0, 80);
    if (trimmed === '') return;
    const { project } = read();
    if (project?.id === id) {
      write({ project: { ...project, name: trimmed } });
      return savedNow();
    }
    await changeHeader(id, { name: trimmed });
  });

/** A deleted project can be brought back until `removeDeleted`. */
export const deleteProject = (id: string) =>
  showingProblems(async () => {
    if (read().project?.id === id) await newProject();
    await changeHeader(id, { deletedAt: Date.now() });
  });

export const undeleteProject = (id: string) => showingProblems(() => changeHeader(id, { deletedAt: null }));

/** Removes projects that were deleted at least so many milliseconds ago. */
export async function removeDeleted(olderThan: number): Promise<void> {
  for (const { id, deletedAt } of await listProjects())
    if (deletedAt !== null && Date.now() - deletedAt >= olderThan) await remove(id);
}

/** Deletes a project at once. @throws UserError while it is open or being written, here or in another tab */
export async function deleteForGood(id: string): Promise<void> {
  if (await remove(id)) return;
  throw new UserError(
    'This project is open or being imported, here or in another tab. Open another project or close that tab first, then delete it.',
  );
}

/** False if a tab holds it. */
const remove = (id: string) =>
  whileFree(id, async () => {
    await deleteRecords(id);
    await deleteInProject(id);
  });

export const duplicateProject = (id: string) =>
  showingProblems(async () => {
    await savedNow();
    const stored = await readStored(id);
    if (!stored) return;
    const { header } = parseProject(stored);
    const copy = crypto.randomUUID();
    await whileFree(copy, async () => {
      try {
        await copyFiles(id, copy);
        await store({
          header: {
            ...header,
            ...{ id: copy, name: `${header.name}, copy`, madeAt: Date.now(), changedAt: Date.now() },
            source: header.source && { ...header.source, project: copy },
          },
          // Parts that cannot be read are copied as they are.
          put: stored.parts.map(({ kind, id, value }) => ({ kind, id, value })),
          remove: [],
        });
      } catch (error) {
        await deleteInProject(copy);
        throw isNoRoom(error) ? noRoomFor('for a copy of the project') : error;
      }
    });
  });

/** Saves the project as a zip. */
export const saveAsZip = (id: string) =>
  showingProblems(async () => {
    await savedNow();
    const zip = await exportProject(id, (projectWork) => write({ projectWork }));
    saveFile(zip, zip.name);
    announce(`${zip.name} is saved.`);
  });

/** Makes a project of a zip and opens it. */
export const openZipOf = (zip: File) =>
  showingProblems(async () => {
    const id = await importProject(zip, (projectWork) => write({ projectWork }));
    await openProject(id);
  });

async function changeHeader(id: string, change: { name?: string; deletedAt?: number | null }): Promise<void> {
  const stored = await readStored(id);
  if (!stored) return;
  const { header } = parseProject(stored);
  await store({ header: { ...header, ...change }, put: [], remove: [] });
}

async function copyFiles(from: string, to: string): Promise<void> {
  for (const part of ['data', 'models', 'checkpoints'] as const)
    await copyFolder(await projectFolder(from, part), await projectFolder(to, part));
}

async function copyFolder(from: FileSystemDirectoryHandle, to: FileSystemDirectoryHandle): Promise<void> {
  for await (const [name, entry] of from.entries()) {
    if (entry.kind === 'directory')
      await copyFolder(
        entry as FileSystemDirectoryHandle, // by its kind
        await to.getDirectoryHandle(name, { create: true }),
      );
    else {
      const stream = await (await to.getFileHandle(name, { create: true })).createWritable();
      const file = await (entry as FileSystemFileHandle).getFile(); // by its kind
      await file.stream().pipeTo(stream);
    }
  }
}
