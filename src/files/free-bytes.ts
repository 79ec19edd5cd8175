/** Free storage of this page, bytes; null if the browser does not report it. */
export async function freeBytes(): Promise<number | null> {
  const { quota, usage = 0 } = await navigator.storage.estimate();
  return quota === undefined ? null : Math.max(0, quota - usage);
}
