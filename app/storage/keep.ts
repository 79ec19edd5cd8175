/** Has the browser asked to keep what is stored when its disk is full. */
import { askToPersist } from '../../src/hub/persist';
import { write } from '../store/session';

/** In the browser's storage as soon as the person was told why it is asked. */
const TOLD = 'atomtune: asked to keep';

/** Asks when there is something to lose, and the first time says so. Does nothing if the browser has agreed before. */
export async function askToKeep(): Promise<void> {
  if (await navigator.storage.persisted().catch(() => true)) return;
  // Some browsers ask the person now, so the reason is shown at the same time.
  if (isFirst()) write({ persistence: 'asked' });
  const granted = await askToPersist();
  write(({ persistence }) => (persistence === null ? {} : { persistence: granted ? 'granted' : 'refused' }));
}

function isFirst(): boolean {
  try {
    const first = localStorage.getItem(TOLD) === null;
    localStorage.setItem(TOLD, 'true');
    return first;
  } catch {
    return true;
  }
}
