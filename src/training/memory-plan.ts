/**
 * How a run keeps within its memory, decided before it starts: how many images go through the network at a time, and
 * whether parts of it are computed twice.
 */
import { convolutions, type Network } from '../backbone/layout';
import type { TuningMethod } from '../methods/method';
import type { Precision } from '../ops/half';
import type {
  BackendName,
  EngineLimits,
  MemoryPlan,
  PrefixPlace,
  RunConfig,
  SettingOptions,
} from '../worker/protocol';
import { viewsPerImage } from './batch';
import { EVALUATION_BATCH } from './evaluate';
import { entering, type Rehearsal, rehearse } from './memory-rehearsal';
import { lowestStage, parameterTable } from './parameters';

export interface PlannedRun extends Pick<RunConfig, 'augmentation' | 'views'> {
  network: Network;
  /** Side of the input, pixels. */
  inputSize: number;
  method: TuningMethod;
  options: SettingOptions;
  classes: number;
  batchSize: number;
  images: { train: number; val: number };
}

export interface PlanLimits extends EngineLimits {
  backend: BackendName;
  precision: Precision;
  /** Bytes that files may take. */
  storage: number;
}

/** With this many images at a time, computing twice is tried before fewer. */
const SMALL_PART = 4;

interface Choice {
  microBatch: number;
  recompute: boolean;
  prefix: PrefixPlace | null;
}

/**
 * The first of these that keeps within `limits`, fastest first; the last of them, with `fits` false, where none does.
 *
 * 1. The whole batch, then its half, a quarter and so on, down to a few images at a time. The gradients are added up, which
 *    is the same gradient, and each part still fills the processors: this costs next to nothing.
 * 2. A few images at a time, keeping only the blocks' inputs and computing their insides a second time: a quarter more
 *    work for a third less to keep. Halving again would save more, but at 7 × 7 pixels one or two images are fewer rows
 *    than a GPU computes at once, so it would cost more, too.
 * 3. Fewer images yet, down to one; each without and with computing twice.
 *
 * Where stages are frozen and images come again, the frozen stages' output is kept on the device if it fits there beside
 * the first of these. Else it goes into a file, and the rest is planned as if there were none: a file may fail, and what
 * it held is then computed at every step.
 */
export function planMemory(
  run: PlannedRun,
  { budget, buffer, backend, storage, precision }: PlanLimits,
): MemoryPlan {
  const { network, inputSize, method, options, classes, images } = run;
  const table = parameterTable(method, options, convolutions(network), network.features, classes);
  const batch = Math.max(1, Math.min(run.batchSize, images.train || run.batchSize));
  const tunes = table.backbone > 0;
  const from = viewsPerImage(run) > 0 ? (lowestStage(table) ?? 0) : 0;
  const maps = from > 0 ? viewsPerImage(run) * images.train + images.val : 0;
  const kept = maps > 0 ? 4 * maps * entering(run, from).numbers : 0;
  const fits = ({ bytes, largest }: Rehearsal) => bytes <= budget && largest <= buffer;
  const attempt = (choice: Choice): Attempt => {
    const attempts = evaluationBatches(choice.microBatch).map((evaluationBatch) => {
      const prefix = choice.prefix === 'device' ? { from, maps } : null;
      const rehearsed = {
        network,
        inputSize,
        table,
        method,
        options,
        images,
        batch,
        ...choice,
        prefix,
        evaluationBatch,
        precision,
      };
      return { ...choice, evaluationBatch, ...rehearse(rehearsed, backend === 'webgpu') };
    });
    const least = attempts.reduce((low, each) => (each.bytes < low.bytes ? each : low));
    // Evaluation may take what the steps need anyway, but is no reason to need more; a probe has no steps.
    const free = attempts.find((each) => fits(each) && (!tunes || each.bytes <= 1.02 * least.bytes));
    return free ?? least;
  };
  const attempts = choices(batch, tunes, kept > 0, kept <= storage);
  let taken = attempt(attempts[0]);
  for (const choice of attempts.slice(1)) {
    if (fits(taken)) break;
    taken = attempt(choice);
  }
  const { largest, ...plan } = taken;
  const fit = fits(taken);
  const sentence = fit
    ? fitting(batch, taken, tunes, budget) + aboutPrefix(taken.prefix, kept)
    : tooLarge(taken, budget, buffer, backend);
  return { batch, ...plan, budget, fits: fit, sentence };
}

