/**
 * Plans the memory of a run before it starts: the micro-batch size, gradient checkpointing, and the place of the frozen-feature
 * cache.
 */
import { convolutions, type Network } from '../backbone/layout';
import type { BackendName, EngineLimits } from '../core/engine';
import type { FrozenFeaturePlace, HeapItems, MemoryPlan, RunConfig } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { assertDefined, type TuningMethod } from '../methods/method';
import { numbersIn } from '../nn/size-machine';
import type { Precision } from '../ops/fp16';
import { viewsPerImage } from './batch';
import { EVALUATION_BATCH } from './evaluate';
import { heapBytes, heapItems, type KeptOnHeap, NOTHING_KEPT } from './memory-heap';
import { entering, type SimulatedMemory, simulateMemory } from './memory-simulation';
import { lowestStage, parameterTable } from './parameters';

export interface PlannedRun extends Pick<RunConfig, 'augmentation' | 'views'> {
  network: Network;
  /** Side of the input in pixels. */
  inputSize: number;
  method: TuningMethod;
  options: SettingOptions;
  classes: number;
  batchSize: number;
  /** The largest micro-batch, for a run that ran out of memory with a larger one; any if absent. */
  mostAtOnce?: number | undefined;
  images: { train: number; val: number };
  /** Bytes on the JavaScript heap that do not depend on the run; none if absent. */
  kept?: KeptOnHeap;
}

export interface PlanLimits extends EngineLimits {
  backend: BackendName;
  precision: Precision;
  /** Bytes available for files. */
  storage: number;
}

/** Below this micro-batch size, gradient checkpointing is tried before smaller micro-batches. */
const SMALL_PART = 4;

interface Choice {
  microBatch: number;
  gradientCheckpointing: boolean;
  frozenFeatures: FrozenFeaturePlace | null;
}

/**
 * The first of these choices that fits into `limits`, fastest first; the last one, with `fits` false, if none does.
 *
 * 1. The whole batch, then micro-batches of half of it, a quarter and so on, down to a few images. Accumulating the gradients
 *    gives the same gradient, and each micro-batch still uses all cores: the cost is small.
 * 2. Micro-batches of a few images with gradient checkpointing: about a quarter more computation for a third less memory.
 *    Smaller micro-batches would save more memory, but one or two images of 7 × 7 pixels have fewer rows than a GPU computes at
 *    once, so they would also cost more time.
 * 3. Smaller micro-batches, down to one image; each without and with gradient checkpointing.
 *
 * With frozen stages and fixed views, the frozen features are cached on the device if they fit beside one of the first choices.
 * Else they are cached in a file, and the rest is planned as if there were no cache, because a file may fail and the features are
 * then computed at every step.
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
  const cached = from > 0 ? viewsPerImage(run) * images.train + images.val : 0;
  const kept = cached > 0 ? 4 * cached * numbersIn(entering(run, from)) : 0;
  const fits = ({ bytes, largest }: SimulatedMemory) => bytes <= budget && largest <= buffer;
  const attempt = (choice: Choice): Attempt => {
    const attempts = evaluationBatches(choice.microBatch).map((evaluationBatch) => {
      const frozenFeatures = choice.frozenFeatures === 'device' ? { from, images: cached } : null;
      const simulated = {
        network,
        inputSize,
        table,
        method,
        options,
        images,
        batch,
        ...choice,
        frozenFeatures,
        evaluationBatch,
        precision,
      };
      return { ...choice, evaluationBatch, ...simulateMemory(simulated, backend === 'webgpu') };
    });
    const least = attempts.reduce((low, each) => (each.bytes < low.bytes ? each : low));
    // A larger evaluation batch is used only if it does not raise the peak of the steps; a linear probe has no steps.
    const free = attempts.find((each) => fits(each) && (!tunes || each.bytes <= 1.02 * least.bytes));
    return free ?? least;
  };
  const { mostAtOnce = batch } = run;
  const [first, ...others] = choices(batch, tunes, kept > 0, kept <= storage).filter(
    ({ microBatch }) => !tunes || microBatch <= Math.max(1, mostAtOnce),
  );
  let taken = attempt(assertDefined(first, 'a micro-batch of one image'));
  for (const choice of others) {
    if (fits(taken)) break;
    taken = attempt(choice);
  }
  const { largest, ...plan } = taken;
  const fit = fits(taken);
  const sentence = fit
    ? fitting(batch, taken, tunes, budget) + aboutFrozenFeatures(taken.frozenFeatures, kept)
    : tooLarge(taken, budget, buffer, backend);
  const heap = heapItems({ network, method, options, table, images }, run.kept ?? NOTHING_KEPT);
  return { batch, ...plan, heap, heapSentence: onHeap(heap), budget, fits: fit, sentence };
}

interface Attempt extends Choice, SimulatedMemory {
  evaluationBatch: number;
}

/** Candidates, largest first. The micro-batch size is one of them because a buffer pool can then reuse buffers of the steps. */
function evaluationBatches(microBatch: number): number[] {
  const numbers = new Set([...halves(EVALUATION_BATCH), Math.min(EVALUATION_BATCH, microBatch)]);
  return [...numbers].sort((a, b) => b - a);
}

