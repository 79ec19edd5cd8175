/** The page's record of a run, built from the engine's events: everything that charts, tables and the queue show. */
import type { EngineInfo } from '../../src/core/engine';
import type { Expected, ModelSummary } from '../../src/core/model';
import type { Progress } from '../../src/core/progress';
import type { EpochResult, MemoryPlan, RunConfig, RunEvent, RunOutcome, RunResult } from '../../src/core/run';
import type { SettingSummary } from '../../src/core/setting';
import type { RunResults } from '../report/results';
import { counted } from '../ui/format';
import { isMixed } from './computed-by';
import { type Hyperparameters, learningRateOf, PROBE_SETTING } from './defaults';
import type { Problem } from './problem';
import { armKey, type Outcome, type Role, type Trial } from './sweep';

/** `interrupted`: the page was closed or the engine lost while it trained, and it does not continue by itself. */
export type RunStatus = 'queued' | 'running' | 'paused' | 'stopping' | 'interrupted' | RunOutcome;

export interface StepLoss {
  step: number;
  loss: number;
}

export interface RunRecord {
  id: string;
  name: string;
  /** Common name of runs that differ only in their seeds. */
  armName: string;
  /** Setting id. */
  setting: string;
  /** Search runs only choose values; they are not compared. */
  role: Role;
  /** Id of its sweep; null for a rerun from a results file. */
  sweep: string | null;
  /** For a rerun: the results of the original run. Otherwise null. */
  before: RunResults | null;
  /** Short mathematical name of the setting. */
  symbol: string;
  config: RunConfig;
  /** Memory limit in bytes; null: the engine chooses. */
  memoryCap: number | null;
  /** The largest micro-batch, after it ran out of memory with a larger one; null for any. */
  mostAtOnce: number | null;
  /** Its memory plan; null until it starts. */
  memory: MemoryPlan | null;
  /** Label of the images, the split and the backbone. */
  data: string;
  /** Runs are compared only where this is equal: see `comparisonBasis`. */
  basis: string;
  /** The data and backbone that the engine must have loaded. */
  expected: Expected;
  /** Index of colour, dash and marker; constant during the run's lifetime. */
  style: number;
  /** Not drawn in the charts. It is compared all the same. */
  hidden: boolean;
  /** The person's own words. */
  note: string;
  tags: readonly string[];
  status: RunStatus;
  /** What it is computed by; null until it starts. */
  startedOn: Pick<EngineInfo, 'backend' | 'precision'> | null;
  /** The step after which it went on from a saved point the last time; null if it began anew. */
  resumedAfter: number | null;
  trainable: { backbone: number; head: number };
  /** Progress of long work before or between steps; null during steps. */
  phase: Progress | null;
  /** Total number of steps; 0 until known. */
  totalSteps: number;
  steps: StepLoss[];
  epochs: EpochResult[];
  /** The best epoch so far. */
  keptEpoch: number | null;
  imagesPerSecond: number;
  secondsLeft: number | null;
  /** The error of a failed run. */
  problem: Problem | null;
  /** Further information about its end; empty if there is none. */
  message: string;
  result: RunResult | null;
  model: ModelSummary | null;
}

export const isProbe = (run: RunRecord) => run.setting === PROBE_SETTING;
export const isActive = ({ status }: RunRecord) =>
  status === 'running' || status === 'paused' || status === 'stopping';
export const isOver = (run: RunRecord) =>
  !isActive(run) && run.status !== 'queued' && run.status !== 'interrupted';

/** The runs that charts show: those that the person did not hide. Search runs are shown only until a final run has started. */
export function drawnRuns(runs: readonly RunRecord[]): RunRecord[] {
  const finals = runs.filter(({ role }) => role === 'final');
  const begun = finals.some(({ steps, epochs }) => steps.length > 0 || epochs.length > 0);
  return (begun ? finals : runs).filter(({ hidden }) => !hidden);
}

/** The outcome that a sweep uses to choose values; null for a run that did not finish. */
export function outcomeOf(run: RunRecord): Outcome {
  const end = lastEpoch(run);
  return run.status === 'finished' && end ? { accuracy: accuracy(end), loss: end.valLoss } : null;
}

export const accuracy = ({ correct, total }: EpochResult) => (total === 0 ? 0 : correct / total);
export const lastEpoch = (run: RunRecord): EpochResult | undefined => run.epochs.at(-1);
/** The result of the best epoch: highest validation accuracy, the earliest on a tie. */
export const keptResult = (run: RunRecord): EpochResult | undefined =>
  run.epochs.find(({ epoch }) => epoch === run.keptEpoch);

/** Identifies a setting with its values on the same basis, independent of the seed. */
export const armOf = ({ config, basis }: Pick<RunRecord, 'config' | 'basis'>) => `${basis} ${armKey(config)}`;

/**
 * A trial's names: the setting's name, with the learning rate if it differs from the one that the setting has with these options, and
 * the seed if there are several.
 */
export function trialNames(
  { setting, role, config }: Trial,
  hyperparameters: Hyperparameters,
  seeds: number,
): Pick<RunRecord, 'name' | 'armName'> {
  const own = learningRateOf(setting, hyperparameters, config.options);
  const rate = config.learningRate === own ? [] : [`learning rate ${config.learningRate}`];
  const armName = [runName(setting, config.options), ...rate].join(', ');
  const epochs = role === 'search' ? [`search over ${counted(config.epochs, 'epoch')}`] : [];
  const seed = role === 'final' && seeds > 1 ? [`seed ${config.seed}`] : [];
  return { name: [armName, ...epochs, ...seed].join(', '), armName };
}

