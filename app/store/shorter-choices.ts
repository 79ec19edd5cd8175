/** What a person could change about a sweep that takes hours, so that it takes less than one. */
import { INPUT_SIZES } from '../../src/backbone/input-size';
import type { BackboneSummary } from '../../src/core/backbone';
import type { SettingSummary } from '../../src/core/setting';
import { counted } from '../ui/format';
import type { Hyperparameters } from './defaults';
import { multiplications, sweepWork, type WorkFor } from './run-work';
import { type AskedSweep, allTrials, decided, type SweepChoice } from './sweep';

/** Seconds from which a sweep takes long, and that a shorter choice should not take. */
export const LONG = 3600;
/** Seconds to which numbers such as that of the epochs are reduced. */
const AIM = LONG / 2;
/** Fewer epochs or smaller images than these are not worth a run. */
const FEWEST_EPOCHS = 2;
const SMALLEST_SIDE = 96;
const FEWEST_STAGES = 2;

/** A change that the page can make. */
export type Change =
  | { kind: 'sweep'; change: Partial<SweepChoice> }
  | { kind: 'hyperparameters'; change: Partial<Hyperparameters> }
  | { kind: 'settings'; settings: string[] }
  | { kind: 'backbone'; change: { stages: number } | { inputSize: number } };

export interface ShorterChoice {
  /** For the person, as the end of “Run with …”. */
  label: string;
  seconds: number;
  changes: Change[];
}

export interface LongSweep extends Omit<WorkFor, 'backbone'> {
  asked: AskedSweep;
  backbone: WorkFor['backbone'] & Pick<BackboneSummary, 'stages'>;
  /** The linear probe, which is fast whatever the backbone; null if the engine has none. */
  probe: SettingSummary | null;
  /** The estimated time of the sweep. */
  seconds: number;
}

/** The single changes after which the sweep is not long; if there are none, as many of them together as that takes. */
export function shorterChoices(long: LongSweep): ShorterChoice[] {
  const whole = workOf(long);
  if (whole === 0) return [];
  const shorten = (from: LongSweep): Shortened[] =>
    CHANGES.flatMap((change) => {
      const next = change(from);
      return next ? [{ ...next, sweep: timed(next.sweep, (long.seconds * workOf(next.sweep)) / whole) }] : [];
    });
  const single = shorten(long).filter(({ sweep }) => sweep.seconds <= LONG);
  if (single.length > 0) return single.map(({ label, sweep, change }) => choiceOf([label], sweep, [change]));
  const labels: string[] = [];
  const changes: Change[] = [];
  let sweep = long;
  for (const change of CHANGES.filter((each) => each !== probeOnly)) {
    const next = change(sweep);
    if (!next) continue;
    labels.push(next.label);
    changes.push(next.change);
    sweep = timed(next.sweep, (long.seconds * workOf(next.sweep)) / whole);
    if (sweep.seconds <= LONG) return [choiceOf(labels, sweep, changes)];
  }
  return [];
}

interface Shortened {
  label: string;
  change: Change;
  sweep: LongSweep;
}

const choiceOf = (labels: string[], { seconds }: LongSweep, changes: Change[]): ShorterChoice => ({
  label: labels.join(', '),
  ...{ seconds, changes },
});

const timed = (sweep: LongSweep, seconds: number): LongSweep => ({ ...sweep, seconds });

/** In passes through the backbone, times the multiplications of a pass, which change with the backbone. */
const workOf = (sweep: LongSweep): number =>
  sweepWork(allTrials(decided(sweep.asked)), sweep) * multiplications(sweep.backbone);

/** Each gives the shorter sweep; null if it cannot be shortened so. The first ones change the results least. */
const CHANGES: readonly ((sweep: LongSweep) => Shortened | null)[] = [
  function withoutSearch(sweep) {
    if (!decided(sweep.asked).choice.findRates) return null;
    const change = { findRates: false };
    return { label: 'no search for learning rates', ...sweepChange(sweep, change) };
  },
  function oneSeed(sweep) {
    if (sweep.asked.choice.seeds === 1) return null;
    return { label: 'one seed', ...sweepChange(sweep, { seeds: 1 }) };
  },
  function fewerEpochs(sweep) {
    const { hyperparameters } = sweep.asked;
    const fitting = Math.floor((hyperparameters.epochs * AIM) / sweep.seconds);
    const epochs = Math.max(FEWEST_EPOCHS, fitting);
    if (epochs >= hyperparameters.epochs) return null;
    const asked = { ...sweep.asked, hyperparameters: { ...hyperparameters, epochs } };
    return {
      label: counted(epochs, 'epoch'),
      change: { kind: 'hyperparameters', change: { epochs } },
      sweep: { ...sweep, asked },
    };
  },
  function smallerImages(sweep) {
    const { inputSize } = sweep.backbone;
    const most = inputSize * Math.sqrt(AIM / sweep.seconds);
    const smaller = INPUT_SIZES.filter((size) => size >= SMALLEST_SIDE && size < inputSize);
    const size = smaller.filter((each) => each <= most).at(-1) ?? smaller[0];
    if (size === undefined) return null;
    return {
      label: `images of ${size}\u00a0pixels`,
      change: { kind: 'backbone', change: { inputSize: size } },
      sweep: { ...sweep, backbone: { ...sweep.backbone, inputSize: size } },
    };
  },
  function fewerStages(sweep) {
    const { convolutions, stages } = sweep.backbone;
    const used = stages.used - 1;
    if (used < FEWEST_STAGES) return null;
    const kept = convolutions.filter(({ name }) => !name.startsWith(`layer${stages.used}.`));
    return {
      label: `the first ${used} stages`,
      change: { kind: 'backbone', change: { stages: used } },
      sweep: { ...sweep, backbone: { ...sweep.backbone, convolutions: kept, stages: { ...stages, used } } },
    };
  },
  probeOnly,
];

function probeOnly(sweep: LongSweep): Shortened | null {
  const { probe, asked } = sweep;
  if (!probe || asked.settings.every(({ id }) => id === probe.id)) return null;
  return {
    label: `only the ${probe.label.toLowerCase()}`,
    change: { kind: 'settings', settings: [probe.id] },
    sweep: { ...sweep, asked: { ...asked, settings: [probe] } },
  };
}

function sweepChange(sweep: LongSweep, change: Partial<SweepChoice>): Omit<Shortened, 'label'> {
  const asked = { ...sweep.asked, choice: { ...sweep.asked.choice, ...change } };
  return { change: { kind: 'sweep', change }, sweep: { ...sweep, asked } };
}
