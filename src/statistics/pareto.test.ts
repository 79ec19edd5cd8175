import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random';
import { type Point, paretoFront } from './pareto';

describe('paretoFront', () => {
  it('contains the points that no other point dominates, by increasing x', () => {
    const points = [
      { x: 113_164, y: 0.91 },
      { x: 0, y: 0.8 },
      { x: 1_467_696, y: 0.9 },
      { x: 1_737, y: 0.88 },
      { x: 9_000, y: 0.85 },
    ];
    expect(paretoFront(points)).toEqual([1, 3, 0]);
  });

  it('excludes points with equal x and lower y, and with equal y and higher x', () => {
    expect(
      paretoFront([
        { x: 1, y: 0.7 },
        { x: 1, y: 0.8 },
        { x: 2, y: 0.8 },
      ]),
    ).toEqual([1]);
  });

  it('contains all of several equal points', () => {
    const twice = { x: 1, y: 0.8 };
    expect(paretoFront([twice, { x: 0, y: 0.5 }, twice])).toEqual([1, 0, 2]);
  });

  it('excludes points with NaN', () => {
    expect(
      paretoFront([
        { x: 1, y: Number.NaN },
        { x: 2, y: 0.5 },
        { x: Number.NaN, y: 0.9 },
      ]),
    ).toEqual([1]);
    expect(paretoFront([])).toEqual([]);
  });

  it('agrees with the definition on random points with many ties', () => {
    const random = seededRandom(1);
    const dominates = (a: Point, b: Point) => a.x <= b.x && a.y >= b.y && (a.x < b.x || a.y > b.y);
    for (let trial = 0; trial < 200; trial++) {
      const points = Array.from({ length: 15 }, () => ({ x: random.integer(8), y: random.integer(8) }));
      const undominated = points.flatMap((p, i) => (points.some((other) => dominates(other, p)) ? [] : i));
      const front = paretoFront(points);
      expect([...front].sort((a, b) => a - b)).toEqual(undominated);
      const xs = front.map((i) => points[i]?.x ?? Number.NaN);
      expect(xs).toEqual([...xs].sort((a, b) => a - b));
    }
  });
});
