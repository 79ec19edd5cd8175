/** The sweep the person puts together: what it tries, how much that is, and how long it takes. */
import type { Pace, RunConfig } from '../../src/worker/protocol';
import { memoryCapBytes } from './defaults';
import { ask } from './engine-actions';
import { asProblem } from './problem';
import { chosenSweep, comparisonLabel, read, type Session, write } from './session';
import { allTrials, armKey, type SweepChoice, type Trial } from './sweep';

/** Seconds of all runs together, and the most memory one of them takes, bytes; null where not known. */
export interface SweepCost {
  seconds: number | null;
  bytes: number | null;
  /** Why one of the runs cannot be made; null where all can. */
  obstacle: string | null;
}

/** What a run's pace depends on: the data and the backbone, and all of the run but its learning rates, seed and length. */
const paceKey = (data: string, config: RunConfig) =>
  `${data} ${armKey({
    ...config,
    ...{ epochs: 1, learningRate: 0, headLearningRate: 1, patience: 0 },
    probe: { ...config.probe, epochs: 1, learningRate: 1 },
  })}`;

/** The sweep's trials by pace, and the paces that are known. */
function timed(session: Session) {
  const { dataset, backbone } = session;
  const trials = chosenTrials(session);
  const data = dataset && backbone ? comparisonLabel(dataset, backbone) : '';
  const keyOf = ({ config }: Trial) => paceKey(data, config);
  return { trials, keyOf, distinct: new Map(trials.map((trial) => [keyOf(trial), trial] as const)) };
}

const chosenTrials = (session: Session): Trial[] =>
  session.dataset ? allTrials(chosenSweep(session, session.dataset)) : [];

export function turnSweep(change: Partial<SweepChoice>): void {
  const { configuration } = read();
  write({ configuration: { ...configuration, sweep: { ...configuration.sweep, ...change } } });
}

/** `number`: an option's id, or `RATE`. */
export function turnValues(setting: string, number: string, values: number[]): void {
  const { sweep } = read().configuration;
  turnSweep({ values: { ...sweep.values, [setting]: { ...sweep.values[setting], [number]: values } } });
}

/** How many runs the sweep has, `searches` of them to choose values. */
export function sweepSize(session: Session): { runs: number; searches: number } {
  const trials = chosenTrials(session);
  return { runs: trials.length, searches: trials.filter(({ role }) => role === 'search').length };
}

/** Asks the engine how each of the sweep's runs would keep within its memory; adds up what is known of their time. */
export async function sweepCost(session: Session): Promise<SweepCost> {
  const { trials, keyOf, distinct } = timed(session);
  const paces = { ...session.paces, ...runPaces(session) };
  let seconds: number | null = 0;
  for (const trial of trials) {
    const pace = paces[keyOf(trial)];
    seconds = seconds === null || !pace ? null : seconds + pace.start + pace.perEpoch * trial.config.epochs;
  }
  const planned = await ask('plan', {
    configs: [...distinct.values()].map(({ config }) => config),
    memoryCap: memoryCapBytes(session.configuration.knobs),
  });
  const tooLarge = [...distinct.values()].findIndex((_, index) => planned[index]?.memory.fits === false);
  return {
    seconds: trials.length > 0 ? seconds : null,
    bytes: planned.length > 0 ? Math.max(...planned.map(({ memory }) => memory.bytes)) : null,
    obstacle: tooLarge < 0 ? null : (planned[tooLarge]?.memory.sentence ?? null),
  };
}

/** The paces of runs that are over. */
function runPaces({ runs }: Session): Record<string, Pace> {
  return Object.fromEntries(
    runs.flatMap(({ data, config, result }) => {
      const epochs = result?.epochs.at(-1)?.epoch ?? 0;
      return result && epochs > 0
        ? [[paceKey(data, config), { perEpoch: result.seconds / epochs, start: 0 }] as const]
        : [];
    }),
  );
}

let cancelMeasuring: AbortController | null = null;

/** Begins one run of each kind to see how long it takes, and drops it. */
export async function measureSweep(): Promise<void> {
  const session = read();
  const cancel = new AbortController();
  cancelMeasuring = cancel;
  const trials = [...timed(session).distinct].filter(([key]) => !session.paces[key]);
  try {
    for (const [done, [key, { setting, config }]] of trials.entries()) {
      write({ measuring: { label: `Timing ${setting.label}`, done, total: trials.length } });
      const memoryCap = memoryCapBytes(session.configuration.knobs);
      const pace = await ask('measure', { config, memoryCap }, { signal: cancel.signal });
      write({ paces: { ...read().paces, [key]: pace } });
    }
    write({ measuring: null, settingsProblem: null });
  } catch (error) {
    write({ measuring: null, settingsProblem: asProblem(error) });
  }
}

export const stopMeasuring = () => cancelMeasuring?.abort();
