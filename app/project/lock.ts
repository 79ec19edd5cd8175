/** One tab at a time changes a project: it holds a lock of the project's name. */
import { z } from '../../src/schema';

const lockOf = (project: string) => `atomtune project ${project}`;
const channel = () => new BroadcastChannel('atomtune projects');

/** Another tab may have another version of the page. */
const takeOverSchema = z.object({ takeOver: z.string() });
type TakeOver = z.infer<typeof takeOverSchema>;

let held: { project: string; release: () => void } | null = null;

/** Holds the project's lock until `releaseLock`; false if another tab holds it. */
export async function claim(project: string): Promise<boolean> {
  if (held?.project === project) return true;
  releaseLock();
  return request(project, { ifAvailable: true });
}

export function releaseLock(): void {
  held?.release();
  held = null;
}

/** Does the work while no tab holds the project, and keeps it from being held meanwhile; false, without the work, if one does. */
export function whileFree(project: string, work: () => Promise<void>): Promise<boolean> {
  return navigator.locks.request(lockOf(project), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** Milliseconds that the other tab has to store its last changes. */
const PATIENCE = 5000;

/** Asks the tab that holds the project to give it up, and holds it then. */
export async function takeOver(project: string): Promise<void> {
  const ask = channel();
  ask.postMessage({ takeOver: project } satisfies TakeOver);
  ask.close();
  const impatient = new AbortController();
  const wait = setTimeout(() => impatient.abort(), PATIENCE);
  try {
    await request(project, { signal: impatient.signal });
  } catch {
    // The other tab does not answer.
    await request(project, { steal: true });
  } finally {
    clearTimeout(wait);
  }
}

/** Calls `giveUp` when another tab takes over the project that this one holds; then its lock is released. */
export function watchTakeOver(giveUp: (project: string) => Promise<void>): () => void {
  const hear = channel();
  hear.onmessage = async ({ data }: MessageEvent<unknown>) => {
    const asked = takeOverSchema.safeParse(data).data;
    if (!held || held.project !== asked?.takeOver) return;
    await giveUp(held.project);
    releaseLock();
  };
  return () => hear.close();
}

/** Resolves to whether the lock is held. */
function request(project: string, options: LockOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockOf(project), options, (lock) => {
        resolve(lock !== null);
        if (!lock) return;
        return new Promise<void>((release) => {
          held = { project, release };
        });
      })
      .catch((error: unknown) => {
        // Stolen by another tab.
        if (held?.project === project) held = null;
        reject(error);
      });
  });
}
