/** Tells the person when the browser slowed or stopped training while nobody looked (slowdown.ts). */
import type { RunEvent } from '../../src/worker/protocol';
import { armOf, isProbe, type RunRecord } from './run-record';
import { activeRun, announce, read, useSession, write } from './session';
import { SlowdownWatch, slowdownWords } from './slowdown';

const BEAT_MS = 1000;

let watch = new SlowdownWatch();
let told = '';

/** Notes a step of a run. `at`: when the engine reported it. */
export function noteStep(run: RunRecord, event: RunEvent, at: number): void {
  if (event.kind !== 'step' || isProbe(run)) return;
  const { batchSize: images } = run.config;
  watch.step({ setting: armOf(run), images, seconds: images / event.imagesPerSecond, at });
  if (!document.hidden) tell();
}

function tell(): void {
  const slowdown = slowdownWords(watch.found);
  if (slowdown === told) return;
  told = slowdown;
  if (slowdown === '') return;
  write({ slowdown });
  announce(slowdown);
}

/** Returns a function that stops it. */
export function watchSlowdown(): () => void {
  watch = new SlowdownWatch();
  told = '';
  let timer: ReturnType<typeof setInterval> | null = null;
  const turn = () => {
    if (document.hidden) watch.hide(Date.now());
    else {
      watch.show(Date.now());
      tell();
    }
  };
  const freeze = () => watch.freeze(Date.now());
  const resume = () => watch.resume(Date.now());
  const consider = () => {
    const trains = activeRun(read())?.status === 'running';
    if (trains && timer === null) timer = setInterval(() => watch.beat(Date.now()), BEAT_MS);
    if (trains || timer === null) return;
    clearInterval(timer);
    timer = null;
    watch.rest();
  };
  if (document.hidden) turn();
  const unsubscribe = useSession.subscribe(consider);
  document.addEventListener('visibilitychange', turn);
  document.addEventListener('freeze', freeze);
  document.addEventListener('resume', resume);
  return () => {
    unsubscribe();
    if (timer !== null) clearInterval(timer);
    document.removeEventListener('visibilitychange', turn);
    document.removeEventListener('freeze', freeze);
    document.removeEventListener('resume', resume);
  };
}
