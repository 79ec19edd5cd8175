/**
 * Prepares a device before it is used: tiles are chosen by timing (once per adapter, then stored), and every program is checked
 * on small odd shapes. A program that does not compile or gives wrong results is replaced by the reference kernel.
 */
import * as tf from '@tensorflow/tfjs';
import { toFp16, toFp32 } from '../convert';
import {
  byAtoms,
  byInput,
  byKernel,
  numbers,
  output,
  outputSides,
  type Shape,
  withCore,
} from '../definition';
import type { Precision } from '../fp16';
import { adamwProgram, runAdamw } from './adamw-program';
import { type DevicePrograms, devicePrograms } from './device-programs';
import {
  type Plan,
  planAtomGradient,
  planAtomKernel,
  planConvolution,
  planCoreKernel,
  planInputGradient,
  planKernelGradient,
  planMaxPool,
  planMaxPoolGradient,
} from './kernels';
import { addNotice } from './notices';
import { webgpuBackend } from './run-program';
import { DIRECT, EXTENTS, type Extent, PASSES, type Pass, type Tile, type TileTable, tileName } from './tile';

/** Storage of the chosen tiles, by adapter. */
export interface TileMemory {
  read(adapter: string): Promise<TileNames | null>;
  write(adapter: string, names: TileNames): Promise<void>;
}

/** The names of the chosen tiles by pass and extent. */
export type TileNames = Record<Pass, Record<Extent, string>>;

/** Chooses tiles for tfjs' current device and checks its programs. */
export async function adaptPrograms(memory: TileMemory): Promise<void> {
  const programs = devicePrograms();
  const adapter = nameOf(webgpuBackend().device);
  const remembered = await memory.read(adapter);
  if (remembered) programs.table = tableOf(programs, remembered);
  else {
    await tuneTiles(programs);
    await memory.write(adapter, namesOf(programs.table));
  }
  await tryPrograms(programs);
}

function nameOf({ adapterInfo }: GPUDevice): string {
  const { vendor, architecture, device, description } = adapterInfo;
  return [vendor, architecture, device, description].join(' ');
}

function eachTile<T>(of: (pass: Pass, extent: Extent) => T): Record<Pass, Record<Extent, T>> {
  const entries = PASSES.map((pass) => [
    pass,
    Object.fromEntries(EXTENTS.map((extent) => [extent, of(pass, extent)])),
  ]);
  return Object.fromEntries(entries) as Record<Pass, Record<Extent, T>>; // every pass and extent has an entry
}

function namesOf(table: TileTable): TileNames {
  return eachTile((pass, extent) => tileName(table[pass][extent]));
}

/** The tiles with these names; the fallback for a name that no longer exists. */
function tableOf({ tiles }: DevicePrograms, names: TileNames): TileTable {
  const byName = new Map(tiles.candidates.map((tile) => [tileName(tile), tile]));
  return eachTile((pass, extent) => byName.get(names[pass][extent]) ?? tiles.fallback[pass][extent]);
}

/** The table with this tile for both extents of a pass. */
function withTile(table: TileTable, pass: Pass, tile: Tile): TileTable {
  return { ...table, [pass]: { large: tile, small: tile } };
}

// --- Choice of tiles

/** Timing stops after this many milliseconds and uses the best tiles so far. */
const TUNING_MS = 500;
/** A tile replaces the fallback only if it takes at most this fraction of its time, because timings vary. */
const CLEARLY_FASTER = 0.85;
/** Each candidate is timed once per round, so that load from other processes affects all candidates alike. */
const ROUNDS = 3;
/** A measurement repeats a program for about this many milliseconds, at most `MOST_RUNS` times. */
const MEASURED_MS = 5;
const MOST_RUNS = 20;

