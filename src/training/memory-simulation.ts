/**
 * Simulates the memory of a run: it goes through the backbone's table and allocates and frees sizes in place of tensors, in the same
 * order as evaluate.ts, gradient.ts, backbone/training-pass.ts and adamw.ts. The simulated peak is the memory that the run needs.
 * A change to what these files keep in memory must also be made here.
 */
import { POOL } from '../backbone/backbone';
import {
  type BlockSpec,
  blockConvolutions,
  type ConvolutionSpec,
  convolutions,
  type Network,
  stageOf,
} from '../backbone/layout';
import type { MemoryItems } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { codedShape } from '../decompose/atom-coding';
import { type BasisSpec, basisNumbers, layerRank } from '../decompose/bases';
import { ATOM_KINDS, type TuningMethod } from '../methods/method';
import type { Precision } from '../ops/fp16';
import { lowestStage, type ParameterTable, tunedLayers } from './parameters';

export interface SimulatedRun {
  network: Network;
  /** Side of the input in pixels. */
  inputSize: number;
  table: ParameterTable;
  method: TuningMethod;
  options: SettingOptions;
  images: { train: number; val: number };
  /** Frozen features that enter the stage `from`, cached on the device for so many images; null if there are none. */
  frozenFeatures: { from: number; images: number } | null;
  /** Images per step and per micro-batch, and whether gradient checkpointing is used. */
  batch: number;
  microBatch: number;
  gradientCheckpointing: boolean;
  /** Images per forward pass without gradients. */
  evaluationBatch: number;
  precision: Precision;
}

export interface SimulatedMemory {
  /** The peak memory, and its composition. */
  bytes: number;
  items: MemoryItems;
  /** The largest single tensor in bytes. */
  largest: number;
}

/** `pooled`: whether memory is managed as by tfjs-webgpu's buffer pool, or as by the wasm heap. */
export function simulateMemory(run: SimulatedRun, pooled: boolean): SimulatedMemory {
  const memory = pooled ? new Pool(run.precision) : new Heap(run.precision);
  new Run(run, memory).all();
  const { bytes, items, largest } = memory;
  return { bytes, items, largest };
}

/** Bytes per number in fp32 and fp16, and the kinds of tensors that are stored in fp16 (ops/fp16.ts). */
const FP32_BYTES = 4;
const FP16_BYTES = 2;
const STORED_IN_FP16: ReadonlySet<Kind> = new Set(['weights', 'coefficients', 'activations']);

/** Vectors that AdamW keeps: parameters, two moments, learning rates; on WebGPU also a separate copy of the parameters. */
const OPTIMIZER_KEEPS = { heap: 4, pool: 5 };
/** Vectors that its update allocates: with tfjs one per operation, some freed early; in the WebGPU program the three of the next state. */
const OPTIMIZER_MAKES = { heap: 8, pool: 3 };

// ---------------------------------------------------------------- memory

type Kind = keyof MemoryItems;

interface Held {
  kind: Kind;
  bytes: number;
  numbers: number;
}

abstract class Memory {
  /** The peak so far, and its composition. */
  bytes = 0;
  items = nothing();
  largest = 0;
  readonly #live = nothing();

  constructor(readonly precision: Precision) {}

  /** Bytes in use after the allocation of a tensor of `bytes`. */
  protected abstract grown(bytes: number): number;
  protected abstract shrink(bytes: number): void;

  /** Allocates `numbers` numbers in `tensors` tensors of equal size. */
  take(kind: Kind, numbers: number, tensors = 1): Held {
    const bytes = numbers * (this.precision === 'half' && STORED_IN_FP16.has(kind) ? FP16_BYTES : FP32_BYTES);
    this.largest = Math.max(this.largest, bytes / tensors);
    this.#live[kind] += bytes;
    const total = this.grown(bytes);
    if (total > this.bytes) {
      this.bytes = total;
      const { working: _, ...rest } = this.#live;
      const known = Object.values(rest).reduce((sum, each) => sum + each, 0);
      // Includes the free buffers of a pool.
      this.items = { ...rest, working: total - known };
    }
    return { kind, bytes, numbers };
  }

  free(...all: (Held | null)[]): void {
    for (const held of all) {
      if (!held) continue;
      this.#live[held.kind] -= held.bytes;
      this.shrink(held.bytes);
    }
  }
}

/** tfjs-wasm: freed memory can be reused for any tensor. */
class Heap extends Memory {
  #total = 0;

  protected grown(bytes: number): number {
    this.#total += bytes;
    return this.#total;
  }

  protected shrink(bytes: number): void {
    this.#total -= bytes;
  }
}

