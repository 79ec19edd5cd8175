/**
 * Temporary files of this session in the browser's origin-private file system, for data that is too large for memory and can be
 * recomputed. Each session has its own folder and a lock of the same name. The browser releases the lock when the session ends,
 * also after a crash, so a folder whose lock is free is stale.
 */
import { folderBytes } from './folder-bytes';
import { freeBytes } from './free-bytes';
import { canSyncAccess, openSyncAccess, readAll, type SyncAccessHandle, writeAll } from './sync-access';

/** A file that stays open until it is deleted. It contains 32-bit floats; `at` is an index of these. */
export interface PrivateFile {
  /** @throws DOMException if there is no room */
  write(numbers: Float32Array, at: number): void;
  /** @throws DOMException if they cannot be read */
  read(into: Float32Array, at: number): void;
  delete(): Promise<void>;
}

const ROOT = 'kept between steps';
const lockOf = (folder: string) => `atomtune files of ${folder}`;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

let ownFolder: Promise<FileSystemDirectoryHandle> | null = null;

/** Null if the browser does not support such files, or outside a worker. */
export async function createPrivateFile(): Promise<PrivateFile | null> {
  try {
    // Do not create a file that cannot be opened.
    if (!canSyncAccess()) return null;
    ownFolder ??= claimFolder();
    const folder = await ownFolder;
    const name = crypto.randomUUID();
    const file = await folder.getFileHandle(name, { create: true });
    const handle = await openSyncAccess(file);
    return handle && opened(handle, () => folder.removeEntry(name));
  } catch {
    return null;
  }
}

/** Total size that such files may have, bytes; 0 if they are not supported. */
export async function privateBytes(): Promise<number> {
  if (!navigator.storage?.getDirectory || !navigator.locks) return 0;
  return (await freeBytes().catch(() => null)) ?? 0;
}

/** Bytes of all such files, of this session and others. */
export const temporaryBytes = () => folderBytes(ROOT);

/** Deletes the files of ended sessions. */
export async function deleteStaleFiles(): Promise<void> {
  try {
    const root = await rootFolder();
    for await (const name of root.keys()) {
      await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
        if (lock) await root.removeEntry(name, { recursive: true });
      });
    }
  } catch {
    // Stale files only take disk space; the next session tries again.
  }
}

async function rootFolder(): Promise<FileSystemDirectoryHandle> {
  const storage = await navigator.storage.getDirectory();
  return storage.getDirectoryHandle(ROOT, { create: true });
}

async function claimFolder(): Promise<FileSystemDirectoryHandle> {
  const name = crypto.randomUUID();
  // Acquire the lock before creating the folder; otherwise another session would consider the folder stale.
  await new Promise<void>((claimed, failed) => {
    const forever = () => {
      claimed();
      return new Promise<void>(() => {});
    };
    navigator.locks.request(lockOf(name), forever).catch(failed);
  });
  return (await rootFolder()).getDirectoryHandle(name, { create: true });
}

function opened(handle: SyncAccessHandle, remove: () => Promise<void>): PrivateFile {
  return {
    write(numbers, at) {
      writeAll(handle, numbers, at * BYTES);
    },
    read(into, at) {
      readAll(handle, into, at * BYTES);
    },
    async delete() {
      handle.close();
      await remove().catch(() => {});
    },
  };
}
