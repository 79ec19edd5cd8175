import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/worker/protocol';
import type { RunRecord } from '../../store/run-record';
import { columnsOf } from './run-table';

/** The fields of a run that the columns read. */
function made(correct: number, total: number, computedBy: Partial<RunResult> = {}): RunRecord {
  const epoch = { epoch: 1, trainLoss: 1, valLoss: 1, correct, total, seconds: 1 };
  return {
    ...{ symbol: '', setting: '', trainable: { backbone: 0, head: 0 }, imagesPerSecond: 0, model: null },
    ...{ epochs: [epoch], keptEpoch: 1 },
    result: { backend: 'wasm', precision: 'single', threads: 2, ...computedBy },
  } as RunRecord;
}

const shown = (runs: readonly RunRecord[], column: string) =>
  runs.map((run) =>
    columnsOf(runs)
      .find(({ title }) => title.startsWith(column))
      ?.show(run),
  );

describe('the table of runs', () => {
  it('gives both ends of an interval, which is not symmetric', () => {
    // Wilson 1927: n of n is n/(n + z²) to 1; 12 of 20 as in Newcombe 1998, method 3.
    expect(shown([made(4, 4), made(12, 20), made(0, 4)], 'Last epoch')).toEqual([
      '100.0\u00a0% (51.0–100.0\u00a0%)',
      '60.0\u00a0% (38.7–78.1\u00a0%)',
      '0.0\u00a0% (0.0–49.0\u00a0%)',
    ]);
  });

  it('says what computed a run where that differs', () => {
    const runs = [made(1, 2), made(1, 2, { backend: 'webgpu', precision: 'half', threads: 0 })];
    expect(shown(runs, 'Computed by')).toEqual(['WebAssembly, 2 threads', 'WebGPU, fp16']);
    expect(shown([made(1, 2), made(2, 2)], 'Computed by')).toEqual([undefined, undefined]);
  });
});
