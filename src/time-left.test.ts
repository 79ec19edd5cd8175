import { describe, expect, it } from 'vitest';
import { TimeLeft } from './time-left';

describe('the time left', () => {
  it('is estimated from the second second on', () => {
    const left = new TimeLeft();
    const report = (done: number, at: number) => left.after({ label: 'Decoding', done, total: 10 }, at);
    expect([report(0, 100), report(1, 100.5), report(2, 101)]).toEqual([undefined, undefined, 8 / 2]);
    expect(report(10, 105)).toBe(0);
  });

  it('follows the proportion that is done where the parts differ in size', () => {
    const left = new TimeLeft();
    const report = (done: number, share: number, at: number) =>
      left.after({ label: 'Decomposing', done, total: 4, share }, at);
    report(0, 0, 0);
    expect(report(2, 0.1, 2)).toBeCloseTo(18, 10);
    expect(report(3, 0.4, 8)).toBeCloseTo((0.6 * 8) / 0.4, 10);
  });

  it('begins again with every phase, and is unknown where the total is', () => {
    const left = new TimeLeft();
    left.after({ label: 'Opening', done: 0, total: 0 }, 0);
    expect(left.after({ label: 'Opening', done: 5, total: 0 }, 9)).toBeUndefined();
    expect(left.after({ label: 'Decoding', done: 5, total: 10 }, 10)).toBeUndefined();
    expect(left.after({ label: 'Decoding', done: 6, total: 10 }, 12)).toBeCloseTo(8, 12);
    // Validation after the next epoch has a label of its own.
    expect(left.after({ label: 'Validation', done: 1, total: 10 }, 13)).toBeUndefined();
  });

  it('is unknown while nothing gets done', () => {
    const left = new TimeLeft();
    for (const at of [0, 5, 10])
      expect(left.after({ label: 'Decoding', done: 3, total: 10 }, at)).toBeUndefined();
  });
});
