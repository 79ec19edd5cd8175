/** What computed a run. Runs that differ in it are not averaged: neither their numbers nor their seconds are of one kind. */
import type { RunResult } from '../../src/worker/protocol';

/** Null where a results file does not say. */
export type ComputedBy = { [K in 'backend' | 'precision' | 'threads']: RunResult[K] | null };

/** Equal for what computes alike. */
export const computedByKey = ({ backend, precision, threads }: ComputedBy) =>
  [backend, precision, backend === 'webgpu' ? 0 : threads].join(' ');

/** `WebGPU, fp16`, `WebAssembly, 4 threads` */
export function computedByWords({ backend, precision, threads }: ComputedBy): string {
  if (backend === null) return 'unknown backend';
  const words = [
    backend === 'webgpu' ? 'WebGPU' : 'WebAssembly',
    ...(precision === 'half' ? ['fp16'] : []),
    ...(backend === 'wasm' && threads ? [threads === 1 ? '1 thread' : `${threads} threads`] : []),
  ];
  return words.join(', ');
}

/** Whether some of these were computed otherwise than others. */
export const isMixed = (all: readonly ComputedBy[]) => new Set(all.map(computedByKey)).size > 1;
