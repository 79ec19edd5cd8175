/** One run as the page knows it: everything its charts, table and queue row need, from the engine's events. */
import type {
  EpochResult,
  Expected,
  MemoryPlan,
  ModelSummary,
  Progress,
  RunConfig,
  RunEvent,
  RunOutcome,
  RunResult,
  SettingSummary,
} from '../../src/worker/protocol';
import type { RunResults } from '../report/results';
import { counted } from '../ui/format';
import { type Hyperparameters, learningRateOf, PROBE_SETTING } from './defaults';
import type { Problem } from './problem';
import { armKey, type Outcome, type Role, type Trial } from './sweep';

export type RunStatus = 'queued' | 'running' | 'paused' | 'stopping' | RunOutcome;

export interface StepLoss {
  step: number;
  loss: number;
}

export interface RunRecord {
  id: string;
  name: string;
  /** What runs that differ in their seeds alone are called together. */
  armName: string;
  /** Setting id. */
  setting: string;
  /** A search only chooses values, and is not compared. */
  role: Role;
  /** The sweep it belongs to; null for a run that is made again from a file. */
  sweep: string | null;
  /** What it came to when it was made before; null for the first time. */
  before: RunResults | null;
  /** Short mathematical name of the setting. */
  symbol: string;
  config: RunConfig;
  /** Bytes it may take; null: the engine chooses. */
  memoryCap: number | null;
  /** How it keeps within that; null until it begins. */
  memory: MemoryPlan | null;
  /** Names the images, the split and the backbone. */
  data: string;
  /** Runs are compared only where this is equal: see `comparisonBasis`. */
  basis: string;
  /** What the engine must have loaded to make it. */
  expected: Expected;
  /** Colour, dash and marker: position in the palette, kept for the run's life. */
  style: number;
  status: RunStatus;
  trainable: { backbone: number; head: number };
  /** Long work before or between the steps; null while steps go. */
  phase: Progress | null;
  /** Steps in all; 0 until the engine says. */
  totalSteps: number;
  steps: StepLoss[];
  epochs: EpochResult[];
  /** The epoch kept so far. */
  keptEpoch: number | null;
  imagesPerSecond: number;
  secondsLeft: number | null;
  /** What went wrong, when failed. */
  problem: Problem | null;
  /** What else is to be said of its end; empty for nothing. */
  message: string;
  result: RunResult | null;
  model: ModelSummary | null;
}

export const isProbe = (run: RunRecord) => run.setting === PROBE_SETTING;
export const isActive = ({ status }: RunRecord) =>
  status === 'running' || status === 'paused' || status === 'stopping';
export const isOver = (run: RunRecord) => !isActive(run) && run.status !== 'queued';

/** What is drawn as it goes: searches only until another run has begun. */
export function drawnRuns(runs: readonly RunRecord[]): RunRecord[] {
  const finals = runs.filter(({ role }) => role === 'final');
  const begun = finals.some(({ steps, epochs }) => steps.length > 0 || epochs.length > 0);
  return begun ? finals : [...runs];
}

/** What a sweep goes by: a run that did not get to its end says nothing of its values. */
export function outcomeOf(run: RunRecord): Outcome {
  const end = lastEpoch(run);
  return run.status === 'finished' && end ? { accuracy: accuracy(end), loss: end.valLoss } : null;
}

export const accuracy = ({ correct, total }: EpochResult) => (total === 0 ? 0 : correct / total);
export const lastEpoch = (run: RunRecord): EpochResult | undefined => run.epochs.at(-1);
/** The kept epoch's result: best validation accuracy, earliest on a tie. */
export const keptResult = (run: RunRecord): EpochResult | undefined =>
  run.epochs.find(({ epoch }) => epoch === run.keptEpoch);
export const allTrainable = ({ trainable }: RunRecord) => trainable.backbone + trainable.head;

/** What is told apart by name: a setting with its values, whatever the seed. */
export const armOf = ({ config, basis }: Pick<RunRecord, 'config' | 'basis'>) => `${basis} ${armKey(config)}`;

/** A trial's names: its setting's with a learning rate that is not the setting's own, and with its seed where there are others. */
export function trialNames(
  { setting, role, config }: Trial,
  hyperparameters: Hyperparameters,
  seeds: number,
): Pick<RunRecord, 'name' | 'armName'> {
  const own = learningRateOf(setting, hyperparameters);
  const rate = config.learningRate === own ? [] : [`learning rate ${config.learningRate}`];
  const armName = [runName(setting, config.options), ...rate].join(', ');
  const epochs = role === 'search' ? [`search over ${counted(config.epochs, 'epoch')}`] : [];
  const seed = role === 'final' && seeds > 1 ? [`seed ${config.seed}`] : [];
  return { name: [armName, ...epochs, ...seed].join(', '), armName };
}

/** The setting's label, with the options that are not its defaults. */
export function runName({ label, options }: SettingSummary, chosen: Record<string, number>): string {
  const changed = options.filter((option) => chosen[option.id] !== option.default);
  if (changed.length === 0) return label;
  const words = changed.map(({ id, label, choices }) => {
    const value = chosen[id];
    const choice = choices?.find((each) => each.value === value)?.label ?? value;
    // A label's own symbol is enough: “Atoms per layer (m)”.
    const [, symbol] = /\(([^)]+)\)$/.exec(label) ?? [];
    return symbol ? `${symbol} = ${choice}` : `${label} ${choice}`.toLowerCase();
  });
  return `${label}, ${words.join(', ')}`;
}

/** The name, with a number where others have it. */
export function freeName(name: string, others: readonly Pick<RunRecord, 'name'>[]): string {
  const taken = new Set(others.map((run) => run.name));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return free;
}

/** A run that has not begun. */
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
    before: null,
    trainable: setting.trainable,
    memory: null,
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

/** The run after these events, in order. */
export function withEvents(run: RunRecord, events: readonly RunEvent[]): RunRecord {
  const next: RunRecord = { ...run };
  const steps: StepLoss[] = [];
  const epochs: EpochResult[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'planned':
        next.memory = event.memory;
        break;
      case 'phase':
        next.phase = { label: event.label, done: event.done, total: event.total };
        break;
      case 'started':
        next.phase = null;
        next.totalSteps = event.epochs * event.stepsPerEpoch;
        next.trainable = event.trainable;
        break;
      case 'step':
        next.phase = null;
        next.imagesPerSecond = event.imagesPerSecond;
        next.secondsLeft = event.secondsLeft;
        steps.push({ step: event.step, loss: event.loss });
        break;
      case 'epoch':
        epochs.push(event.result);
        break;
      case 'checkpoint':
        next.keptEpoch = event.epoch;
        break;
    }
  }
  if (steps.length > 0) next.steps = [...run.steps, ...steps];
  if (epochs.length > 0) next.epochs = [...run.epochs, ...epochs];
  return next;
}

/** The run as it ended without a result. `problem` is null where the person ended it. */
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

/** The run as it ended. `model`: what it tuned; null where that is not kept, as of a search. */
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