async function tuneTiles(programs: DevicePrograms): Promise<void> {
  const { candidates, fallback, samples } = programs.tiles;
  const ends = performance.now() + TUNING_MS;
  const chosen = eachTile((pass, extent) => fallback[pass][extent]);
  for (const extent of EXTENTS) {
    for (const pass of PASSES) {
      const sample = sampleOf(pass, samples[extent]);
      const first = fallback[pass][extent];
      const rest = candidates.filter((tile) => tileName(tile) !== tileName(first));
      const times = new Map<Tile, number>();
      for (let round = 0; round < ROUNDS; round++) {
        for (const tile of [first, ...rest]) {
          if (performance.now() > ends) break;
          programs.table = withTile(fallback, pass, tile);
          const taken = await timeOf(sample.plan, round === 0);
          times.set(tile, Math.min(taken, times.get(tile) ?? Number.POSITIVE_INFINITY));
        }
      }
      sample.dispose();
      let best = (times.get(first) ?? 0) * CLEARLY_FASTER;
      for (const [tile, taken] of times) {
        if (taken >= best) continue;
        best = taken;
        chosen[pass][extent] = tile;
      }
    }
  }
  programs.table = chosen;
}

interface Sample {
  plan: () => Plan<tf.Tensor>;
  dispose: () => void;
}

function sampleOf(pass: Pass, shape: Shape): Sample {
  const { n, h, w, cIn, cOut, k, stride, pad } = shape;
  const [rows, columns] = outputSides(shape);
  const x = tf.ones<tf.Rank.R4>([n, h, w, cIn]);
  const kernel = tf.ones<tf.Rank.R4>([k, k, cIn, cOut]);
  const dz = tf.ones<tf.Rank.R4>([n, rows, columns, cOut]);
  const bias = tf.ones<tf.Rank.R1>([cOut]);
  const plans: Record<Pass, () => Plan<tf.Tensor>> = {
    convolution: () => planConvolution({ x, kernel, bias }, { stride, pad, relu: true, fp16: false }),
    inputGradient: () => planInputGradient({ dz, kernel }, { height: h, width: w, stride, pad }),
    kernelGradient: () => planKernelGradient({ x, dz }, { k, stride, pad }),
  };
  return { plan: plans[pass], dispose: () => tf.dispose([x, kernel, dz, bias]) };
}

/** Milliseconds of one run; infinite if the program fails. With `first`, one untimed run compiles it before. */
async function timeOf(plan: () => Plan<tf.Tensor>, first: boolean): Promise<number> {
  const measured = async (runs: number) => {
    const began = performance.now();
    const { failure } = await attempt(() => {
      for (let run = 1; run < runs; run++) plan().run().dispose();
      return tf.slice(plan().run().flatten(), 0, 1);
    });
    return failure ? Number.POSITIVE_INFINITY : (performance.now() - began) / runs;
  };
  if (first) await measured(1);
  const once = await measured(1);
  // Fast programs are repeated, so that reading back the result is a small part of the time.
  const runs = Math.min(MOST_RUNS, Math.max(1, Math.round(MEASURED_MS / once)));
  return runs === 1 ? once : measured(runs);
}

// --- Self-test

const ATOMS = 3;
/** Directions of the input channels in the trial of the core kernel. */
const RANK = 3;
/** Tolerated error relative to the largest expected value. Rounding to fp16 has a relative error of up to 5·10⁻⁴. */
const TOLERANCE: Record<Precision, number> = { single: 1e-4, half: 2e-3 };

/** One shape for each kind of program: 4 channels at a time with and without taps, few input channels, odd channel counts. */
const TRIALS: Shape[] = [
  { n: 2, h: 5, w: 6, cIn: 12, cOut: 20, k: 3, stride: 2, pad: 1 },
  { n: 1, h: 5, w: 3, cIn: 8, cOut: 12, k: 1, stride: 2, pad: 0 },
  { n: 1, h: 9, w: 8, cIn: 3, cOut: 8, k: 7, stride: 2, pad: 3 },
  { n: 2, h: 3, w: 4, cIn: 7, cOut: 5, k: 3, stride: 1, pad: 1 },
];

async function tryPrograms(programs: DevicePrograms): Promise<void> {
  await tryEachTile(programs, 'single', (plan, failure) => programs.reject(plan, failure));
  await tryAdamw(programs);
}