/** tfjs submits commands in groups of this many; buffers freed within a group are reusable after it. */
const OPERATIONS_PER_SUBMIT = 15;

/** tfjs-webgpu: a freed buffer is never destroyed; it is reused for tensors of exactly the same size. */
class Pool extends Memory {
  #total = 0;
  #operations = 0;
  /** The number of free buffers by size. */
  readonly #waiting = new Map<number, number>();
  #freed: number[] = [];

  protected grown(bytes: number): number {
    if (++this.#operations % OPERATIONS_PER_SUBMIT === 0) this.#submit();
    const waiting = this.#waiting.get(bytes) ?? 0;
    if (waiting > 0) this.#waiting.set(bytes, waiting - 1);
    else this.#total += bytes;
    return this.#total;
  }

  protected shrink(bytes: number): void {
    this.#freed.push(bytes);
  }

  #submit(): void {
    for (const bytes of this.#freed) this.#waiting.set(bytes, (this.#waiting.get(bytes) ?? 0) + 1);
    this.#freed = [];
  }
}

const nothing = (): MemoryItems => ({
  weights: 0,
  coefficients: 0,
  kernels: 0,
  frozenFeatures: 0,
  activations: 0,
  optimizer: 0,
  working: 0,
});

// ---------------------------------------------------------------- a run

/**
 * How a GPU divides a kernel gradient (ops/webgpu/kernels.ts): one workgroup of threads per tile of channels, and as many splits of
 * the long axis as keep it busy, if each split has enough positions.
 */
const GPU_TILES = { side: 64, threads: 64, workgroups: 256, positionsPerPart: 128 };
/** The numbers of patches that a kernel gradient allocates at a time on wasm (ops/wasm/kernel-gradient.ts). */
const PATCHES = 2 ** 22;

/** What is kept of a block for the backward pass. */
interface KeptBlock {
  block: BlockSpec;
  /** Side of its input in pixels. */
  side: number;
  x: Held;
  /** Null with gradient checkpointing. */
  inner: { a1: Held; a2: Held } | null;
  y: Held;
}

interface StageActivations {
  held: Held;
  side: number;
}

class Run {
  readonly #tuned: ReadonlySet<string>;
  /** The number of trainable parameters, including the head's. */
  readonly #trained: number;
  /** Whether the kernel gradients are contracted with the coefficients and never written to memory. */
  readonly #isFused: boolean;
  readonly #tunesKernels: boolean;

  constructor(
    readonly run: SimulatedRun,
    readonly memory: Memory,
  ) {
    const { table, method } = run;
    this.#tuned = tunedLayers(table);
    this.#trained = table.backbone + table.head;
    this.#isFused = method.atomChange !== null;
    this.#tunesKernels = method.update !== undefined;
  }

  all(): void {
    const { memory } = this;
    const { network, table, images, frozenFeatures, method, options } = this.run;
    for (const layer of convolutions(network)) {
      memory.take('weights', numbersOf(layer) + 2 * layer.cOut);
      if (!this.#isTuned(layer)) continue;
      const needed = method.decompositions(layer, options);
      for (const kind of ATOM_KINDS) {
        const coding = needed[kind];
        if (!coding) continue;
        const { rows, atoms } = codedShape(coding, layer);
        // The backward pass reads block coefficients transposed, which a backend caches.
        memory.take('coefficients', rows * atoms * (coding.kc > 1 ? 2 : 1));
      }
      // Bases are kept in two orders: of the forward and of the backward pass.
      if (needed.bases) memory.take('coefficients', 2 * basisNumbers(needed.bases, layer));
    }
    if (frozenFeatures)
      memory.take(
        'frozenFeatures',
        frozenFeatures.images * this.#entering(frozenFeatures.from).numbers,
        frozenFeatures.images,
      );
    this.#evaluation(images.train, 0);
    this.#evaluation(images.val, 0);
    // The features of the linear probe or the warm start.
    memory.free(memory.take('working', images.train * network.features));
    if (table.backbone === 0) return;
    this.#vectors(this.#on(OPTIMIZER_KEEPS));
    const kernels = this.#kernels();
    this.#evaluation(images.val, frozenFeatures?.from ?? 0);
    memory.free(...kernels);
    this.#step();
  }

  /** Forward passes without gradients over so many images, or over activations that enter the stage `from`. */
  #evaluation(images: number, from: number): void {
    const { network, evaluationBatch } = this.run;
    for (const n of [Math.min(images, evaluationBatch), images % evaluationBatch]) {
      if (n === 0) continue;
      const input = this.#input(n, from);
      let x = from > 0 ? this.#entered(from) : this.#stem(n, false).x;
      for (const block of network.stages.slice(Math.max(0, from - 1)).flat()) {
        const { a1, a2, y } = this.#forward(n, block, x.side);
        this.memory.free(a1, a2, x.held);
        x = y;
      }
      this.#fp32Copy(x.held);
      this.memory.free(x.held, input);
    }
  }

