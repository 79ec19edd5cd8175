/**
 * Backend, precision and threads of a run. Runs that differ in these are not averaged: their results and times are not
 * comparable.
 */
import type { RunResult } from '../../src/core/run';

/** Fields are null if a results file does not contain them. */
export type ComputedBy = { [K in 'backend' | 'precision' | 'threads']: RunResult[K] | null };

/** Equal for equal backend, precision and threads. Threads are ignored on WebGPU. */
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

/** Whether the runs differ in backend, precision or threads. */
export const isMixed = (all: readonly ComputedBy[]) => new Set(all.map(computedByKey)).size > 1;
