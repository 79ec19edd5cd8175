/**
 * The sample set `counting`: how many shapes are there? Kind, colour, size and position of the shapes are independent of the count,
 * and so is the painted area: how much sizes shrink with the count is drawn at random for every image.
 */
import type { Random } from '../src/core/random';
import {
  between,
  brighten,
  type Colour,
  cloudNoise,
  lightness,
  mix,
  type Painter,
  palette,
  pick,
  rasterise,
  ratioBetween,
  SIDE,
  smoothStep,
} from './drawing';

export const COUNTS = ['1', '2', '3', '4', '5'];

type Point = readonly [x: number, y: number];

interface Shape {
  centre: Point;
  /** Corners relative to the centre, pixels. */
  outline: Point[];
  /** Distance of the farthest corner from the centre, pixels. */
  reach: number;
  colour: Colour;
}

/** @returns `[SIDE, SIDE, 3]` */
export function drawCount(count: number, random: Random): Uint8ClampedArray {
  const colours = palette(random);
  const [ground, second] = groundColours(colours);
  const shapes = placeShapes(count, random, contrasting(colours, ground, second));
  const background = paintGround(random, ground, second);
  const shadow = pick(random, [0, 0.16, 0.26]);
  return rasterise((x, y) => paintShapes(shapes, shadow, x, y, background(x, y)));
}

// ---------------------------------------------------------------- ground

function groundColours(colours: readonly Colour[]): [Colour, Colour] {
  const [ground, other] = colours;
  if (!ground || !other) throw new Error('a palette of fewer than two colours');
  return [ground, mix(ground, other, 0.25)];
}

function paintGround(random: Random, ground: Colour, second: Colour): Painter {
  const kind = pick(random, ['plain', 'gradient', 'clouds', 'stripes', 'gradient']);
  const angle = between(random, 0, 2 * Math.PI);
  const along = (x: number, y: number) => x * Math.cos(angle) + y * Math.sin(angle);
  if (kind === 'gradient')
    return (x, y) => mix(ground, second, 0.5 + along(x - SIDE / 2, y - SIDE / 2) / 130);
  if (kind === 'clouds') {
    const clouds = cloudNoise(random, 30);
    return (x, y) => mix(ground, second, 1.4 * clouds(x, y) - 0.2);
  }
  if (kind === 'stripes') {
    const period = between(random, 9, 22);
    return (x, y) => mix(ground, second, Math.abs(Math.floor(along(x, y) / period) % 2) * 0.6);
  }
  return () => ground;
}

// ---------------------------------------------------------------- shapes

/** The colours of the palette that contrast with all ground colours; black or white if there are none. */
function contrasting(colours: readonly Colour[], ...grounds: Colour[]): [Colour, ...Colour[]] {
  const distance = (a: Colour, b: Colour) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  const standsOut = (colour: Colour) => grounds.every((ground) => distance(colour, ground) > 95);
  const [first, ...others] = colours.filter(standsOut);
  if (first) return [first, ...others];
  return [grounds.some((ground) => lightness(ground) > 128) ? [25, 25, 35] : [250, 248, 240]];
}

/** Areas in pixels². The largest area and the amount by which areas shrink with the count are random. */
function drawAreas(count: number, random: Random): number[] {
  const largest = ratioBetween(random, 0.025, 0.17) * SIDE * SIDE;
  const shrink = between(random, 0, 1);
  const typical = largest / count ** shrink;
  return Array.from({ length: count }, () => {
    const area = typical * ratioBetween(random, 0.55, 1.8);
    return Math.min(0.2, Math.max(0.011, area / (SIDE * SIDE))) * SIDE * SIDE;
  });
}

function placeShapes(count: number, random: Random, colours: [Colour, ...Colour[]]): Shape[] {
  const kinds: [ShapeName, ...ShapeName[]] =
    random.uniform() < 0.3 ? [pick(random, SHAPE_NAMES)] : SHAPE_NAMES;
  const inOneColour = random.uniform() < 0.3;
  const only = pick(random, colours);
  const areas = drawAreas(count, random);
  for (let scale = 1; ; scale *= 0.94) {
    const shapes = areas.map((area) => ({
      ...outlineOf(pick(random, kinds), area * scale, between(random, 0, 2 * Math.PI)),
      colour: inOneColour ? only : pick(random, colours),
    }));
    const centres = findRoom(
      shapes.map(({ reach }) => reach),
      random,
    );
    if (centres) return shapes.map((shape, i) => ({ ...shape, centre: centres[i] ?? [0, 0] }));
  }
}

