/** The sweep that the person configures: its number of runs, memory and time. */
import { useShallow } from 'zustand/react/shallow';
import type { MemoryPlan, RunConfig, RunTiming } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import { computedByKey } from './computed-by';
import { imagesPerPart } from './data-words';
import { memoryCapBytes, runConfig } from './defaults';
import { ask } from './engine-actions';
import { paceOwner } from './pace';
import { obstacleFor } from './permissions';
import { asProblem } from './problem';
import { epochWork, sweepWork, type WorkFor } from './run-work';
import { chosenSweep, comparisonBasis, expectedOf, read, type Session, useSession, write } from './session';
import { allTrials, armKey, type SweepChoice, sweepObstacle, type Trial } from './sweep';

/** Time of all runs in seconds, and the largest memory of a run in bytes; null if not known. */
export interface SweepCost {
  seconds: number | null;
  /** Whether the time of a run was not measured but scaled from the pace of the engine. */
  isRough: boolean;
  bytes: number | null;
  /** Why one of the runs is not possible; null if all are. */
  obstacle: string | null;
}

/** The part of the session that determines the sweep. */
export type SweepSource = Pick<Session, 'configuration' | 'settings' | 'dataset' | 'backbone' | 'engine'>;

/** Returns the same object until one of its fields changes, because runs update the session many times a second. */
export const useSweepSource = (): SweepSource =>
  useSession(
    useShallow(({ configuration, settings, dataset, backbone, engine }) => ({
      ...{ configuration, settings, dataset, backbone, engine },
    })),
  );

/** What estimates of time rest on beside the sweep. The same object until one of its fields changes. */
export const useTimeSource = () =>
  useSession(
    useShallow(({ timings, pace, runs }) => ({
      ...{ timings, pace, results: runs.filter(({ result }) => result).length },
    })),
  );

/**
 * Key of a run's time per epoch: the data, the backbone, the engine, and the configuration except learning rates, seed and
 * number of epochs.
 */
const paceKey = (basis: string, computedBy: string, config: RunConfig) =>
  `${basis} ${computedBy} ${armKey({
    ...config,
    ...{ epochs: 1, learningRate: 0, headLearningRate: 1, patience: 0 },
    probe: { ...config.probe, epochs: 1, learningRate: 1 },
  })}`;

const chosenTrials = (source: SweepSource): Trial[] =>
  source.dataset ? allTrials(chosenSweep(source, source.dataset)) : [];

/** The sweep's trials, and one trial for each distinct `paceKey`. */
function timed(source: SweepSource) {
  const { dataset, backbone, engine } = source;
  const trials = chosenTrials(source);
  const basis = dataset && backbone ? comparisonBasis(dataset, backbone) : '';
  const computedBy = engine.status === 'ready' ? computedByKey(engine.info) : '';
  const keyOf = ({ config }: Trial) => paceKey(basis, computedBy, config);
  return { trials, keyOf, distinct: new Map(trials.map((trial) => [keyOf(trial), trial] as const)) };
}

export function turnSweep(change: Partial<SweepChoice>): void {
  const { configuration } = read();
  write({ configuration: { ...configuration, sweep: { ...configuration.sweep, ...change } } });
}

/** `number`: an option's id, or `RATE`. */
export function turnValues(setting: string, number: string, values: number[]): void {
  const { sweep } = read().configuration;
  turnSweep({ values: { ...sweep.values, [setting]: { ...sweep.values[setting], [number]: values } } });
}

/** Whether the chosen sweep searches for learning rates. */
export const findsChosenRates = (source: SweepSource): boolean =>
  source.dataset !== null && chosenSweep(source, source.dataset).choice.findRates;

export interface SweepSize {
  runs: number;
  searches: number;
  /** Why the sweep cannot start; null if it can. */
  obstacle: string | null;
}

/** The number of runs of the sweep, and how many of them are search runs. */
export function sweepSize(source: SweepSource): SweepSize {
  const trials = chosenTrials(source);
  return {
    runs: trials.length,
    searches: trials.filter(({ role }) => role === 'search').length,
    obstacle: source.dataset && sweepObstacle(chosenSweep(source, source.dataset)),
  };
}

/** Seconds; `isRough` if they were scaled from the pace of other work. */
export type Estimate = Pick<SweepCost, 'isRough'> & { seconds: number };

/** The time of the sweep's runs; null if nothing is known about it. */
export const sweepSeconds = (session: Session): Estimate | null => secondsOf(session, chosenTrials(session));

/** The time of one run of a setting; null if nothing is known about it. */
export function settingSeconds(session: Session, setting: SettingSummary): Estimate | null {
  const { dataset, configuration } = session;
  if (!dataset) return null;
  const config = runConfig(setting, configuration.hyperparameters, dataset.augmentation);
  return secondsOf(session, [{ setting, role: 'final', config }]);
}

