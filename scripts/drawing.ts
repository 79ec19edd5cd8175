/**
 * Drawing functions for the sample sets: colours, smooth noise, and rasterisation with several samples per pixel. Pure arithmetic on
 * a seeded generator, without a canvas, so that every machine draws the same bytes.
 */
import type { Random } from '../src/core/random';

/** Side of a sample image in pixels. */
export const SIDE = 96;

/** Red, green, blue, each 0–255. */
export type Colour = readonly [number, number, number];
/** The colour at a point; coordinates in pixels, with the origin at the top left. */
export type Painter = (x: number, y: number) => Colour;
/** A scalar field. */
export type Field = (x: number, y: number) => number;

/** Samples per pixel along each axis. */
const SAMPLES = 3;

/** @returns `[SIDE, SIDE, 3]` */
export function rasterise(paint: Painter): Uint8ClampedArray {
  const rgb = new Uint8ClampedArray(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) rgb.set(averageColour(paint, x, y), 3 * (y * SIDE + x));
  }
  return rgb;
}

function averageColour(paint: Painter, x: number, y: number): number[] {
  const sum = [0, 0, 0];
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const colour = paint(x + ((i % SAMPLES) + 0.5) / SAMPLES, y + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES);
    for (let c = 0; c < 3; c++) sum[c] = (sum[c] ?? 0) + (colour[c] ?? 0);
  }
  return sum.map((value) => value / (SAMPLES * SAMPLES));
}

// ---------------------------------------------------------------- randomness

export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A random number between two positive ones, uniform in its logarithm. */
export function ratioBetween(random: Random, low: number, high: number): number {
  return low * Math.exp(random.uniform() * Math.log(high / low));
}

export function pick<T>(random: Random, list: readonly [T, ...T[]]): T {
  return list[random.integer(list.length)] ?? list[0];
}

// ---------------------------------------------------------------- colour

/** Palettes of matching colours, from dark to light. */
const PALETTES: readonly [string[], ...string[][]] = [
  ['#1d3557', '#457b9d', '#e63946', '#a8dadc', '#f1faee'],
  ['#264653', '#2a9d8f', '#e76f51', '#f4a261', '#e9c46a'],
  ['#3d2645', '#832161', '#da4167', '#f0a6ca', '#f0eff4'],
  ['#283618', '#606c38', '#bc6c25', '#dda15e', '#fefae0'],
  ['#22223b', '#4a4e69', '#9a8c98', '#c9ada7', '#f2e9e4'],
  ['#03045e', '#0077b6', '#00b4d8', '#90e0ef', '#e8f8fb'],
  ['#4a1c40', '#b5446e', '#fb8b24', '#ffd166', '#fff3d6'],
  ['#1b4332', '#40916c', '#74c69d', '#ffb4a2', '#f8f4e3'],
  ['#2b2d42', '#8d99ae', '#ef233c', '#ffb703', '#edf2f4'],
  ['#5f0f40', '#9a031e', '#fb8b24', '#0f7c8a', '#f6e7cb'],
  ['#432818', '#99582a', '#bb9457', '#6f9a8d', '#ffe6a7'],
  ['#10002b', '#5a189a', '#c77dff', '#80ffdb', '#f3e8ff'],
];

/** A random palette in random order. */
export function palette(random: Random): Colour[] {
  return random.shuffle(pick(random, PALETTES).map(fromHex));
}

function fromHex(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Linear interpolation: `part` 0 gives `from`, 1 gives `to`. */
export function mix(from: Colour, to: Colour, part: number): Colour {
  const channel = (c: 0 | 1 | 2) => from[c] + (to[c] - from[c]) * part;
  return [channel(0), channel(1), channel(2)];
}

export function brighten(colour: Colour, factor: number): Colour {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** Perceived lightness, 0–255. */
export function lightness([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

// ---------------------------------------------------------------- noise

/** Smooth noise, about 0–1, with one extremum every `period` pixels. */
export function smoothNoise(random: Random, period: number): Field {
  const size = 32;
  const lattice = Float64Array.from({ length: size * size }, () => random.uniform());
  const at = (column: number, row: number) => lattice[(row & (size - 1)) * size + (column & (size - 1))] ?? 0;
  return (x, y) => {
    const u = x / period;
    const v = y / period;
    const column = Math.floor(u);
    const row = Math.floor(v);
    const s = ease(u - column);
    const t = ease(v - row);
    const above = at(column, row) + (at(column + 1, row) - at(column, row)) * s;
    const below = at(column, row + 1) + (at(column + 1, row + 1) - at(column, row + 1)) * s;
    return above + (below - above) * t;
  };
}

/** The sum of four octaves of smooth noise; about 0–1. */
export function cloudNoise(random: Random, period: number): Field {
  const layers = [0, 1, 2, 3].map((i) => smoothNoise(random, period / 2 ** i));
  return (x, y) => layers.reduce((sum, layer, i) => sum + layer(x, y) / 2 ** (i + 1), 0) / (15 / 16);
}

/** 0 below `low`, 1 above `high`, smooth in between. */
export function smoothStep(low: number, high: number, x: number): number {
  return ease(Math.min(1, Math.max(0, (x - low) / (high - low))));
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