interface Attempt extends Choice, Rehearsal {
  evaluationBatch: number;
}

/** Most first. As many as in a step are no new sizes, which a pool of buffers likes. */
function evaluationBatches(microBatch: number): number[] {
  const numbers = new Set([...halves(EVALUATION_BATCH), Math.min(EVALUATION_BATCH, microBatch)]);
  return [...numbers].sort((a, b) => b - a);
}

function choices(
  batch: number,
  tunes: boolean,
  hasPrefix: boolean,
  fitsIntoFile: boolean,
): [Choice, ...Choice[]] {
  const prefix = hasPrefix && fitsIntoFile ? 'file' : null;
  // A linear probe trains on features, which no part of a batch makes smaller.
  if (!tunes) return [{ microBatch: batch, recompute: false, prefix }];
  const [, ...parts] = halves(batch);
  const once = (microBatch: number): Choice => ({ microBatch, recompute: false, prefix });
  const twice = (microBatch: number): Choice => ({ microBatch, recompute: true, prefix });
  const many = parts.filter((part) => part >= SMALL_PART);
  const few = parts.filter((part) => part < SMALL_PART);
  const onDevice = [batch, ...many].map((part): Choice => ({ ...once(part), prefix: 'device' }));
  const [first, ...others] = hasPrefix ? [...onDevice, once(batch)] : [once(batch)];
  return [
    first,
    ...others,
    ...many.map(once),
    twice(many.at(-1) ?? batch),
    ...few.flatMap((part) => [once(part), twice(part)]),
  ];
}

/** 20, 10, 5, 3, 2, 1 */
function halves(count: number): number[] {
  return count === 1 ? [1] : [count, ...halves(Math.ceil(count / 2))];
}

// ---------------------------------------------------------------- in words

function fitting(
  batch: number,
  { microBatch, recompute, bytes }: Choice & Rehearsal,
  tunes: boolean,
  budget: number,
): string {
  if (!tunes) return `About ${size(bytes)} of memory.`;
  if (microBatch === batch && !recompute) return `About ${size(bytes)} of memory at batch ${batch}.`;
  const parts = batch / microBatch;
  const ways = [
    ...(microBatch === batch
      ? []
      : [
          Number.isInteger(parts)
            ? `in ${parts} micro-batches of ${images(microBatch)}`
            : `in micro-batches of at most ${images(microBatch)}`,
        ]),
    ...(recompute ? ['with gradient checkpointing'] : []),
  ];
  const result = recompute
    ? 'steps take about a quarter longer, the result is the same'
    : 'the result is the same';
  return `Batch ${batch} is trained ${ways.join(' and ')} to stay under ${size(budget)} of memory; ${result}. About ${size(bytes)}.`;
}

function aboutPrefix(place: PrefixPlace | null, bytes: number): string {
  if (bytes === 0) return '';
  if (place === null)
    return ` The activations of the frozen stages (${size(bytes)}) do not fit into a cache and are computed at every step.`;
  return ` The activations of the frozen stages (${size(bytes)}) are computed once and cached${place === 'file' ? ' in a file' : ''}.`;
}

function tooLarge(
  { bytes, largest }: Rehearsal,
  budget: number,
  buffer: number,
  backend: BackendName,
): string {
  const instead = 'a setting with fewer trainable parameters';
  if (largest > buffer) {
    const elsewhere = backend === 'webgpu' ? `WebAssembly in the engine panel, or ${instead}` : instead;
    return `Does not fit: one tensor takes ${size(largest)}, but the largest possible buffer is ${size(buffer)}. Choose ${elsewhere}.`;
  }
  return `Does not fit: micro-batches of one image take about ${size(bytes)}, but the limit is ${size(budget)}. Raise the memory cap if more memory is available, or choose ${instead}.`;
}

const images = (count: number) => (count === 1 ? '1 image' : `${count} images`);

/** `310 MB`, `2.1 GB`: in two digits, for a plan is no closer. */
function size(bytes: number): string {
  const rounded = Number(bytes.toPrecision(2));
  return rounded >= 1e9 ? `${rounded / 1e9}\u00a0GB` : `${rounded / 1e6}\u00a0MB`;
}
