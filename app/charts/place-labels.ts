/** Places labels beside their points, without overlap with markers and other labels. */

/** Label dimensions in pixels. The letter width is an upper estimate at 12 px, since measuring needs fonts. */
const LETTER = 6.8;
const LINE = 15;
/** Minimum distance between a line of text and a drawn line. */
const CLEAR = 10;
/** Distance from the point to its label. */
const GAP = 12;
/** Maximum vertical distance of a label from its point, so that it is not mistaken for another point's. */
const FARTHEST = 60;

export interface Spot {
  name: string;
  x: number;
  y: number;
}

export interface LabelPlace {
  left: number;
  right: number;
  /** Vertical centre of the label. */
  y: number;
  /** The label is to the left of its point instead of to the right. */
  toLeft: boolean;
}

export interface Room {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const MOST_LABELS = 12;

/** A horizontal line that labels must not overlap. */
export interface Level {
  left: number;
  right: number;
  y: number;
}

/** Whether the labels are few and short enough to be placed beside their points; otherwise a legend is used. */
export const labelsFit = (names: readonly string[], width: number) =>
  names.length <= MOST_LABELS && names.every((name) => name.length * LETTER + GAP < 0.4 * width);

/** Labels in the order of `spots`, each at its point's height or at the nearest free position. */
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
  // From top to bottom, so that labels of neighbouring points keep their order.
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

/** `y` and positions around it, nearest first. */
function nearby(y: number): number[] {
  const steps = Array.from({ length: FARTHEST / 3 }, (_, index) => 3 * (index + 1));
  return [y, ...steps.flatMap((step) => [y + step, y - step])];
}