/**
 * Checks the programs on activations and kernels in fp16 and returns whether all of them work. There is no reference kernel for
 * fp16: if any program fails, in either precision, the engine uses fp32 throughout, with a notice.
 */
export async function checkFp16(): Promise<boolean> {
  const programs = devicePrograms();
  const failures: [program: string, reason: string][] = [];
  await tryEachTile(programs, 'half', (plan, failure) => failures.push([`${plan} in fp16`, failure]));
  for (const [program, reason] of failures) addNotice(program, reason);
  return failures.length === 0 && programs.allWork;
}

/** A program and its expected result, which is computed only for programs not yet checked. */
type Trial = [plan: Plan<tf.Tensor>, expected: () => number[]];
type OnFailure = (plan: string, reason: string) => void;

async function tryEachTile(
  programs: DevicePrograms,
  precision: Precision,
  onFailure: OnFailure,
): Promise<void> {
  const { table } = programs;
  const tried = new Set<string>();
  programs.exact = true;
  // The direct tile is used for products that are too small for a staged tile.
  const tables = [
    ...EXTENTS.map((extent) => eachTile((pass) => table[pass][extent])),
    eachTile(() => DIRECT),
  ];
  for (const each of tables) {
    programs.table = each;
    for (const shape of TRIALS) await tryShape(shape, precision, tried, onFailure);
  }
  programs.exact = false;
  programs.table = table;
}

/** Runs every pass on a shape and compares it with the definition. fp16 requires output channels in multiples of 4. */
async function tryShape(
  shape: Shape,
  precision: Precision,
  tried: Set<string>,
  onFailure: OnFailure,
): Promise<void> {
  const { n, h, w, cIn, cOut, k, stride, pad } = shape;
  const fp16 = precision === 'half';
  if (fp16 && cOut % 4 !== 0) return;
  const [rows, columns] = outputSides(shape);
  const numbersOf = {
    x: numbers(n * h * w * cIn, 'x'),
    kernel: numbers(k * k * cIn * cOut, 'kernel'),
    dz: numbers(n * rows * columns * cOut, 'dz'),
    coefficients: numbers(ATOMS * cIn * cOut, 'coefficients'),
    inputs: numbers(cIn * RANK, 'inputs'),
    outputs: numbers(k * k * RANK * cOut, 'outputs'),
  };
  const kept = <T extends tf.Tensor>(make: () => T, channels: number): T =>
    tf.tidy(() => (fp16 && channels % 4 === 0 ? toFp16(make()) : make()));
  const x = kept(() => tf.tensor4d(numbersOf.x, [n, h, w, cIn]), cIn);
  const kernel = kept(() => tf.tensor4d(numbersOf.kernel, [k, k, cIn, cOut]), cOut);
  const dz = tf.tensor4d(numbersOf.dz, [n, rows, columns, cOut]);
  const bias = tf.zeros<tf.Rank.R1>([cOut]);
  const coefficients = kept(() => tf.tensor2d(numbersOf.coefficients, [ATOMS, cIn * cOut]), cOut);
  const change = tf.zeros<tf.Rank.R2>([ATOMS, k * k]);
  const inputs = tf.tensor2d(numbersOf.inputs, [cIn, RANK]);
  const outputs = tf.tensor3d(numbersOf.outputs, [k * k, RANK, cOut]);
  const byKernels = () => byKernel(numbersOf.x, numbersOf.dz, shape);
  // Pooling with a 1×1 window is the identity, and so is its gradient.
  const window = { k: 1, stride: 1, pad: 0 };
  const dy = tf.tensor4d(numbersOf.x, [n, h, w, cIn]);
  const inputTrial: Trial = [
    planInputGradient({ dz, kernel }, { height: h, width: w, stride, pad }),
    () => byInput(numbersOf.dz, numbersOf.kernel, shape),
  ];
  const trials: Trial[] = [
    [
      planConvolution({ x, kernel, bias }, { stride, pad, relu: false, fp16 }),
      () => output(numbersOf.x, numbersOf.kernel, shape),
    ],
    // The input gradient of activations whose channels are not a multiple of 4 is never needed with an fp16 kernel.
    ...(fp16 && cIn % 4 !== 0 ? [] : [inputTrial]),
    [planKernelGradient({ x, dz }, { k, stride, pad }), byKernels],
    [
      planAtomGradient({ x, dz, coefficients }, { k, stride, pad }),
      () => byAtoms(numbersOf.coefficients, byKernels(), k * k),
    ],
    // With ΔD = 0 the result is the folded kernel.
    [planAtomKernel({ folded: kernel, coefficients, change }), () => numbersOf.kernel],
    [
      planCoreKernel({ folded: kernel, inputs, outputs }),
      () => withCore(numbersOf.kernel, numbersOf.inputs, numbersOf.outputs, shape),
    ],
    [planMaxPool({ x }, window), () => numbersOf.x],
    [planMaxPoolGradient({ x, y: x, dy }, { ...window, relu: false }), () => numbersOf.x],
  ];
  for (const [plan, expected] of trials) {
    if (tried.has(plan.name)) continue;
    tried.add(plan.name);
    await tryPlan(plan, expected(), precision, onFailure);
  }
  tf.dispose([x, kernel, dz, bias, coefficients, change, inputs, outputs, dy]);
}

