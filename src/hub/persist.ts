/**
 * Asks the browser not to clear this page's files when the disk fills up. Only a page can request this, not a worker, and some
 * browsers ask the person for permission, so call it in the handler of the click that starts a download. Returns false if the
 * browser may still clear the files; they can be downloaded again.
 */
export async function askToPersist(): Promise<boolean> {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}