  #step(): void {
    const { memory } = this;
    const { network, batch, microBatch, table, frozenFeatures } = this.run;
    const lowest = lowestStage(table) ?? 0;
    // On wasm, the backward pass caches frozen kernels rotated by 180°.
    if (this.memory instanceof Heap)
      for (const layer of convolutions(network))
        if (!this.#isTuned(layer) && stageOf(layer) >= lowest) memory.take('weights', numbersOf(layer));
    const kernels = this.#kernels();
    const images = this.#input(batch, frozenFeatures?.from ?? 0);
    const rest = batch % microBatch;
    let sum = this.#part(microBatch);
    for (const n of [batch >= 2 * microBatch ? microBatch : 0, rest]) {
      if (n === 0) continue;
      const part = this.#part(n);
      const next = memory.take('working', this.#trained);
      memory.free(sum, part);
      sum = next;
    }
    memory.free(images, ...kernels);
    this.#vectors(this.#on(OPTIMIZER_MAKES));
    // The input of the next step.
    this.#input(batch, frozenFeatures?.from ?? 0);
  }

  /** The forward and backward pass of one micro-batch; returns its gradient, which stays allocated. */
  #part(n: number): Held {
    const { memory } = this;
    const { network, batch: count, gradientCheckpointing, inputSize, frozenFeatures } = this.run;
    const from = frozenFeatures?.from ?? 0;
    const images = n < count ? this.#input(n, from) : null;
    let reached = this.#isTuned(network.stem);
    const stem = from > 0 ? null : this.#stem(n, reached && !gradientCheckpointing);
    let x = stem?.x ?? this.#entered(from);
    const blocks: KeptBlock[] = [];
    for (const block of network.stages.slice(Math.max(0, from - 1)).flat()) {
      const { a1, a2, y } = this.#forward(n, block, x.side);
      reached ||= blockConvolutions(block).some((layer) => this.#isTuned(layer));
      if (reached)
        blocks.push({
          block,
          side: x.side,
          x: x.held,
          inner: gradientCheckpointing ? null : { a1, a2 },
          y: y.held,
        });
      else memory.free(x.held);
      if (!reached || gradientCheckpointing) memory.free(a1, a2);
      x = y;
    }
    this.#fp32Copy(x.held);
    const gradients: Held[] = [];
    const below = this.#backward(n, blocks, gradients);
    if (below && stem) {
      const size = n * stem.side ** 2 * network.stem.cOut;
      const first = stem.kept ?? memory.take('activations', size);
      const dz = memory.take('working', size);
      memory.free(first, below);
      this.#layerGradient(n, network.stem, inputSize, gradients);
      memory.free(dz);
    }
    const joined = memory.take('working', this.#trained);
    memory.free(...gradients, images);
    return joined;
  }

  /** From the last block to the lowest tuned layer. Returns the gradient for the stem if the stem is tuned. */
  #backward(n: number, blocks: KeptBlock[], gradients: Held[]): Held | null {
    const { memory } = this;
    const top = blocks.at(-1);
    if (!top) return null;
    const stemIsTuned = this.#isTuned(this.run.network.stem);
    this.#fp32Copy(top.y);
    let dz = memory.take('working', top.y.numbers);
    for (const [index, { block, side, x, inner, y }] of [...blocks.entries()].reverse()) {
      const { conv1, conv2, conv3, downsample } = block;
      const isLowest = index === 0 && !stemIsTuned;
      const middle = sideAfter(conv1, side);
      const after = sideAfter(conv2, middle);
      const { a1, a2 } = inner ?? this.#inner(n, block, side);
      this.#layerGradient(n, conv3, after, gradients);
      if (downsample) this.#layerGradient(n, downsample, side, gradients);
      const dz2 = this.#inputGradient(n, conv3, after);
      memory.free(a2);
      this.#layerGradient(n, conv2, middle, gradients);
      const dz1 = this.#inputGradient(n, conv2, middle);
      memory.free(a1, dz2);
      this.#layerGradient(n, conv1, side, gradients);
      if (isLowest) {
        memory.free(dz1, dz, y, x);
        return null;
      }
      let addend = dz;
      if (downsample) {
        addend = this.#inputGradient(n, downsample, side);
        memory.free(dz);
      }
      dz = this.#inputGradient(n, conv1, side);
      memory.free(dz1, addend, y);
      if (index === 0) memory.free(x);
    }
    return dz;
  }

  /** The first convolution, whose output may be kept, and the pooling. `side` is that of the output before pooling. */
  #stem(n: number, keep: boolean): { x: StageActivations; side: number; kept: Held | null } {
    const { network, inputSize } = this.run;
    const { stem } = network;
    const side = sideAfter(stem, inputSize);
    const first = this.memory.take('activations', n * side ** 2 * stem.cOut);
    const pooled = sideAfter({ kernel: POOL.k, stride: POOL.stride, pad: POOL.pad }, side);
    const held = this.memory.take('activations', n * pooled ** 2 * stem.cOut);
    if (!keep) this.memory.free(first);
    return { x: { held, side: pooled }, side, kept: keep ? first : null };
  }

