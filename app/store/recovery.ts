/** A lost device: the engine is restarted by itself, and the run goes on, unless the device is lost again and again. */
import { mayRecover, noteLoss } from './device-losses';
import { restartEngine } from './page-actions';
import { runEnded } from './queue';
import { read, useSession, write } from './session';

/** Milliseconds in which the engine tells the run that it has failed. */
const PATIENCE = 3000;

/** Restarts the engine whenever the device is lost. Returns a function that stops it. */
export function watchLosses(): () => void {
  return useSession.subscribe(({ engine }, before) => {
    if (engine === before.engine || engine.status !== 'failed' || engine.problem.kind !== 'device-lost')
      return;
    noteLoss();
    if (mayRecover()) void recover();
  });
}

async function recover(): Promise<void> {
  await Promise.race([runEnded(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  await restartEngine();
  if (read().engine.status === 'ready')
    write({ notice: 'The GPU device was lost. The engine was restarted and goes on where it was.' });
}