/** The setting's label, with the options that differ from their defaults. */
export function runName({ label, options }: SettingSummary, chosen: Record<string, number>): string {
  const changed = options.filter((option) => chosen[option.id] !== option.default);
  if (changed.length === 0) return label;
  const words = changed.map(({ id, label, choices }) => {
    const value = chosen[id];
    const choice = choices?.find((each) => each.value === value)?.label ?? value;
    // If a label contains a symbol, only the symbol is used: “Atoms per layer (m)”.
    const [, symbol] = /\(([^)]+)\)$/.exec(label) ?? [];
    return symbol ? `${symbol} = ${choice}` : `${label} ${choice}`.toLowerCase();
  });
  return `${label}, ${words.join(', ')}`;
}

/** The name; a number is appended if it is already taken. */
export function freeName(name: string, others: readonly Pick<RunRecord, 'name'>[]): string {
  const taken = new Set(others.map((run) => run.name));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return free;
}

/**
 * The style of a new run: that of its arm, else one that no run of its role has. Runs that differ only in their seeds have the same style,
 * unless different engines compute them.
 */
export function styleOf(
  { basis, armName, role }: Pick<RunRecord, 'basis' | 'armName' | 'role'>,
  others: readonly RunRecord[],
  engine: EngineInfo | null,
): number {
  const alike = others.filter((run) => run.role === role);
  const arm = alike.find(
    (run) =>
      run.basis === basis &&
      run.armName === armName &&
      (!run.result || !engine || !isMixed([run.result, engine])),
  );
  if (arm) return arm.style;
  const taken = new Set(alike.map(({ style }) => style));
  let style = 0;
  while (taken.has(style)) style++;
  return style;
}

/** A run that has not started. */
export function queuedRun(
  setting: SettingSummary,
  given: Pick<
    RunRecord,
    | 'id'
    | 'name'
    | 'armName'
    | 'role'
    | 'sweep'
    | 'config'
    | 'memoryCap'
    | 'data'
    | 'basis'
    | 'expected'
    | 'style'
  >,
): RunRecord {
  return {
    ...given,
    setting: setting.id,
    symbol: setting.symbol,
    status: 'queued',
    ...{ before: null, startedOn: null, resumedAfter: null },
    ...{ hidden: false, note: '', tags: [] },
    trainable: setting.trainable,
    ...{ memory: null, mostAtOnce: null },
    phase: null,
    totalSteps: 0,
    steps: [],
    epochs: [],
    keptEpoch: null,
    imagesPerSecond: 0,
    secondsLeft: null,
    problem: null,
    message: '',
    result: null,
    model: null,
  };
}

/**
 * The largest micro-batch with which a run that ran out of memory is tried again: half of the one it had, once. Null if it is not tried
 * again.
 */
export function smallerMicroBatch(run: RunRecord, problem: Problem | null): number | null {
  const { memory, mostAtOnce } = run;
  const canBeSmaller = memory !== null && memory.microBatch > 1 && mostAtOnce === null && !isProbe(run);
  return problem?.kind === 'out-of-memory' && canBeSmaller ? Math.ceil(memory.microBatch / 2) : null;
}

/** Applies events to the run, in order. */
export function withEvents(run: RunRecord, events: readonly RunEvent[]): RunRecord {
  const next: RunRecord = { ...run };
  let steps: StepLoss[] = [];
  let epochs: EpochResult[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'planned':
        next.memory = event.memory;
        next.resumedAfter = null;
        break;
      case 'resumed':
        next.resumedAfter = event.step;
        next.steps = event.losses.map((loss, index) => ({ step: index + 1, loss }));
        next.epochs = event.epochs;
        next.keptEpoch = event.keptEpoch;
        [steps, epochs] = [[], []];
        break;
      case 'phase': {
        const { kind: _, ...phase } = event;
        next.phase = phase;
        break;
      }
      case 'started':
        next.phase = null;
        next.totalSteps = event.epochs * event.stepsPerEpoch;
        next.trainable = event.trainable;
        // A run that was interrupted and has no saved point begins anew.
        if (next.resumedAfter === null) {
          [next.steps, next.epochs, next.keptEpoch] = [[], [], null];
          [steps, epochs] = [[], []];
        }
        break;
      case 'step':
        next.phase = null;
        next.imagesPerSecond = event.imagesPerSecond;
        next.secondsLeft = event.secondsLeft;
        steps.push({ step: event.step, loss: event.loss });
        break;
      case 'epoch':
        next.phase = null;
        epochs.push(event.result);
        break;
      case 'best':
        next.keptEpoch = event.epoch;
        break;
    }
  }
  if (steps.length > 0) next.steps = [...next.steps, ...steps];
  if (epochs.length > 0) next.epochs = [...next.epochs, ...epochs];
  return next;
}

/** The run after it ended without a result. `problem` is null if the person stopped it. */
export function withoutResult(run: RunRecord, problem: Problem | null): RunRecord {
  return {
    ...run,
    status: problem ? 'failed' : 'stopped',
    problem,
    message: problem ? '' : 'Stopped before its first result.',
    secondsLeft: null,
    phase: null,
  };
}

/** The run after it ended. `model`: its trained model; null if it is not kept, for example after a search run. */
export function withResult(run: RunRecord, result: RunResult, model: ModelSummary | null): RunRecord {
  return {
    ...run,
    status: result.outcome,
    problem: result.outcome === 'failed' ? { kind: 'user', message: result.message } : null,
    config: result.config,
    trainable: result.trainable,
    epochs: result.epochs,
    keptEpoch: result.keptEpoch,
    imagesPerSecond: result.imagesPerSecond,
    secondsLeft: null,
    phase: null,
    result,
    model,
  };
}
