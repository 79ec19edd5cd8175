import { describe, expect, it } from 'vitest';
import { columnsOf, rowsOf } from '../app/steps/compare/run-table';
import { answer } from '../app/store/answer';
import { compare } from '../app/store/comparison';
import { DEFAULT_HYPERPARAMETERS, runConfig } from '../app/store/defaults';
import { comparison } from './comparison';
import type { AskedRun } from './messages';
import { ended, finished, SETTINGS } from './page-fixture';

const [, setting] = SETTINGS;
if (!setting) throw new Error('There are settings.');
const asked = (name: string, m = 9): AskedRun => ({
  ...{ setting, role: 'final', name, armName: name, memoryCap: null },
  ...{ sweep: null, before: null },
  config: { ...runConfig(setting, DEFAULT_HYPERPARAMETERS, 'none'), options: { m } },
});

const RUNS = [
  finished(asked('Atoms')),
  finished(asked('Atoms, m = 6, learning rate 0.03', 6), 20),
  ended(asked('LoRA', 1), { kind: 'user', message: 'Does not fit.' }),
];
const COMPARED = compare(RUNS);
const COLUMNS = columnsOf(COMPARED).filter(({ isUsual }) => isUsual);
const ROWS = rowsOf(RUNS, COMPARED);
const [words = '', ...rest] = comparison(RUNS).split('\n\n');
const lines = rest.join('\n\n').split('\n');

/** The cells of a line; those of one column begin or end at the same position. */
function cellsOf(line: string): string[] {
  return line.split(/ {2,}/);
}

describe('the comparison as text', () => {
  it('opens with the answer', () => {
    expect(words).toBe(answer(COMPARED));
    expect(words).toMatch(/highest accuracy|is shown to differ/);
  });

  it('has the page’s usual columns after the name', () => {
    expect(cellsOf(lines[0] ?? '')).toEqual(['Setting', ...COLUMNS.map(({ title }) => title)]);
  });

  it('has a rule under its header, as wide as the widest line', () => {
    expect(lines[1]).toBe('─'.repeat(Math.max(...lines.map((line) => line.length))));
  });

  it('has the values that the page shows for each setting, in order', () => {
    const [row] = ROWS;
    expect(cellsOf(lines[2] ?? '')).toEqual(['Atoms', ...COLUMNS.map(({ show }) => row && show(row))]);
    expect(lines).toHaveLength(2 + RUNS.length);
    expect(cellsOf(lines[3] ?? '')[0]).toBe('Atoms, m = 6, learning rate 0.03');
  });

  it('shows how an unfinished run ended', () => {
    expect(cellsOf(lines[4] ?? '')[0]).toBe('LoRA (failed)');
    expect(comparison([finished(asked('Full'), 9, 'stopped')])).toMatch(/^Full \(stopped\) /m);
  });

  it('aligns numbers to the right and words to the left', () => {
    const place = COLUMNS.findIndex(({ title }) => title === 'Time');
    const ends = [lines[0], lines[2], lines[3]].map((line = '') => {
      const cell = cellsOf(line)[place + 1] ?? '';
      return line.indexOf(` ${cell} `) + 1 + cell.length;
    });
    expect(new Set(ends).size).toBe(1);
  });

  it('leaves no space at the end of a line', () => {
    for (const line of lines) expect(line).toBe(line.trimEnd());
  });

  it('is only the header if there is no run', () => {
    const [head, rule, ...none] = comparison([]).split('\n');
    expect(head).toMatch(/^Setting {2}Validation accuracy/);
    expect(rule).toMatch(/^─+$/);
    expect(none).toEqual([]);
  });
});
