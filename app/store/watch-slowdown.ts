/** Tells the person when the browser slowed or stopped training while nobody looked (slowdown.ts). */
import type { RunEvent } from '../../src/core/run';
import { armOf, isProbe, type RunRecord } from './run-record';
import { activeRun, announce, read, useSession, write } from './session';
import { SlowdownWatch, slowdownWords } from './slowdown';

let watch = new SlowdownWatch();
let told = '';

/** Notes an event of a run. `at`: when the engine reported it. */
export function noteEvent(run: RunRecord, event: RunEvent, at: number): void {
  watch.report(at);
  const { batchSize: images } = run.config;
  if (event.kind === 'step' && !isProbe(run))
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
  let beats: Worker | null = null;
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
    if (trains && beats === null) {
      beats = new Worker(new URL('./beat-worker.ts', import.meta.url), { type: 'module' });
      beats.onmessage = ({ data }: MessageEvent<number>) => watch.beat(data);
    }
    if (trains || beats === null) return;
    beats.terminate();
    beats = null;
    watch.rest();
  };
  if (document.hidden) turn();
  const unsubscribe = useSession.subscribe(consider);
  document.addEventListener('visibilitychange', turn);
  document.addEventListener('freeze', freeze);
  document.addEventListener('resume', resume);
  return () => {
    unsubscribe();
    beats?.terminate();
    document.removeEventListener('visibilitychange', turn);
    document.removeEventListener('freeze', freeze);
    document.removeEventListener('resume', resume);
  };
}
