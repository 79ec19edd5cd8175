/** The results of a run of the benchmark, and values derived from them. */
import type { BackendName } from '../src/core/engine';
import type { Case, Pass, Passes, RivalName, Roof, StepOutcome } from './case';
import { stepFlop } from './work';

export interface Row {
  of: Case;
  rival: RivalName;
  outcome: StepOutcome;
}

/** All measurements on one backend. */
export interface Environment {
  backend: BackendName;
  roof: Roof;
  rows: Row[];
  /** Milliseconds of a linear-probe epoch of 1,000 images. */
  probeEpoch: number | null;
  passes: Passes | null;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Median milliseconds of a step; null if it was not timed. */
export function stepMs({ outcome }: Row): number | null {
  return outcome.kind === 'timed' && outcome.times.length > 0 ? median(outcome.times) : null;
}

export function gigaflops(row: Row): number | null {
  const milliseconds = stepMs(row);
  return milliseconds === null ? null : stepFlop(row.of) / milliseconds / 1e6;
}

export function sameCase(a: Case, b: Case): boolean {
  return (
    a.setting === b.setting &&
    a.backbone === b.backbone &&
    a.size === b.size &&
    a.batch === b.batch &&
    a.classes === b.classes
  );
}

/** Milliseconds of a rival's step on the same case; null if it was not timed. */
export function msOf(rows: Row[], rival: RivalName, of: Case): number | null {
  const row = rows.find((other) => other.rival === rival && sameCase(other.of, of));
  return row ? stepMs(row) : null;
}

/** The rate of a pass relative to the roof's product: the median over the samples. */
export function shareOfRoof({ gigaflop, times, products }: Pass, { product }: Passes): number {
  const shares = times.map((time, index) => (gigaflop / time) * ((products[index] ?? 0) / product.gigaflop));
  return median(shares);
}
