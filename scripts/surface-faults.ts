/**
 * The sample set `surface-faults`: a drawn surface of metal, stone or paint with one of five faults, or none. Material, colour, light
 * and the position of the fault are independent of the kind of fault.
 */
import type { Random } from '../src/core/random';
import {
  between,
  brighten,
  type Colour,
  cloudNoise,
  type Field,
  mix,
  palette,
  pick,
  rasterise,
  SIDE,
  smoothNoise,
  smoothStep,
} from './drawing';

/** A relative change of brightness: 0 leaves a point as it is, −1 makes it black. */
type Shade = Field;

const FAULTS = { crack, dent, none, pits, scratch, stain } satisfies Record<
  string,
  (random: Random) => Shade
>;
type FaultName = keyof typeof FAULTS;
// The type of `Object.keys` loses the literal names.
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** @returns `[SIDE, SIDE, 3]` */
export function drawSurface(name: FaultName, random: Random): Uint8ClampedArray {
  const colour = surfaceColour(random);
  const material = pick(random, [brushed, cast, smooth, speckled])(random);
  const light = lightFromOneSide(random);
  const unevenness = cloudNoise(random, 30);
  const fault = FAULTS[name](random);
  return rasterise((x, y) => {
    const surface = 1 + light(x, y) + material(x, y) + 0.25 * (unevenness(x, y) - 0.5);
    return brighten(colour, surface * (1 + fault(x, y)));
  });
}

/** A muted colour of a palette. */
function surfaceColour(random: Random): Colour {
  const [colour = GREY] = palette(random);
  return mix(mix(colour, GREY, between(random, 0.2, 0.8)), LIGHT_GREY, 0.25);
}

const GREY: Colour = [150, 150, 150];
const LIGHT_GREY: Colour = [190, 190, 190];

function lightFromOneSide(random: Random): Shade {
  const angle = between(random, 0, 2 * Math.PI);
  const strength = between(random, 0.05, 0.3);
  return (x, y) =>
    (strength * ((x - SIDE / 2) * Math.cos(angle) + (y - SIDE / 2) * Math.sin(angle))) / (SIDE / 2);
}

// ---------------------------------------------------------------- materials

/** How strongly the brightness of a material varies. */
const relief = (random: Random) => between(random, 0.12, 0.35);

function brushed(random: Random): Shade {
  const angle = between(random, 0, Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const hairs = smoothNoise(random, 1.4);
  const amount = 1.4 * relief(random);
  return (x, y) => amount * (hairs((cos * x - sin * y) / 12 + SIDE, sin * x + cos * y + SIDE) - 0.5);
}

function cast(random: Random): Shade {
  const grain = cloudNoise(random, 5);
  const amount = 1.6 * relief(random);
  return (x, y) => amount * (grain(x, y) - 0.5);
}

function smooth(random: Random): Shade {
  const waves = cloudNoise(random, 14);
  const amount = 0.3 * relief(random);
  return (x, y) => amount * (waves(x, y) - 0.5);
}

function speckled(random: Random): Shade {
  const specks = smoothNoise(random, 2.2);
  const amount = 1.2 * relief(random);
  return (x, y) => amount * (smoothStep(0.68, 0.85, specks(x, y)) - 0.1);
}

// ---------------------------------------------------------------- faults

/** The distance from the edge of the image at which the middle of a fault may lie, pixels. */
const MARGIN = 24;

const place = (random: Random): Point => [
  between(random, MARGIN, SIDE - MARGIN),
  between(random, MARGIN, SIDE - MARGIN),
];

type Point = readonly [x: number, y: number];

function none(): Shade {
  return () => 0;
}

/** A dark line that changes its direction all the time. */
function crack(random: Random): Shade {
  return darkLine(random, path(random, 0.55));
}

/** A dark line that is nearly straight. */
function scratch(random: Random): Shade {
  return darkLine(random, path(random, 0.03));
}

/** A round hollow: dark on the side of the light, bright on the other. */
function dent(random: Random): Shade {
  const [left, top] = place(random);
  const radius = between(random, 8, 15);
  const angle = between(random, 0, 2 * Math.PI);
  const depth = 1.8 * between(random, 0.35, 0.65);
  return (x, y) => {
    const [u, v] = [(x - left) / radius, (y - top) / radius];
    const distance = Math.hypot(u, v);
    return distance > 1 ? 0 : depth * (u * Math.cos(angle) + v * Math.sin(angle)) * (1 - distance ** 2);
  };
}

/** Several small dark holes. */
function pits(random: Random): Shade {
  const [left, top] = place(random);
  const holes = Array.from({ length: 5 + random.integer(6) }, () => ({
    x: left + 13 * random.normal(),
    y: top + 13 * random.normal(),
    radius: between(random, 1.5, 2.8),
  }));
  const depth = between(random, 0.4, 0.7);
  return (x, y) =>
    -depth *
    Math.max(
      ...holes.map(
        (hole) => 1 - smoothStep(hole.radius / 2, 1.2 * hole.radius, Math.hypot(x - hole.x, y - hole.y)),
      ),
    );
}

/** A darker patch with an uneven edge. */
function stain(random: Random): Shade {
  const [left, top] = place(random);
  const radius = between(random, 9, 17);
  const edge = smoothNoise(random, 9);
  const depth = between(random, 0.2, 0.35);
  return (x, y) => {
    const distance = Math.hypot(x - left, y - top) / radius + 0.6 * (edge(x, y) - 0.5);
    return -depth * (1 - smoothStep(0.75, 1, distance));
  };
}

/** The distance between two corners of a path, pixels. */
const STRIDE = 3;

/** A line of 35 to 70 pixels. At every corner it turns by a normal angle with this deviation, radians. */
function path(random: Random, turn: number): Point[] {
  const length = between(random, 35, 70);
  let angle = between(random, 0, 2 * Math.PI);
  const [middleX, middleY] = place(random);
  let [x, y] = [middleX - (Math.cos(angle) * length) / 2, middleY - (Math.sin(angle) * length) / 2];
  const corners: Point[] = [];
  for (let gone = 0; gone < length; gone += STRIDE) {
    corners.push([x, y]);
    angle += turn * random.normal();
    x += STRIDE * Math.cos(angle);
    y += STRIDE * Math.sin(angle);
  }
  return corners;
}

/** A line that tapers from its first corner to its last. */
function darkLine(random: Random, corners: readonly Point[]): Shade {
  const width = between(random, 1, 1.7);
  const depth = between(random, 0.45, 0.75);
  return (x, y) => {
    const { distance, along } = nearest(corners, x, y);
    return -depth * (1 - smoothStep(width / 2, width * (1.6 - along), distance));
  };
}

/** The distance of a point from a path, and where along it the nearest point is: 0 at its first corner, 1 at its last. */
function nearest(corners: readonly Point[], x: number, y: number): { distance: number; along: number } {
  let found = { distance: Number.POSITIVE_INFINITY, along: 0 };
  for (let index = 0; index + 1 < corners.length; index++) {
    const [[ax, ay] = [0, 0], [bx, by] = [0, 0]] = [corners[index], corners[index + 1]];
    const [ex, ey] = [bx - ax, by - ay];
    const part = Math.min(1, Math.max(0, ((x - ax) * ex + (y - ay) * ey) / STRIDE ** 2));
    const distance = Math.hypot(x - ax - part * ex, y - ay - part * ey);
    if (distance < found.distance) found = { distance, along: (index + part) / (corners.length - 1) };
  }
  return found;
}
