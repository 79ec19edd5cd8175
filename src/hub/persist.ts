/**
 * Asks the browser not to clear this page's files when the disk fills up. Only a page can ask, not a worker, and some browsers
 * ask the person in turn: so call it in the handler of the click that starts a download. False: it may clear them, as it may
 * without asking; the files can be downloaded again.
 */
export async function askToPersist(): Promise<boolean> {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}
