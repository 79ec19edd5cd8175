/** How much a folder of the origin-private file system takes. */

/** Bytes of all files in a folder; 0 if it is not there. */
export async function folderBytes(...path: readonly string[]): Promise<number> {
  const folder = await folderAt(path);
  return folder ? bytesIn(folder) : 0;
}

/** The names of all folders in a folder. */
export async function folderNames(...path: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for await (const { kind, name } of (await folderAt(path))?.values() ?? [])
    if (kind === 'directory') names.push(name);
  return names;
}

/** Null where it is missing, and in browsers without such files. */
async function folderAt(path: readonly string[]): Promise<FileSystemDirectoryHandle | null> {
  try {
    let folder = await navigator.storage.getDirectory();
    for (const name of path) folder = await folder.getDirectoryHandle(name);
    return folder;
  } catch {
    return null;
  }
}

async function bytesIn(folder: FileSystemDirectoryHandle): Promise<number> {
  let sum = 0;
  for await (const entry of folder.values())
    sum +=
      entry.kind === 'directory'
        ? await bytesIn(entry as FileSystemDirectoryHandle) // by its kind
        : await sizeOf(entry as FileSystemFileHandle); // by its kind
  return sum;
}

/** A file may be deleted while the folder is read. */
const sizeOf = (file: FileSystemFileHandle) =>
  file.getFile().then(
    ({ size }) => size,
    () => 0,
  );
