/** The page under main.ts: how long the engine takes to answer, to pause and to stop during each kind of work of a run. */
import { Engine } from '../../app/engine';
import { namedFiles } from '../../app/steps/data/named-files';
import { runConfig } from '../../app/store/defaults';
import { expectedOf } from '../../app/store/session';
import { DEFAULT_CONFIGURATION } from '../../app/store/url';
import type { Expected } from '../../src/core/model';
import type { RunEvent } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';

/** One run that is stopped, times in seconds. */
export interface Waited {
  during: string;
  /** From the start of the run to its first event that says how much is to be done. */
  firstBar: number;
  /** The longest time without an event. */
  silence: number;
  /** The longest answer to a question that needs no tensors. */
  answer: number;
  /** From the request to pause to its answer; no event follows until the run is resumed. */
  pause: number;
  /** From the request to stop to the end of the run. */
  stop: number;
}

interface Case {
  during: string;
  setting: string;
  /** The run is stopped this many seconds after this event. */
  after: number;
  isBegun: (event: RunEvent) => boolean;
}

const ALWAYS = () => true;
const CASES: readonly Case[] = [
  { during: 'decomposition', setting: 'atoms', after: 2, isBegun: ALWAYS },
  { during: 'features', setting: 'lora', after: 5, isBegun: ALWAYS },
  { during: 'evaluation', setting: 'lora', after: 4, isBegun: ({ kind }) => kind === 'started' },
  { during: 'training', setting: 'lora', after: 4, isBegun: ({ kind }) => kind === 'epoch' },
];

declare global {
  var waiting: (inputSize: number) => Promise<Waited[]>;
}

globalThis.waiting = async (inputSize) => {
  const engine = new Engine(() => {});
  await engine.call('start', { backend: 'wasm' });
  const { backbone } = await engine.call('useBackbone', {
    source: { kind: 'files', files: filesOf('weights') },
    ...{ stages: null, inputSize },
  });
  const data = await engine.call('importData', {
    source: { kind: 'files', files: filesOf('images') },
    ...{ preset: 'whole', reading: {}, seed: 0, testPart: 0 },
  });
  const { hyperparameters } = DEFAULT_CONFIGURATION;
  const question = {
    options: {},
    batchSize: hyperparameters.batchSize,
    augmentation: 'none',
    views: 0,
  } as const;
  const settings = await engine.call('settings', { ...question, memoryCap: null });
  const results: Waited[] = [];
  for (const each of CASES) {
    const setting = settings.find(({ id }) => id === each.setting);
    if (!setting) throw new Error(`There is no setting ${each.setting}.`);
    results.push(await timed(engine, each, setting, expectedOf(data, backbone)));
    console.log(JSON.stringify(results.at(-1)));
  }
  engine.terminate();
  return results;
};

async function timed(engine: Engine, of: Case, setting: SettingSummary, expected: Expected): Promise<Waited> {
  const config = runConfig(setting, { ...DEFAULT_CONFIGURATION.hyperparameters, epochs: 2 }, 'none');
  const runId = crypto.randomUUID();
  const began = now();
  const waited: Waited = {
    during: of.during,
    firstBar: Number.NaN,
    silence: 0,
    answer: 0,
    pause: 0,
    stop: 0,
  };
  let [last, over] = [began, false];
  let isPaused = false;
  let begun = () => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const run = engine
    .call(
      'train',
      {
        runId,
        name: 'timed',
        config,
        memoryCap: null,
        mostAtOnce: null,
        scoreTest: true,
        project: null,
        expected,
      },
      {
        onProgress(event) {
          if (isPaused) console.log(`${event.kind} while paused`);
          if (event.kind === 'phase' && event.total > 0 && Number.isNaN(waited.firstBar))
            waited.firstBar = now() - began;
          waited.silence = Math.max(waited.silence, now() - last);
          last = now();
          if (of.isBegun(event)) begun();
        },
      },
    )
    .catch(() => null)
    .finally(() => {
      over = true;
    });
  const asking = (async () => {
    while (!over) {
      const asked = now();
      await engine.call('memory', {});
      waited.answer = Math.max(waited.answer, now() - asked);
      await seconds(0.2);
    }
  })();
  await beginning;
  await seconds(of.after);
  const paused = now();
  await engine.call('control', { runId, action: 'pause' });
  waited.pause = now() - paused;
  isPaused = true;
  await seconds(1);
  isPaused = false;
  await engine.call('control', { runId, action: 'resume' });
  await seconds(1);
  const stopped = now();
  await engine.call('control', { runId, action: 'stop' });
  await run;
  waited.stop = now() - stopped;
  await asking;
  return waited;
}

function filesOf(id: string) {
  const input = document.getElementById(id) as HTMLInputElement; // an input of page.html
  return namedFiles([...(input.files ?? [])]);
}

const now = () => performance.now() / 1000;
const seconds = (time: number) => new Promise<void>((resolve) => setTimeout(resolve, 1000 * time));
