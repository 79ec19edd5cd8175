/** File handles for synchronous reads and writes in place; available only in workers. */
export interface SyncAccessHandle {
  /** Returns the number of bytes written, which may be less than given. */
  write(bytes: ArrayBufferView, options: { at: number }): number;
  read(into: ArrayBufferView, options: { at: number }): number;
  getSize(): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}

// The DOM's types omit what only workers have.
const createSyncAccessHandle = () =>
  (FileSystemFileHandle.prototype as Partial<{ createSyncAccessHandle(): Promise<SyncAccessHandle> }>)
    .createSyncAccessHandle;

/** Whether such handles are available here; only workers have them. */
export const canSyncAccess = () =>
  typeof FileSystemFileHandle !== 'undefined' && createSyncAccessHandle() !== undefined;

/**
 * Opens a file of the origin-private file system exclusively. Null if `canSyncAccess()` is false.
 * @throws DOMException `NoModificationAllowedError` while it is open elsewhere.
 */
export async function openSyncAccess(file: FileSystemFileHandle): Promise<SyncAccessHandle | null> {
  return createSyncAccessHandle()?.call(file) ?? null;
}

/** Writes all of `bytes`. @throws DOMException `QuotaExceededError` when there is no room */
export function writeAll(handle: SyncAccessHandle, bytes: ArrayBufferView, at: number): void {
  if (handle.write(bytes, { at }) < bytes.byteLength) throw short('written');
}

/** Fills all of `into`. @throws DOMException if there is less */
export function readAll(handle: SyncAccessHandle, into: ArrayBufferView, at: number): void {
  if (handle.read(into, { at }) < into.byteLength) throw short('read');
}

const short = (done: string) => new DOMException(`Not everything was ${done}.`, 'QuotaExceededError');
