import { describe, expect, it } from 'vitest';
import { Rate } from './rate';

describe('a rate', () => {
  it('is unknown until there are two moments', () => {
    const rate = new Rate();
    expect([rate.perSecond(), rate.secondsLeft(100)]).toEqual([null, null]);
    rate.mark(10, 1);
    expect([rate.perSecond(), rate.secondsLeft(100)]).toEqual([null, null]);
  });

  it('is what came per second, and tells how long the rest takes', () => {
    const rate = new Rate();
    rate.mark(1000, 10);
    rate.mark(3000, 12);
    expect(rate.perSecond()).toBe(1000);
    expect(rate.secondsLeft(10_000)).toBe(7);
    expect(rate.secondsLeft(null)).toBeNull();
    // More than the stated total.
    expect(rate.secondsLeft(2000)).toBe(0);
  });

  it('follows the last five seconds', () => {
    const rate = new Rate();
    for (let second = 0; second <= 20; second++) rate.mark(second * 100, second);
    for (let second = 21; second <= 26; second++) rate.mark(2000 + (second - 20) * 1000, second);
    expect(rate.perSecond()).toBe(1000);
  });

  it('falls where nothing comes, and never says that nothing is left', () => {
    const rate = new Rate();
    rate.mark(0, 0);
    rate.mark(1000, 1);
    rate.mark(1000, 4);
    expect(rate.perSecond()).toBe(250);
    rate.mark(1000, 10);
    expect(rate.perSecond()).toBe(0);
    expect(rate.secondsLeft(2000)).toBeNull();
  });

  it('begins again if the total falls', () => {
    const rate = new Rate();
    rate.mark(0, 0);
    rate.mark(5000, 1);
    rate.mark(0, 2);
    rate.mark(300, 3);
    expect(rate.perSecond()).toBe(300);
  });
});
