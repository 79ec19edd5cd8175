/** Where labels go beside their points so that they hide no marker and no other label. */

/** Pixels a label takes: letters at 12 px on the wide side, since measuring needs fonts. */
const LETTER = 6.8;
const LINE = 15;
/** Between a line of text and a drawn line. */
const CLEAR = 10;
/** From the point to its label. */
const GAP = 12;
/** Farther from its point a label would seem another's. */
const FARTHEST = 60;

export interface Spot {
  name: string;
  x: number;
  y: number;
}

export interface LabelPlace {
  left: number;
  right: number;
  /** Middle of the line. */
  y: number;
  /** The label ends at its point instead of beginning there. */
  toLeft: boolean;
}

export interface Room {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const MOST_LABELS = 12;

/** A level line that no label should stand on. */
export interface Level {
  left: number;
  right: number;
  y: number;
}

/** Up to how many labels, and how long ones, still stand by their points; beyond that a legend is clearer. */
export const labelsFit = (names: readonly string[], width: number) =>
  names.length <= MOST_LABELS && names.every((name) => name.length * LETTER + GAP < 0.4 * width);

/** Labels in the order of their spots, each on its point's line or as near to it as is free. */
export function placeLabels(
  spots: readonly Spot[],
  room: Room,
  marker: number,
  levels: readonly Level[] = [],
): LabelPlace[] {
  const taken = [
    ...spots.map(({ x, y }) => ({ left: x - marker, right: x + marker, y, clear: LINE })),
    ...levels.map((level) => ({ ...level, clear: CLEAR })),
  ];
  const places = spots.map((spot) => ({ spot, place: ownLine(spot, room) }));
  // From the top down, so that labels of points that lie together keep their order.
  for (const { spot, place } of places.toSorted((a, b) => a.spot.y - b.spot.y)) {
    const free = (y: number) =>
      y >= room.top &&
      y <= room.bottom &&
      taken.every((t) => Math.abs(t.y - y) >= t.clear || t.left >= place.right || t.right <= place.left);
    place.y = nearby(spot.y).find(free) ?? spot.y;
    taken.push({ ...place, clear: LINE });
  }
  return places.map(({ place }) => place);
}

function ownLine({ name, x, y }: Spot, room: Room): LabelPlace {
  const long = name.length * LETTER;
  const toLeft = x + GAP + long > room.right;
  const left = toLeft ? x - GAP - long : x + GAP;
  return { left, right: left + long, y, toLeft };
}

/** `y`, and what lies around it, nearest first. */
function nearby(y: number): number[] {
  const steps = Array.from({ length: FARTHEST / 3 }, (_, index) => 3 * (index + 1));
  return [y, ...steps.flatMap((step) => [y + step, y - step])];
}
