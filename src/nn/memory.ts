/** Memory as tfjs' backends manage it: what is allocated, and its peak. */
import type { MemoryItems } from '../core/run';
import type { Precision } from '../ops/fp16';

/** Bytes per number in fp32 and fp16, and the kinds of tensors that are stored in fp16 (ops/fp16.ts). */
const FP32_BYTES = 4;
const FP16_BYTES = 2;
const STORED_IN_FP16: ReadonlySet<Kind> = new Set(['weights', 'coefficients', 'activations']);

type Kind = keyof MemoryItems;

/** Allocated memory. */
export interface Held {
  kind: Kind;
  bytes: number;
  numbers: number;
}

export abstract class Memory {
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

  /** Memory that an operation takes for a while. */
  use(numbers: number): void {
    this.free(this.take('working', numbers));
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
export class Heap extends Memory {
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
export class Pool extends Memory {
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
