/**
 * Files of this session in the browser's origin-private file system, for what is too large for memory and can be computed
 * again. Each session has a folder of its own and a lock of the same name, which the browser takes back when the session
 * ends, however it ends: a folder whose lock is free is stale.
 */
import { freeBytes } from './free-bytes';
import { canSyncAccess, openSyncAccess, readAll, type SyncAccessHandle, writeAll } from './sync-access';

/** A file that is open until it is deleted. Numbers are 32-bit floats, `at` counts them. */
export interface PrivateFile {
  /** @throws DOMException when there is no room */
  write(numbers: Float32Array, at: number): void;
  /** @throws DOMException when they cannot be read */
  read(into: Float32Array, at: number): void;
  delete(): Promise<void>;
}

const ROOT = 'kept between steps';
const lockOf = (folder: string) => `atomtune files of ${folder}`;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

let ownFolder: Promise<FileSystemDirectoryHandle> | null = null;

/** Null where the browser has no such files, or not here: only workers do. */
export async function createPrivateFile(): Promise<PrivateFile | null> {
  try {
    // Where none can be opened, none is made either.
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

/** Bytes that such files may take in all; 0 where there are none. */
export async function privateBytes(): Promise<number> {
  if (!navigator.storage?.getDirectory || !navigator.locks) return 0;
  return (await freeBytes().catch(() => null)) ?? 0;
}

/** Deletes what sessions that have ended left behind. */
export async function deleteStaleFiles(): Promise<void> {
  try {
    const root = await rootFolder();
    for await (const name of root.keys()) {
      await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
        if (lock) await root.removeEntry(name, { recursive: true });
      });
    }
  } catch {
    // They take room on the disk and do no other harm; the next session tries again.
  }
}

async function rootFolder(): Promise<FileSystemDirectoryHandle> {
  const storage = await navigator.storage.getDirectory();
  return storage.getDirectoryHandle(ROOT, { create: true });
}

async function claimFolder(): Promise<FileSystemDirectoryHandle> {
  const name = crypto.randomUUID();
  // Before there is a folder, or another session would find it without an owner.
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
