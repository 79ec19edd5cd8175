/** The sample set `textures`: six kinds of pattern, in any colours, size and direction. */
import type { Random } from '../src/core/random';
import {
  between,
  brighten,
  type Colour,
  cloudNoise,
  type Field,
  lightness,
  mix,
  type Painter,
  palette,
  rasterise,
  ratioBetween,
  SIDE,
  smoothNoise,
  smoothStep,
} from './drawing';

/** The colour of a pattern at a point of its own plane, where one period is about 1. */
type Pattern = (random: Random, colours: PatternColours) => Painter;

interface PatternColours {
  ground: Colour;
  figure: Colour;
  accent: Colour;
}

const PATTERNS = { bricks, checks, dots, marble, stripes, waves } satisfies Record<string, Pattern>;
type PatternName = keyof typeof PATTERNS;
// The type of `Object.keys` loses the literal names.
export const PATTERN_NAMES = Object.keys(PATTERNS) as PatternName[];

/** @returns `[SIDE, SIDE, 3]` */
export function drawTexture(kind: PatternName, random: Random): Uint8ClampedArray {
  const paint = PATTERNS[kind](random, chooseColours(random));
  return rasterise(lit(random, placed(random, kind, paint)));
}

function chooseColours(random: Random): PatternColours {
  const [ground, ...others] = palette(random);
  if (!ground) throw new Error('an empty palette');
  const contrast = (colour: Colour) => Math.abs(lightness(colour) - lightness(ground));
  const [figure = ground, accent = ground] = others
    .sort((a, b) => contrast(b) - contrast(a))
    .slice(random.integer(2));
  return { ground, figure: mix(ground, figure, between(random, 0.65, 1)), accent };
}

/** Rotates, scales, shifts and slightly bends the plane of a pattern. */
function placed(random: Random, kind: PatternName, paint: Painter): Painter {
  // Bricks are nearly upright; other patterns have any direction.
  const angle = kind === 'bricks' ? 0.25 * random.normal() : between(random, 0, 2 * Math.PI);
  const period = ratioBetween(random, 11, 26);
  const [cos, sin] = [Math.cos(angle) / period, Math.sin(angle) / period];
  const [right, down] = [between(random, 0, 40), between(random, 0, 40)];
  const bend = between(random, 0, 5);
  const [bendX, bendY] = [smoothNoise(random, 45), smoothNoise(random, 45)];
  return (x, y) => {
    const u = x + bend * (bendX(x, y) - 0.5);
    const v = y + bend * (bendY(x, y) - 0.5);
    return paint(cos * u - sin * v + right, sin * u + cos * v + down);
  };
}

/** Adds light from one side, and an uneven surface. */
function lit(random: Random, paint: Painter): Painter {
  const angle = between(random, 0, 2 * Math.PI);
  const strength = between(random, 0.05, 0.22);
  const grain = between(random, 0.02, 0.08);
  const surface = cloudNoise(random, 14);
  return (x, y) => {
    const side = ((x - SIDE / 2) * Math.cos(angle) + (y - SIDE / 2) * Math.sin(angle)) / (SIDE / 2);
    return brighten(paint(x, y), 1 + strength * side + 2 * grain * (surface(x, y) - 0.5));
  };
}

// ---------------------------------------------------------------- the patterns

function bricks(random: Random, { ground, figure, accent }: PatternColours): Painter {
  const height = between(random, 0.42, 0.6);
  const mortar = between(random, 0.04, 0.08);
  const tone = toneOfCell(random);
  const variety = between(random, 0.15, 0.6);
  return (u, v) => {
    const row = Math.floor(v / height);
    const shifted = u + (row % 2) / 2;
    const column = Math.floor(shifted);
    const edge = Math.min(distanceToEdge(shifted), distanceToEdge(v / height) * height);
    return edge < mortar ? ground : mix(figure, accent, variety * tone(column, row));
  };
}

function checks(random: Random, { ground, figure }: PatternColours): Painter {
  const isGingham = random.uniform() < 0.4;
  return (u, v) => {
    const across = Math.floor(2 * u) % 2 === 0 ? 0 : 1;
    const down = Math.floor(2 * v) % 2 === 0 ? 0 : 1;
    return mix(ground, figure, isGingham ? (across + down) / 2 : across ^ down);
  };
}

function dots(random: Random, { ground, figure, accent }: PatternColours): Painter {
  const radius = between(random, 0.2, 0.36);
  const isStaggered = random.uniform() < 0.6;
  const tone = toneOfCell(random);
  const hasTwoColours = random.uniform() < 0.5;
  return (u, v) => {
    const row = Math.floor(v);
    const shifted = isStaggered ? u + (row % 2) / 2 : u;
    const [x, y] = [shifted - Math.floor(shifted) - 0.5, v - row - 0.5];
    if (x * x + y * y > radius * radius) return ground;
    return hasTwoColours && tone(Math.floor(shifted), row) < 0.5 ? accent : figure;
  };
}

function marble(random: Random, { ground, figure, accent }: PatternColours): Painter {
  const turbulence = cloudNoise(random, 2.2);
  const clouds = cloudNoise(random, 1.6);
  const swirl = between(random, 2.5, 4.5);
  const sharpness = between(random, 0.12, 0.3);
  return (u, v) => {
    const vein = Math.abs(Math.sin(Math.PI * (0.55 * u + swirl * (turbulence(u, v) - 0.5))));
    const stone = mix(ground, accent, 0.5 * smoothStep(0.3, 0.75, clouds(u, v)));
    return mix(figure, stone, smoothStep(0, sharpness * 2.5, vein));
  };
}

function stripes(random: Random, { ground, figure, accent }: PatternColours): Painter {
  const width = between(random, 0.3, 0.65);
  const hasThinLine = random.uniform() < 0.4;
  return (u) => {
    const phase = u - Math.floor(u);
    if (phase < width) return figure;
    return hasThinLine && Math.abs(phase - (1 + width) / 2) < 0.07 ? accent : ground;
  };
}

function waves(random: Random, { ground, figure, accent }: PatternColours): Painter {
  const height = between(random, 0.22, 0.45);
  const length = between(random, 1.3, 2.2);
  const width = between(random, 0.35, 0.6);
  const isScalloped = random.uniform() < 0.35;
  const crest: Field = (u) => {
    const swing = Math.sin((Math.PI * 2 * u) / length);
    return isScalloped ? 1.6 * Math.abs(Math.sin((Math.PI * u) / length)) : swing;
  };
  return (u, v) => {
    const raised = v + height * crest(u, v);
    const band = Math.floor(raised);
    if (raised - band > width) return ground;
    return band % 3 === 0 ? mix(figure, accent, 0.6) : figure;
  };
}

/** Distance to the nearest edge of a unit cell: 0 at the edge, ½ in the middle. */
function distanceToEdge(x: number): number {
  const inside = x - Math.floor(x);
  return Math.min(inside, 1 - inside);
}

/** A random number, 0–1, for each cell of a grid. */
function toneOfCell(random: Random): (column: number, row: number) => number {
  const tones = Float64Array.from({ length: 1024 }, () => random.uniform());
  return (column, row) => tones[((row & 31) << 5) | (column & 31)] ?? 0;
}
