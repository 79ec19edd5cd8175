/** Bytes that the browser will still store for this page; null where it does not say. */
export async function freeBytes(): Promise<number | null> {
  const { quota, usage = 0 } = await navigator.storage.estimate();
  return quota === undefined ? null : Math.max(0, quota - usage);
}