  #forward(n: number, block: BlockSpec, side: number): { a1: Held; a2: Held; y: StageActivations } {
    const { memory } = this;
    const { conv3, downsample } = block;
    const { a1, a2, side: after } = this.#inner(n, block, side);
    const numbers = n * after ** 2 * conv3.cOut;
    const shortcut = downsample ? memory.take('working', numbers) : null;
    const y = memory.take('activations', numbers);
    // On wasm, the convolution, its sum with the shortcut, and the ReLU are separate tensors.
    if (memory instanceof Heap) this.#use(2 * numbers);
    memory.free(shortcut);
    return { a1, a2, y: { held: y, side: after } };
  }

  #inner(n: number, { conv1, conv2 }: BlockSpec, side: number): { a1: Held; a2: Held; side: number } {
    const middle = sideAfter(conv1, side);
    const after = sideAfter(conv2, middle);
    const a1 = this.memory.take('activations', n * middle ** 2 * conv1.cOut);
    const a2 = this.memory.take('activations', n * after ** 2 * conv2.cOut);
    return { a1, a2, side: after };
  }

  /** ∂L/∂x of a convolution whose input has this side. */
  #inputGradient(n: number, layer: ConvolutionSpec, side: number): Held {
    const map = n * side ** 2 * layer.cIn;
    const result = this.memory.take('working', map);
    // On wasm, the sum with the other gradient, the masked result and the reordered kernel are separate tensors.
    if (this.memory instanceof Heap) this.#use(2 * map + numbersOf(layer));
    return result;
  }

  /** The gradients of the trainables of a layer, if it is tuned. */
  #layerGradient(n: number, layer: ConvolutionSpec, side: number, gradients: Held[]): void {
    if (!this.#isTuned(layer)) return;
    const bases = this.#basesOf(layer);
    if (bases) this.#throughBases(n, layer, side, bases);
    else if (this.#tunesKernels) this.#throughKernel(n, layer, side);
    for (const { layer: own, size } of this.run.table.parameters)
      if (own?.name === layer.name) gradients.push(this.memory.take('working', size));
  }

  /** The layer's input and ∂L/∂z projected to bases, and the patches of the former (backbone/layer-gradient.ts). */
  #throughBases(n: number, layer: ConvolutionSpec, side: number, bases: BasisSpec): void {
    const { kernel, stride } = layer;
    const after = sideAfter(layer, side);
    const directions = 4 * Math.ceil(layerRank(bases, layer) / 4);
    const isFiltered = bases.form === 'matrix' || kernel === 1;
    const x = this.memory.take('working', n * (isFiltered ? after : side) ** 2 * directions);
    const dz = this.memory.take('working', n * after ** 2 * directions);
    if (this.memory instanceof Heap && !isFiltered)
      this.#use(Math.min(PATCHES, n * (side / stride) ** 2 * directions * kernel ** 2));
    this.memory.free(x, dz);
  }

  /** Intermediate tensors of ∂L/∂kernel. */
  #throughKernel(n: number, layer: ConvolutionSpec, side: number): void {
    const kernel = numbersOf(layer);
    if (this.memory instanceof Heap) {
      // The reordered input, the patches of some images, and the partial and the total gradient.
      const map = n * side ** 2 * layer.cIn;
      const patches = n * sideAfter(layer, side) ** 2 * layer.cIn * layer.kernel ** 2;
      this.#use(map + (layer.kernel === 1 ? 0 : Math.min(PATCHES, patches)) + 2 * kernel);
    } else {
      for (const numbers of this.#partialSums(n, layer, sideAfter(layer, side))) this.#use(numbers);
    }
  }

  /** Intermediate results that a GPU writes for the gradients of a layer. */
  #partialSums(n: number, layer: ConvolutionSpec, outputSide: number): number[] {
    const { side, threads, workgroups, positionsPerPart } = GPU_TILES;
    const taps = layer.kernel ** 2;
    const tiles = Math.ceil(layer.cIn / side) * Math.ceil(layer.cOut / side);
    const wanted = Math.ceil(workgroups / (tiles * taps));
    const parts = Math.max(1, Math.floor(Math.min(wanted, (n * outputSide ** 2) / positionsPerPart)));
    if (this.#isFused) {
      const { plain } = this.run.method.decompositions(layer, this.run.options);
      return [(plain?.m ?? 0) * taps * parts * tiles * threads];
    }
    const kernel = numbersOf(layer);
    return parts > 1 ? [parts * kernel, kernel, kernel] : [kernel, kernel];
  }

  /** Vectors are counted as separate buffers, which they are if a joined one would be too large. */
  #vectors(count: number): void {
    for (let made = 0; made < count; made++) this.memory.take('optimizer', this.#trained);
  }

  #on<T>(each: { heap: T; pool: T }): T {
    return this.memory instanceof Heap ? each.heap : each.pool;
  }

  /** The parameters as separate tensors, and the tuned kernels. */
  #kernels(): Held[] {
    const tuned = convolutions(this.run.network).filter((layer) => this.#isTuned(layer));
    const parameters = this.memory.take('kernels', this.#trained);
    if (!this.#tunesKernels) return [parameters];
    const kernels = tuned.map((layer) => {
      const kernel = this.memory.take('kernels', numbersOf(layer));
      // Several operations compute a kernel; their results return to the pool and are reused for the next kernel of the same size.
      this.memory.free(
        ...Array.from({ length: this.#temporaries(layer) }, () =>
          this.memory.take('working', numbersOf(layer)),
        ),
      );
      return kernel;
    });
    return [parameters, ...kernels];
  }

  /** Tensors of a kernel's size that are made on the way to a tuned kernel. */
  #temporaries(layer: ConvolutionSpec): number {
    if (this.#isFused) return 0;
    const bases = this.#basesOf(layer);
    if (!bases) return 4;
    return bases.form === 'matrix' ? 2 : this.#on({ heap: 1, pool: 0 });
  }

  #basesOf(layer: ConvolutionSpec): BasisSpec | null {
    const { method, options } = this.run;
    return method.decompositions(layer, options).bases ?? null;
  }

  /** Images, or the activations that enter the stage `from`. */
  #input(n: number, from: number): Held {
    const numbers = from > 0 ? this.#entering(from).numbers : this.run.inputSize ** 2 * 3;
    return this.memory.take('working', n * numbers);
  }

  /** The input as the activations of a stage, without allocating a second tensor. */
  #entered(from: number): StageActivations {
    return { held: this.memory.take('activations', 0), side: this.#entering(from).side };
  }

  #entering(from: number): { side: number; numbers: number } {
    return entering(this.run, from);
  }

  /** A copy in fp32 for tfjs' own operations, with fp16 activations. */
  #fp32Copy(map: Held): void {
    if (this.run.precision === 'half') this.#use(map.numbers);
  }

  /** The temporary memory of an operation. */
  #use(numbers: number): void {
    this.memory.free(this.memory.take('working', numbers));
  }

  #isTuned({ name }: ConvolutionSpec): boolean {
    return this.#tuned.has(name);
  }
}

const numbersOf = ({ kernel, cIn, cOut }: ConvolutionSpec) => kernel ** 2 * cIn * cOut;

/** Side and size of one image's activations that enter a stage, 1 for the first. */
export function entering(
  { network, inputSize }: Pick<SimulatedRun, 'network' | 'inputSize'>,
  stage: number,
): { side: number; numbers: number } {
  const { stem, stages } = network;
  const pooling = { kernel: POOL.k, stride: POOL.stride, pad: POOL.pad };
  const side = stages
    .slice(0, stage - 1)
    .flat()
    .reduce(
      (before, { conv1, conv2 }) => sideAfter(conv2, sideAfter(conv1, before)),
      sideAfter(pooling, sideAfter(stem, inputSize)),
    );
  const channels = stages[stage - 1]?.[0]?.conv1.cIn ?? 0;
  return { side, numbers: side ** 2 * channels };
}

/** The output side of a convolution or pooling. */
const sideAfter = (
  { kernel, stride, pad }: Pick<ConvolutionSpec, 'kernel' | 'stride' | 'pad'>,
  side: number,
) => Math.floor((side + 2 * pad - kernel) / stride) + 1;
