import { describe, expect, it } from 'vitest';
import { mcNemar } from './paired-test';
import { imagesToShow, normalQuantile } from './power';

describe('normalQuantile', () => {
  // Python's statistics.NormalDist().inv_cdf.
  it.each([
    [0.5, 0],
    [0.8, 0.8416212335729144],
    [0.92, 1.4050715603096327],
    [0.075, -1.4395314709384557],
    [0.975, 1.9599639845400536],
    [0.9975, 2.8070337683438114],
    [1e-6, -4.753424308822899],
    [1e-12, -7.034483825301132],
  ])('of %f is %f', (probability, quantile) => {
    expect(normalQuantile(probability)).toBeCloseTo(quantile, 6);
  });
});

describe('imagesToShow', () => {
  it('is the closed form if every discordant image favours the same setting', () => {
    // With a difference of 1, √(q − difference²) vanishes and z² images remain.
    expect(imagesToShow(1, 1, 0.05)).toBe(Math.ceil(1.9599639845400536 ** 2));
    const [z, power] = [1.9599639845400536, 0.8416212335729144];
    expect(imagesToShow(0.1, 0.1, 0.05)).toBe(
      Math.ceil((z * Math.sqrt(0.1) + power * Math.sqrt(0.09)) ** 2 / 0.01),
    );
  });

  it('counts at least the discordant images that the difference needs', () => {
    expect(imagesToShow(0.05, 0.01, 0.05)).toBe(imagesToShow(0.05, 0.05, 0.05));
  });

  it.each([
    [0.05, 0.1],
    [0.1, 0.3],
    [0.07, 0.2],
  ])('gives the exact McNemar test a power of about 80 %% (%f, discordant %f)', (difference, discordant) => {
    // Discordant images: Binomial(n, q); those in favour of the first setting among them: Binomial(·, (q + difference) / 2q).
    const images = imagesToShow(difference, discordant, 0.05);
    const favour = (discordant + difference) / (2 * discordant);
    let power = 0;
    for (let count = 1; count <= images; count++) {
      const chance = binomial(images, count, discordant);
      if (chance < 1e-7) continue;
      for (let first = 0; first <= count; first++)
        if (mcNemar(first, count - first) <= 0.05) power += chance * binomial(count, first, favour);
    }
    // The exact test is conservative: a few points below the formula, which uses the normal distribution.
    expect(power).toBeLessThan(0.81);
    expect(power).toBeGreaterThan(0.75);
  });

  it('rejects differences and levels that cannot be', () => {
    expect(() => imagesToShow(0, 0.1, 0.05)).toThrow(RangeError);
    expect(() => imagesToShow(1.2, 0.1, 0.05)).toThrow(RangeError);
    expect(() => imagesToShow(0.1, 0.1, 0)).toThrow(RangeError);
  });
});

function binomial(n: number, k: number, p: number): number {
  let log = 0;
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return Math.exp(log + k * Math.log(p) + (n - k) * Math.log(1 - p));
}