/** The time of these runs: measured, or known from earlier ones; else scaled from their pace, or from that of a forward pass. */
function secondsOf(session: Session, trials: readonly Trial[]): Estimate | null {
  const { dataset, backbone, engine } = session;
  if (!dataset || !backbone || engine.status !== 'ready' || trials.length === 0) return null;
  const given: WorkFor = { backbone, images: imagesPerPart(dataset.classes) };
  const timings = { ...runTimings(session), ...session.timings };
  const keyOf = ({ config }: Trial) =>
    paceKey(comparisonBasis(dataset, backbone), computedByKey(engine.info), config);
  const unknown = trials.filter((trial) => !timings[keyOf(trial)]);
  const known = trials.reduce((sum, trial) => {
    const timing = timings[keyOf(trial)];
    return timing ? sum + timing.start + timing.perEpoch * trial.config.epochs : sum;
  }, 0);
  if (unknown.length === 0) return { seconds: known, isRough: false };
  const perPass = secondsPerPass(session, given);
  if (perPass === null) return null;
  return { seconds: known + perPass * sweepWork(unknown, given), isRough: true };
}

/** Seconds of a forward pass of one image: as earlier runs on this data went, else as measured in the background. */
function secondsPerPass(session: Session, given: WorkFor): number | null {
  const { runs, engine, dataset, backbone, pace } = session;
  if (!dataset || !backbone || engine.status !== 'ready') return null;
  const basis = comparisonBasis(dataset, backbone);
  const computedBy = computedByKey(engine.info);
  const paces = runs.flatMap((run) => {
    const { result, config } = run;
    const epochs = result?.epochs.at(-1)?.epoch ?? 0;
    const work = epochs * epochWork(config, given);
    const isAlike = result && run.basis === basis && computedByKey(result) === computedBy;
    return isAlike && work > 0 ? [result.seconds / work] : [];
  });
  const median = paces.sort((a, b) => a - b)[Math.floor(paces.length / 2)];
  if (median !== undefined) return median;
  return pace?.owner === paceOwner(session) ? pace.secondsPerImage : null;
}

/** Requests the memory plan of each of the sweep's runs, and estimates their time. */
export async function sweepCost(session: Session): Promise<SweepCost> {
  const { distinct } = timed(session);
  const time = sweepSeconds(session);
  const planned = await ask('plan', {
    configs: [...distinct.values()].map(({ config }) => config),
    memoryCap: memoryCapBytes(session.configuration.hyperparameters),
  });
  const unfit = planned.find(({ fits }) => !fits);
  return {
    seconds: time?.seconds ?? null,
    isRough: time?.isRough ?? false,
    bytes: planned.length > 0 ? Math.max(...planned.map(bytesOf)) : null,
    obstacle: unfit?.sentence ?? null,
  };
}

/** Memory of tensors and of the JavaScript heap. */
const bytesOf = ({ bytes, heap }: MemoryPlan) => Object.values(heap).reduce((sum, each) => sum + each, bytes);

/** The timings of completed runs. */
function runTimings({ runs }: Session): Record<string, RunTiming> {
  return Object.fromEntries(
    runs.flatMap(({ basis, config, result }) => {
      const epochs = result?.epochs.at(-1)?.epoch ?? 0;
      return result && epochs > 0
        ? [
            [
              paceKey(basis, computedByKey(result), config),
              { perEpoch: result.seconds / epochs, start: 0 },
            ] as const,
          ]
        : [];
    }),
  );
}

let cancelMeasuring: AbortController | null = null;

/** Starts one run for each distinct `paceKey` to measure its time, and discards it. */
export async function measureSweep(): Promise<void> {
  const session = read();
  const { dataset, backbone } = session;
  if (!dataset || !backbone || obstacleFor('measure')(session) !== null) return;
  const expected = expectedOf(dataset, backbone);
  const cancel = new AbortController();
  cancelMeasuring = cancel;
  write({ measuringProblem: null });
  const trials = [...timed(session).distinct].filter(([key]) => !session.timings[key]);
  try {
    for (const [done, [key, { setting, config }]] of trials.entries()) {
      write({ measuring: { label: `Timing ${setting.label}`, done, total: trials.length } });
      const memoryCap = memoryCapBytes(session.configuration.hyperparameters);
      const timing = await ask('measure', { config, memoryCap, expected }, { signal: cancel.signal });
      cancel.signal.throwIfAborted();
      write({ timings: { ...read().timings, [key]: timing } });
    }
    write({ measuring: null });
  } catch (error) {
    write({ measuring: null, measuringProblem: asProblem(error) });
  }
}

export const stopMeasuring = () => cancelMeasuring?.abort();
