/** Keeps the screen, and with it the computer, awake while a run trains, where the browser grants it. */
import { activeRun, read, useSession } from './session';

/** Returns a function that stops it. */
export function watchWakeLock(): () => void {
  let lock: WakeLockSentinel | null = null;
  let asking = false;

  async function consider(): Promise<void> {
    const wanted = activeRun(read())?.status === 'running' && !document.hidden;
    if (!wanted) {
      await lock?.release();
      lock = null;
      return;
    }
    // The browser releases it by itself in a hidden tab.
    if (asking || (lock && !lock.released) || !('wakeLock' in navigator)) return;
    asking = true;
    try {
      lock = await navigator.wakeLock.request('screen');
    } catch {
      // Not granted, for example with a low battery.
    } finally {
      asking = false;
    }
  }

  const now = () => void consider();
  const unsubscribe = useSession.subscribe(({ runs }, before) => {
    if (runs !== before.runs) now();
  });
  document.addEventListener('visibilitychange', now);
  return () => {
    unsubscribe();
    document.removeEventListener('visibilitychange', now);
    void lock?.release();
  };
}
