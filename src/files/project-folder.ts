/** Where a project keeps its files in the origin-private file system. Records are in IndexedDB (app/project/). */
import { folderBytes, folderNames } from './folder-bytes';

const ROOT = 'projects';

/** The parts of a project that are files: the images, the models, and the checkpoints of runs that are not over. */
export type ProjectPart = 'data' | 'models' | 'checkpoints';

/** The folder of one set of images or one run, or the folder of all models, to write into; it is made where it is missing. */
export async function projectFolder(
  project: string,
  ...path: [part: ProjectPart, ...inside: string[]]
): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of [ROOT, project, ...path])
    folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
}

/** The same folder to read from; null where there is none. */
export async function existingFolder(
  project: string,
  ...path: [part: ProjectPart, ...inside: string[]]
): Promise<FileSystemDirectoryHandle | null> {
  let folder = await navigator.storage.getDirectory();
  try {
    for (const name of [ROOT, project, ...path]) folder = await folder.getDirectoryHandle(name);
    return folder;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return null;
    throw error;
  }
}

/** Deletes a file or folder of a project; the whole project without a path. Does nothing where there is none. */
export async function deleteInProject(
  project: string,
  ...path: [] | [part: ProjectPart, ...inside: string[]]
): Promise<void> {
  const names = [ROOT, project, ...path];
  const last = names.pop() ?? '';
  try {
    let folder = await navigator.storage.getDirectory();
    for (const name of names) folder = await folder.getDirectoryHandle(name);
    await folder.removeEntry(last, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  }
}

/** Writes a file whole or not at all: the browser writes beside it and replaces it when the stream is closed. */
export async function writeWhole(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: Iterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const file = await folder.getFileHandle(name, { create: true });
  const stream = await file.createWritable();
  try {
    for (const part of content) await stream.write(part);
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => {});
    throw error;
  }
}

/** The file's content; null if there is none. */
export async function readFile(folder: FileSystemDirectoryHandle, name: string): Promise<File | null> {
  const file = await folder.getFileHandle(name).catch(() => null);
  return file?.getFile() ?? null;
}

/** Bytes of all files of a project. */
export const projectBytes = (project: string) => folderBytes(ROOT, project);

/** Every project that has files. */
export const projectsWithFiles = () => folderNames(ROOT);
