import { describe, expect, it } from 'vitest';
import type { Predictions, RunResult } from '../../../src/core/run';
import { compare } from '../../store/comparison';
import type { RunRecord } from '../../store/run-record';
import { columnsOf, type RunRow, rowsOf, runFile, sorted } from './run-table';

interface Made {
  setting: string;
  seed?: number;
  correct: number;
  /** Correctly classified test images. */
  test?: number;
  total?: number;
  computedBy?: Partial<RunResult>;
}

function predictions(correct: number, total: number): Predictions {
  const targets = Array.from({ length: total }, (_, image) => image % 2);
  return { targets, predicted: targets.map((target, image) => (image < correct ? target : 1 - target)) };
}

/** The fields of a run that the table reads. */
function made({ setting, seed = 0, correct, test, total = 20, computedBy }: Made): RunRecord {
  const epoch = { epoch: 1, trainLoss: 1, valLoss: 1, correct, total, seconds: 1 };
  const name = `${setting}, seed ${seed}`;
  return {
    ...{ id: name, name, armName: setting, symbol: '', setting, role: 'final', basis: 'images', style: 0 },
    ...{ status: 'finished', note: '', tags: [], data: '', trainable: { backbone: 5, head: 2 } },
    ...{ imagesPerSecond: 0, model: null, epochs: [epoch], keptEpoch: 1 },
    config: { setting, seed, options: {}, learningRate: 1 },
    result: {
      ...{ backend: 'wasm', precision: 'single', threads: 2, outcome: 'finished', seconds: 1 },
      validation: predictions(correct, total),
      test: test === undefined ? null : predictions(test, total),
      ...computedBy,
    },
  } as unknown as RunRecord;
}

function table(runs: readonly RunRecord[]) {
  const comparison = compare(runs);
  const rows = rowsOf(runs, comparison);
  const columns = columnsOf(comparison);
  const column = (id: string) => {
    const found = columns.find((each) => each.id === id);
    if (!found) throw new Error(`There is no column ${id}.`);
    return found;
  };
  const cells = (id: string) => rows.map((row: RunRow) => column(id).show(row).replaceAll('\u00a0', ' '));
  return { rows, columns, column, cells };
}

describe('the table of runs', () => {
  it('leads with the validation accuracy of the best epoch, with both ends of its interval', () => {
    // Wilson 1927: n of n is n/(n + z²) to 1; 12 of 20 as in Newcombe 1998, method 3.
    const { columns, cells } = table([
      made({ setting: 'a', correct: 4, total: 4 }),
      made({ setting: 'b', correct: 2, total: 4 }),
      made({ setting: 'c', correct: 0, total: 4 }),
    ]);
    expect(columns[0]?.title).toBe('Validation accuracy (95\u00a0%)');
    expect(cells('validation')[0]).toBe('100.0 % (51.0–100.0 %)');
    expect(cells('validation')[2]).toBe('0.0 % (0.0–49.0 %)');
    expect(table([made({ setting: 'a', correct: 12 })]).cells('validation')).toEqual([
      '60.0 % (38.7–78.1 %)',
    ]);
  });

  it('leads with the test accuracy where there are test images; validation is the other column', () => {
    const { columns, cells, column } = table([made({ setting: 'a', correct: 18, test: 12 })]);
    expect(columns[0]?.title).toBe('Test accuracy (95\u00a0%)');
    expect(cells('test')).toEqual(['60.0 % (38.7–78.1 %)']);
    expect(column('validation').isUsual).toBe(false);
  });

  it('has one row for runs that differ in their seeds, and compares rows with the probe', () => {
    const { rows, cells } = table([
      ...[0, 1].map((seed) => made({ setting: 'linear-probe', seed, correct: 10 })),
      ...[0, 1].map((seed) => made({ setting: 'lora', seed, correct: 14 })),
    ]);
    expect(rows.map(({ name, runs }) => [name, runs.length])).toEqual([
      ['linear-probe', 2],
      ['lora', 2],
    ]);
    expect(cells('against_probe')[0]).toBe('–');
    expect(cells('against_probe')[1]).toMatch(/^\+20\.0 \(/);
  });

  it('lists a repeated seed in a row of its own', () => {
    const first = made({ setting: 'lora', correct: 14 });
    const { rows, cells } = table([first, { ...first, id: 'again', name: 'lora, rerun' }]);
    expect(rows.map(({ name, runs }) => [name, runs.length])).toEqual([
      ['lora, seed 0', 1],
      ['lora, rerun', 1],
    ]);
    expect(cells('validation')[0]).toBe(cells('validation')[1]);
  });

  it('sorts by a column, with rows without a value last', () => {
    const runs = ['b', 'a', 'c'].map((setting, index) => made({ setting, correct: 5 + index }));
    const { rows, column } = table([...runs, { ...made({ setting: 'none', correct: 1 }), result: null }]);
    const names = (descending: boolean) =>
      sorted(rows, column('validation'), descending).map(({ runs: [run] }) => run?.setting);
    expect(names(true)).toEqual(['c', 'a', 'b', 'none']);
    expect(names(false)).toEqual(['b', 'a', 'c', 'none']);
  });

  it('says what computed a run where that differs', () => {
    const other = { backend: 'webgpu', precision: 'half', threads: 0 } as const;
    const mixed = table([
      made({ setting: 'a', correct: 1 }),
      made({ setting: 'a', correct: 1, computedBy: other }),
    ]);
    expect(mixed.cells('computed_by')).toEqual(['WebAssembly, 2 threads', 'WebGPU, fp16']);
    expect(mixed.column('computed_by').isUsual).toBe(true);
    const alike = table([made({ setting: 'a', correct: 1 }), made({ setting: 'b', correct: 2 })]);
    expect(alike.column('computed_by').isUsual).toBe(false);
  });

  it('writes one line per run, with the correct images of both parts', () => {
    const [head = [], row = []] = runFile([made({ setting: 'a', correct: 18, test: 12 })]);
    const value = (field: string) => row[head.indexOf(field)];
    expect(['validation_correct', 'validation_images', 'test_correct', 'test_images'].map(value)).toEqual([
      18, 20, 12, 20,
    ]);
  });
});