function choices(
  batch: number,
  tunes: boolean,
  canCache: boolean,
  fitsIntoFile: boolean,
): [Choice, ...Choice[]] {
  const frozenFeatures = canCache && fitsIntoFile ? 'file' : null;
  // A linear probe trains on cached features, so micro-batches would save nothing.
  if (!tunes) return [{ microBatch: batch, gradientCheckpointing: false, frozenFeatures }];
  const [, ...parts] = halves(batch);
  const once = (microBatch: number): Choice => ({ microBatch, gradientCheckpointing: false, frozenFeatures });
  const twice = (microBatch: number): Choice => ({ microBatch, gradientCheckpointing: true, frozenFeatures });
  const many = parts.filter((part) => part >= SMALL_PART);
  const few = parts.filter((part) => part < SMALL_PART);
  const onDevice = [batch, ...many].map((part): Choice => ({ ...once(part), frozenFeatures: 'device' }));
  const [first, ...others] = canCache ? [...onDevice, once(batch)] : [once(batch)];
  return [
    first,
    ...others,
    ...many.map(once),
    twice(many.at(-1) ?? batch),
    ...few.flatMap((part) => [once(part), twice(part)]),
  ];
}

/** Repeated halves, rounded up: 20, 10, 5, 3, 2, 1. */
function halves(count: number): number[] {
  return count === 1 ? [1] : [count, ...halves(Math.ceil(count / 2))];
}

// ---------------------------------------------------------------- sentences

function fitting(
  batch: number,
  { microBatch, gradientCheckpointing, bytes }: Choice & SimulatedMemory,
  tunes: boolean,
  budget: number,
): string {
  if (!tunes) return `About ${size(bytes)} of memory.`;
  if (microBatch === batch && !gradientCheckpointing)
    return `About ${size(bytes)} of memory at batch ${batch}.`;
  const parts = batch / microBatch;
  const ways = [
    ...(microBatch === batch
      ? []
      : [
          Number.isInteger(parts)
            ? `in ${parts} micro-batches of ${images(microBatch)}`
            : `in micro-batches of at most ${images(microBatch)}`,
        ]),
    ...(gradientCheckpointing ? ['with gradient checkpointing'] : []),
  ];
  const result = gradientCheckpointing
    ? 'steps take about a quarter longer, the result is the same'
    : 'the result is the same';
  return `Batch ${batch} is trained ${ways.join(' and ')} to stay under ${size(budget)} of memory; ${result}. About ${size(bytes)}.`;
}

const HEAP_WORDS: Record<keyof HeapItems, string> = {
  pixels: 'images',
  kernels: 'pretrained kernels',
  coefficients: 'coefficients and bases',
  features: 'features',
  models: 'trained parameters',
};

/** The total, and the items that are at least a tenth of it. */
function onHeap(items: HeapItems): string {
  const bytes = heapBytes(items);
  const parts = Object.entries(HEAP_WORDS)
    .map(([item, words]) => ({ words, bytes: items[item as keyof HeapItems] })) // the record's own keys
    .filter((part) => part.bytes >= bytes / 10)
    .sort((a, b) => b.bytes - a.bytes);
  return `In addition, about ${size(bytes)} on the JavaScript heap, mainly: ${parts.map((part) => `${part.words} ${size(part.bytes)}`).join(', ')}.`;
}

function aboutFrozenFeatures(place: FrozenFeaturePlace | null, bytes: number): string {
  if (bytes === 0) return '';
  if (place === null)
    return ` The activations of the frozen stages (${size(bytes)}) do not fit into a cache and are computed at every step.`;
  return ` The activations of the frozen stages (${size(bytes)}) are computed once and cached${place === 'file' ? ' in a file' : ''}.`;
}

function tooLarge(
  { bytes, largest }: SimulatedMemory,
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

/** `310 MB`, `2.1 GB`: two digits, because a plan is not more accurate. */
function size(bytes: number): string {
  const rounded = Number(bytes.toPrecision(2));
  return rounded >= 1e9 ? `${rounded / 1e9}\u00a0GB` : `${rounded / 1e6}\u00a0MB`;
}