/** From a zero state with both β = ½, the first update is the sign of the gradient (Loshchilov & Hutter, Algorithm 2). */
async function tryAdamw(programs: DevicePrograms): Promise<void> {
  const slopes = numbers(5, 'slopes');
  const given = { state: tf.zeros<tf.Rank.R1>([15]), gradient: tf.tensor1d(slopes), rates: tf.ones([1]) };
  const corrections = { correction1: 0.5, correction2: 0.5 };
  const step = { beta1: 0.5, beta2: 0.5, ...corrections, epsilon: 1e-8, weightDecay: 0, factor: 1 };
  const plan = { name: adamwProgram.name, run: () => runAdamw(given, step) };
  const moments = [...slopes.map((slope) => slope / 2), ...slopes.map((slope) => slope ** 2 / 2)];
  const expected = [...slopes.map((slope) => -Math.sign(slope)), ...moments];
  await tryPlan(plan, expected, 'single', (name, failure) => programs.reject(name, failure));
  tf.dispose(given);
}

async function tryPlan(
  plan: Plan<tf.Tensor>,
  expected: number[],
  precision: Precision,
  onFailure: OnFailure,
): Promise<void> {
  const { values, failure } = await attempt(() => toFp32(plan.run()));
  if (failure) onFailure(plan.name, failure);
  else if (!agree(values, expected, TOLERANCE[precision]))
    onFailure(plan.name, 'Its result differs from that of the reference kernel.');
}

function agree(values: ArrayLike<number>, expected: number[], tolerance: number): boolean {
  const greatest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.every(
    (value, index) => Math.abs((values[index] ?? Number.NaN) - value) <= tolerance * greatest,
  );
}

/** The values that `work` computes, or the device's error message. The error scopes keep the errors from the global handler. */
async function attempt(
  work: () => tf.Tensor,
): Promise<{ values: ArrayLike<number>; failure: string | null }> {
  const { device } = webgpuBackend();
  for (const filter of SCOPES) device.pushErrorScope(filter);
  let result: tf.Tensor | null = null;
  let reading: Promise<ArrayLike<number>> = Promise.resolve([]);
  const failures: string[] = [];
  try {
    result = tf.tidy(work);
    reading = result.data(); // submits the commands while the error scopes are open
  } catch (error) {
    failures.push(String(error));
  }
  const errors = SCOPES.map(() => device.popErrorScope());
  const values = await reading.catch((error: unknown) => {
    failures.push(String(error));
    return [];
  });
  result?.dispose();
  for (const error of await Promise.all(errors)) if (error) failures.push(error.message);
  return { values, failure: failures[0] ?? null };
}

const SCOPES = ['validation', 'internal', 'out-of-memory'] as const;
