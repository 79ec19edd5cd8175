/**
 * Simulates the memory of a run: the walks over the network are those of training and evaluation, over sizes in place of tensors. What
 * evaluate.ts, gradient.ts, tuned-model.ts and adamw.ts keep besides is counted here, and a change there needs the same change here.
 */
import { type ConvolutionSpec, convolutions, type Network } from '../backbone/layout';
import type { MemoryItems } from '../core/run';
import type { SettingOptions } from '../core/setting';
import { codedShape } from '../decompose/atom-coding';
import { type BasisSpec, basisNumbers, layerRank } from '../decompose/bases';
import { ATOM_KINDS, assertDefined, type TuningMethod } from '../methods/method';
import { entryOf, type Graph, type Node, nodesBetween } from '../nn/graph';
import { Heap, type Held, type Memory, Pool } from '../nn/memory';
import type { MapShape } from '../nn/operation';
import { shapeOfOutput } from '../nn/operations';
import { numbersIn, type Size, SizeMachine } from '../nn/size-machine';
import { infer, Walk } from '../nn/walk';
import type { Precision } from '../ops/fp16';
import { complete } from '../turns';
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

/** Vectors that AdamW keeps: parameters, two moments, learning rates; on WebGPU also a separate copy of the parameters. */
const OPTIMIZER_KEEPS = { heap: 4, pool: 5 };
/** Vectors that its update allocates: with tfjs one per operation, some freed early; in the WebGPU program the three of the next state. */
const OPTIMIZER_MAKES = { heap: 8, pool: 3 };

// ---------------------------------------------------------------- a run

/**
 * How a GPU divides a kernel gradient (ops/webgpu/kernels.ts): one workgroup of threads per tile of channels, and as many splits of
 * the long axis as keep it busy, if each split has enough positions.
 */