/** Random centres at which circles of these radii are disjoint and inside the image; null if none were found. */
function findRoom(reaches: readonly number[], random: Random): Point[] | null {
  const gap = 2.5;
  const centres: Point[] = [];
  for (const reach of reaches) {
    const margin = reach + gap;
    const isFree = ([x, y]: Point) =>
      centres.every(([a, b], i) => Math.hypot(x - a, y - b) > reach + (reaches[i] ?? 0) + gap);
    const tries = Array.from(
      { length: 40 },
      (): Point => [between(random, margin, SIDE - margin), between(random, margin, SIDE - margin)],
    );
    const found = tries.find(isFree);
    if (!found) return null;
    centres.push(found);
  }
  return centres;
}

// ---------------------------------------------------------------- outlines

const SHAPES = {
  circle: () => round(36, () => 1),
  square: () => regular(4),
  triangle: () => regular(3),
  hexagon: () => regular(6),
  star: () => round(10, (i) => (i % 2 === 0 ? 1 : 0.45)),
  flower: () => round(60, (i) => 1 + 0.22 * Math.cos((i / 60) * 10 * Math.PI)),
  plus: (): Point[] => plusOutline(0.38),
  heart: (): Point[] => Array.from({ length: 48 }, (_, i) => heartPoint((i / 48) * 2 * Math.PI)),
  drop: (): Point[] => Array.from({ length: 40 }, (_, i) => dropPoint((i / 40) * 2 * Math.PI)),
} satisfies Record<string, () => Point[]>;
type ShapeName = keyof typeof SHAPES;
// The type of `Object.keys` loses the literal names, and that there is at least one.
const SHAPE_NAMES = Object.keys(SHAPES) as [ShapeName, ...ShapeName[]];

function round(corners: number, radius: (i: number) => number): Point[] {
  return Array.from({ length: corners }, (_, i) => {
    const angle = (i / corners) * 2 * Math.PI;
    return [radius(i) * Math.cos(angle), radius(i) * Math.sin(angle)];
  });
}

function regular(corners: number): Point[] {
  return round(corners, () => 1);
}

function plusOutline(arm: number): Point[] {
  const quarter: Point[] = [
    [1, -arm],
    [1, arm],
    [arm, arm],
  ];
  return [0, 1, 2, 3].flatMap((turns) => quarter.map((point) => turned(point, (turns * Math.PI) / 2)));
}

function heartPoint(t: number): Point {
  const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
  return [16 * Math.sin(t) ** 3, -y - 2];
}

function dropPoint(t: number): Point {
  return [Math.sin(t) * Math.sin(t / 2) ** 1.5 * 0.8, -Math.cos(t)];
}

function turned([x, y]: Point, angle: number): Point {
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
}

/** The outline of a shape of this area, rotated, around the origin. */
function outlineOf(name: ShapeName, area: number, angle: number): Pick<Shape, 'outline' | 'reach'> {
  const unit = SHAPES[name]();
  const scale = Math.sqrt(area / areaOf(unit));
  const outline = unit.map(([x, y]) => turned([x * scale, y * scale], angle));
  return { outline, reach: Math.max(...outline.map(([x, y]) => Math.hypot(x, y))) };
}

function areaOf(outline: readonly Point[]): number {
  const doubled = outline.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = outline[(i + 1) % outline.length] ?? [0, 0];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(doubled) / 2;
}

// ---------------------------------------------------------------- painting

/** The colour of a point with all shapes: a shape has a shadow on the ground and is slightly lighter towards its top. */
function paintShapes(shapes: readonly Shape[], shadow: number, x: number, y: number, ground: Colour): Colour {
  let colour = ground;
  for (const { centre, outline, reach, colour: fill } of shapes) {
    const [u, v] = [x - centre[0], y - centre[1]];
    if (Math.hypot(u, v) > reach + 6) continue;
    if (distanceTo(outline, u, v) <= 0) return brighten(fill, 1.06 - 0.12 * (v / reach));
    if (shadow > 0) {
      const depth = 1 - smoothStep(-1.5, 2.5, distanceTo(outline, u - 1, v - 1.6));
      colour = mix(colour, [0, 0, 0], shadow * depth);
    }
  }
  return colour;
}

/** Signed distance of a point to an outline, negative inside. */
function distanceTo(outline: readonly Point[], x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  let isInside = false;
  outline.forEach(([ax, ay], i) => {
    const [bx, by] = outline[(i + 1) % outline.length] ?? [0, 0];
    const [ex, ey] = [bx - ax, by - ay];
    const along = Math.min(1, Math.max(0, ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey || 1)));
    nearest = Math.min(nearest, Math.hypot(x - ax - along * ex, y - ay - along * ey));
    if (ay > y !== by > y && x < ax + ((y - ay) / ey) * ex) isInside = !isInside;
  });
  return isInside ? -nearest : nearest;
}
