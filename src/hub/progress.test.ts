import { describe, expect, it } from 'vitest';
import { Pace } from './progress';

describe('the pace of a download', () => {
  it('is unknown until there are two moments', () => {
    const pace = new Pace();
    expect([pace.bytesPerSecond(), pace.secondsLeft(100)]).toEqual([null, null]);
    pace.mark(10, 1);
    expect([pace.bytesPerSecond(), pace.secondsLeft(100)]).toEqual([null, null]);
  });

  it('is what came per second, and tells how long the rest takes', () => {
    const pace = new Pace();
    pace.mark(1000, 10);
    pace.mark(3000, 12);
    expect(pace.bytesPerSecond()).toBe(1000);
    expect(pace.secondsLeft(10_000)).toBe(7);
    expect(pace.secondsLeft(null)).toBeNull();
    // More than the total was said to be.
    expect(pace.secondsLeft(2000)).toBe(0);
  });

  it('follows the last five seconds', () => {
    const pace = new Pace();
    for (let second = 0; second <= 20; second++) pace.mark(second * 100, second);
    for (let second = 21; second <= 26; second++) pace.mark(2000 + (second - 20) * 1000, second);
    expect(pace.bytesPerSecond()).toBe(1000);
  });

  it('falls where nothing comes, and never says that nothing is left', () => {
    const pace = new Pace();
    pace.mark(0, 0);
    pace.mark(1000, 1);
    pace.mark(1000, 4);
    expect(pace.bytesPerSecond()).toBe(250);
    pace.mark(1000, 10);
    expect(pace.bytesPerSecond()).toBe(0);
    expect(pace.secondsLeft(2000)).toBeNull();
  });

  it('begins anew where the file does', () => {
    const pace = new Pace();
    pace.mark(0, 0);
    pace.mark(5000, 1);
    pace.mark(0, 2);
    pace.mark(300, 3);
    expect(pace.bytesPerSecond()).toBe(300);
  });
});