const GPU_TILES = { side: 64, threads: 64, workgroups: 256, positionsPerPart: 128 };
/** The numbers of patches that a kernel gradient allocates at a time on wasm (ops/wasm/kernel-gradient.ts). */
const PATCHES = 2 ** 22;

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
        // The backward pass reads them transposed, which a backend caches; a GPU does so only for those of blocks.
        const copies = kind === 'blocks' || (memory instanceof Heap && this.#isFused) ? 2 : 1;
        memory.take('coefficients', rows * atoms * copies);
      }
      // Bases are kept in two orders: of the forward and of the backward pass.
      if (needed.bases) memory.take('coefficients', 2 * basisNumbers(needed.bases, layer));
    }
    if (frozenFeatures)
      memory.take(
        'frozenFeatures',
        frozenFeatures.images * numbersIn(entering(this.run, frozenFeatures.from)),
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
      const machine = new SizeMachine(this.memory);
      machine.free(complete(infer(new Walk(network, machine, { from }), input)));
      machine.free(input);
    }
  }

  #step(): void {
    const { memory } = this;
    const { network, batch, microBatch, table, frozenFeatures } = this.run;
    const lowest = lowestStage(table) ?? 0;
    // On wasm, the backward pass caches frozen kernels rotated by 180°.
    if (this.memory instanceof Heap)
      for (const layer of convolutions(network))
        if (!this.#tunesKernelOf(layer) && layer.stage >= lowest) memory.take('weights', numbersOf(layer));
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
    memory.free(images.held, ...kernels);
    this.#vectors(this.#on(OPTIMIZER_MAKES));
    // The input of the next step.
    this.#input(batch, frozenFeatures?.from ?? 0);
  }

  /** The forward and backward pass of one micro-batch; returns its gradient, which stays allocated. */
  #part(n: number): Held {
    const { memory } = this;
    const { network, batch: count, gradientCheckpointing, frozenFeatures } = this.run;
    const from = frozenFeatures?.from ?? 0;
    const copied = n < count ? this.#input(n, from) : null;
    const gradients: Held[] = [];
    const machine = new SizeMachine(memory, (node, x, dz) => {
      if (node.op === 'convolution') this.#layerGradient(node.spec, x, dz, gradients);
    });
    const isTrained = (node: Node) => node.op === 'convolution' && this.#isTuned(node.spec);
    const walk = new Walk(network, machine, { from, gradientCheckpointing, isTrained });
    const features = complete(walk.forward(copied ?? this.#given(n, from)));
    const dFeatures = { ...features, held: memory.take('working', n * numbersIn(features.shape)) };
    complete(walk.backward(dFeatures));
    machine.free(features);
    machine.free(dFeatures);
    const joined = memory.take('working', this.#trained);
    memory.free(...gradients, copied?.held ?? null);
    return joined;
  }

  /** The gradients of the trainables of a tuned layer. */
  #layerGradient(layer: ConvolutionSpec, x: Size, dz: Size, gradients: Held[]): void {
    const bases = this.#basesOf(layer);
    const channels = this.run.method.projectedTo?.(layer, this.run.options) ?? null;
    if (bases) this.#throughBases(layer, x, dz, bases);
    else if (channels !== null) this.#projected(layer, x, dz, channels);
    else if (this.#tunesKernels) this.#throughKernel(layer, x, dz);
    for (const { layer: own, size } of this.run.table.parameters)
      if (own?.name === layer.name) gradients.push(this.memory.take('working', size));
  }

  /** The layer's input and ∂L/∂z projected to bases, and the patches of the former (backbone/layer-gradient.ts). */
  #throughBases(
    layer: ConvolutionSpec,
    { n, shape: [height, width] }: Size,
    dz: Size,
    bases: BasisSpec,
  ): void {
    const { kernel, stride } = layer;
    const positions = n * dz.shape[0] * dz.shape[1];
    const directions = 4 * Math.ceil(layerRank(bases, layer) / 4);
    const isFiltered = bases.form === 'matrix' || kernel === 1;
    const x = this.memory.take('working', (isFiltered ? positions : n * height * width) * directions);
    const projected = this.memory.take('working', positions * directions);
    if (this.memory instanceof Heap && !isFiltered)
      this.memory.use(Math.min(PATCHES, (n * height * width * directions * kernel ** 2) / stride ** 2));
    this.memory.free(x, projected);
  }

  /** The pixels of the input that a 1×1 layer reads, in fp32, and these and ∂L/∂z projected to fewer channels. */
  #projected({ stride, cIn }: ConvolutionSpec, input: Size, dz: Size, channels: number): void {
    const positions = dz.n * dz.shape[0] * dz.shape[1];
    const isHalf = this.memory.precision === 'half';
    const whole = isHalf ? this.memory.take('working', input.n * numbersIn(input.shape)) : null;
    const read = stride > 1 ? this.memory.take('working', positions * cIn) : null;
    const x = this.memory.take('working', positions * channels);
    const projected = this.memory.take('working', positions * channels);
    this.memory.free(whole, read, x, projected);
  }

  /** Intermediate tensors of ∂L/∂kernel. */
  #throughKernel(layer: ConvolutionSpec, { n, shape }: Size, dz: Size): void {
    const positions = n * dz.shape[0] * dz.shape[1];
    if (this.memory instanceof Heap) {
      // The reordered input, the patches of some images, and the partial and the total gradient.
      const patches = layer.kernel === 1 ? 0 : positions * layer.cIn * layer.kernel ** 2;
      this.memory.use(n * numbersIn(shape) + Math.min(PATCHES, patches) + 2 * numbersOf(layer));
    } else {
      for (const numbers of this.#partialSums(layer, positions)) this.memory.use(numbers);
    }
  }

  /** Intermediate results that a GPU writes for the gradients of a layer. */
  #partialSums(layer: ConvolutionSpec, positions: number): number[] {
    const { side, threads, workgroups, positionsPerPart } = GPU_TILES;
    const taps = layer.kernel ** 2;
    const tiles = Math.ceil(layer.cIn / side) * Math.ceil(layer.cOut / side);
    const wanted = Math.ceil(workgroups / (tiles * taps));
    const parts = Math.max(1, Math.floor(Math.min(wanted, positions / positionsPerPart)));
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
    if (!bases) return 3;
    return bases.form === 'matrix' ? 2 : this.#on({ heap: 1, pool: 0 });
  }

  #basesOf(layer: ConvolutionSpec): BasisSpec | null {
    const { method, options } = this.run;
    return method.decompositions(layer, options).bases ?? null;
  }

  /** Images, or the activations that enter the stage `from`. */
  #input(n: number, from: number): Size {
    const given = this.#given(n, from);
    return { ...given, held: this.memory.take('working', n * numbersIn(given.shape)) };
  }

  /** The same where somebody else holds them. */
  #given(n: number, from: number): Size {
    return { n, shape: entering(this.run, from), held: null };
  }

  #tunesKernelOf(layer: ConvolutionSpec): boolean {
    return this.#tunesKernels && this.#isTuned(layer);
  }

  #isTuned({ name }: ConvolutionSpec): boolean {
    return this.#tuned.has(name);
  }
}

const numbersOf = ({ kernel, cIn, cOut }: ConvolutionSpec) => kernel ** 2 * cIn * cOut;

/** The shape of one image's activations that enter a stage; 0: of the image. */
export function entering(
  { network, inputSize }: { network: Graph; inputSize: number },
  stage: number,
): MapShape {
  const shapes = new Map<string, MapShape>([[network.input, [inputSize, inputSize, 3]]]);
  const shapeOf = (value: string) => assertDefined(shapes.get(value), value);
  for (const node of stage === 0 ? [] : nodesBetween(network, network.input, entryOf(network, stage)))
    shapes.set(node.id, shapeOfOutput(node, node.inputs.map(shapeOf)));
  return shapeOf(entryOf(network, stage));
}
