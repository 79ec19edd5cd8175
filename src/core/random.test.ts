import { describe, expect, test } from 'vitest';
import { seededRandom } from './random';

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('seededRandom', () => {
  test('gives the same numbers for the same seed, and different numbers for different seeds', () => {
    const numbers = (seed: number) => draw(8, seededRandom(seed).uniform);
    expect(numbers(7)).toEqual(numbers(7));
    expect(numbers(7)).not.toEqual(numbers(8));
  });

  test('draws uniform and normal numbers with the right mean and variance', () => {
    const random = seededRandom(1);
    const uniform = draw(50_000, random.uniform);
    const normal = draw(50_000, random.normal);
    expect(Math.min(...uniform.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(mean(uniform)).toBeCloseTo(1 / 2, 1);
    expect(mean(uniform.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
  });

  test('permutes each number exactly once, and gives all orders about equally often', () => {
    const random = seededRandom(3);
    expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(draw(1000, counter()));
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = random.permutation(3).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });

  test('shuffles a list in place', () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(seededRandom(2).shuffle(list)).toBe(list);
    expect([...list].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('forks into streams that do not depend on earlier draws', () => {
    const early = seededRandom(5).fork('order');
    const parent = seededRandom(5);
    draw(100, parent.uniform);
    const late = parent.fork('order');
    const numbers = draw(5, early.uniform);
    expect(draw(5, late.uniform)).toEqual(numbers);
    expect(draw(5, parent.fork('crops').uniform)).not.toEqual(numbers);
  });

  test('continues from a state with the same numbers', () => {
    const random = seededRandom(3);
    draw(5, random.normal);
    const state = JSON.parse(JSON.stringify(random.state()));
    const numbers = [...draw(4, random.normal), ...draw(4, random.uniform)];
    const other = seededRandom(4);
    other.restore(state);
    expect([...draw(4, other.normal), ...draw(4, other.uniform)]).toEqual(numbers);
  });
});

function counter(): () => number {
  let count = 0;
  return () => count++;
}
