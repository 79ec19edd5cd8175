/**
 * The page's side of its service worker (service-worker/): registers it, offers a new version, and reloads only when the person asks for
 * it, with one exception. On a host that does not send the page's headers, the worker adds them from the next load on, so the first visit
 * reloads itself once as long as nothing has begun.
 */
import { OTHER_TABS, TAKE_OVER } from '../../service-worker/messages';
import { STARTER } from '../../src/hub/starter';
import { read, type Session, write } from '../store/session';

/** Milliseconds between two looks for a new version, while the page stays open. */
const HOUR = 60 * 60 * 1000;
const RELOADED = 'atomtune: reloaded for its headers';

/** The new version, which waits for this one to end. */
let waiting: ServiceWorker | null = null;

/** Does nothing in development, and in browsers without service workers. */
export async function watchVersions(): Promise<void> {
  if (!import.meta.env.PROD || !navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register('./service-worker.js');
  } catch (error) {
    // The storage is full or forbidden. The page works all the same, but only with a network.
    return console.warn(error);
  }
  const registration = await navigator.serviceWorker.getRegistration();
  if (!registration) return;
  const isFirst = registration.active === null;
  watch(registration, registration.waiting ?? registration.installing);
  registration.addEventListener('updatefound', () => watch(registration, registration.installing));
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === OTHER_TABS) write({ newVersion: 'other tabs' });
  });
  // Without a network there is none.
  setInterval(() => void registration.update().catch(() => {}), HOUR);
  if (!isFirst || crossOriginIsolated) return;
  await navigator.serviceWorker.ready;
  if (mayReloadItself(read()) && isRemembered()) location.reload();
}

function watch(registration: ServiceWorkerRegistration, worker: ServiceWorker | null): void {
  const consider = () => {
    // The first version has nothing to wait for.
    if (worker?.state !== 'installed' || !registration.active) return;
    waiting = worker;
    write({ newVersion: 'ready' });
  };
  worker?.addEventListener('statechange', consider);
  consider();
}

/** Reloads the page with the new version, unless other tabs use this one. */
export function takeNewVersion(): void {
  const worker = waiting;
  worker?.addEventListener('statechange', () => {
    if (worker.state === 'activated') location.reload();
  });
  worker?.postMessage(TAKE_OVER);
}

/** Whether nothing has begun that a reload would end. */
export const mayReloadItself = (session: Session): boolean =>
  session.project === null &&
  session.dataset === null &&
  session.importing === null &&
  session.projectWork === null &&
  session.loadingBackbone === null &&
  session.backboneChoice === STARTER &&
  session.recognizing === null &&
  !session.loadingAdapter &&
  session.models.length === 0 &&
  session.toClassify.images.length === 0;

/** Remembers that this tab has reloaded itself; false if it already had, or cannot remember. */
function isRemembered(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED) !== null) return false;
    sessionStorage.setItem(RELOADED, 'true');
    return true;
  } catch {
    return false;
  }
}
