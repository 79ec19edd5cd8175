/** What a worker's file handles offer beyond a page's: bytes read and written in place, at once. */
export interface SyncAccessHandle {
  /** Bytes written: may be fewer than were given. */
  write(bytes: ArrayBufferView, options: { at: number }): number;
  read(into: ArrayBufferView, options: { at: number }): number;
  getSize(): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}

// The DOM's types leave out what workers alone have.
const createSyncAccessHandle = () =>
  (FileSystemFileHandle.prototype as Partial<{ createSyncAccessHandle(): Promise<SyncAccessHandle> }>)
    .createSyncAccessHandle;

/** Whether the browser has such handles here: only workers do. */
export const canSyncAccess = () =>
  typeof FileSystemFileHandle !== 'undefined' && createSyncAccessHandle() !== undefined;

/**
 * Opens a file of the origin-private file system; nobody else can until it is closed. Null where `canSyncAccess` says no.
 * @throws DOMException `NoModificationAllowedError` while it is open elsewhere.
 */
export async function openSyncAccess(file: FileSystemFileHandle): Promise<SyncAccessHandle | null> {
  return createSyncAccessHandle()?.call(file) ?? null;
}

/** Writes all of `bytes`. @throws DOMException `QuotaExceededError` when there is no room */
export function writeAll(handle: SyncAccessHandle, bytes: ArrayBufferView, at: number): void {
  if (handle.write(bytes, { at }) < bytes.byteLength) throw short('written');
}

/** Fills all of `into`. @throws DOMException when there is less */
export function readAll(handle: SyncAccessHandle, into: ArrayBufferView, at: number): void {
  if (handle.read(into, { at }) < into.byteLength) throw short('read');
}

const short = (done: string) => new DOMException(`Not everything was ${done}.`, 'QuotaExceededError');
