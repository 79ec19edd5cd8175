/** A lost device, an engine that is gone and exhausted memory: the engine is restarted by itself where a run can go on. */
import { isLoss, mayRecover, noteLoss } from './losses';
import { restartEngine } from './page-actions';
import { runEnded } from './queue';
import { read, useSession, write } from './session';

/** Milliseconds in which the engine tells the run that it has failed. */
const PATIENCE = 3000;

const NOTICES = {
  'device-lost': 'The GPU device was lost. The engine was restarted and goes on where it was.',
  'engine-ended': 'The engine had ended. It was restarted and goes on where it was.',
  'out-of-memory':
    'Memory ran out. The engine was restarted, and the run goes on with half as many images at a time.',
} as const;

/** Restarts the engine whenever that lets the work go on. Returns a function that stops it. */
export function watchFaults(): () => void {
  return useSession.subscribe(({ engine }, before) => {
    if (engine === before.engine || engine.status !== 'failed') return;
    const { kind } = engine.problem;
    if (isLoss({ kind })) noteLoss();
    if (kind in NOTICES) void recover(kind as keyof typeof NOTICES); // as just asked
  });
}

async function recover(kind: keyof typeof NOTICES): Promise<void> {
  await Promise.race([runEnded(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  const goesOn = isLoss({ kind }) && mayRecover();
  if (read().resuming.length === 0 && !goesOn) return;
  const { training, resuming } = read();
  // The engine does not answer, so the restart ends the run.
  if (goesOn && training !== null) write({ resuming: [...resuming, training] });
  await restartEngine();
  if (read().engine.status === 'ready') write({ notice: NOTICES[kind] });
}
