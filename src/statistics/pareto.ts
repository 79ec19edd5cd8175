/** The Pareto front: what cannot be bettered in one respect without loss in the other. */

export interface Point {
  /** Lower is better: trained numbers, seconds. */
  x: number;
  /** Higher is better: accuracy. */
  y: number;
}

/**
 * Places in `points` of those that no other dominates (no worse in both respects and better in one), by growing x and so by
 * growing y. Points that are equal are all on the front or none is. A point with a NaN is not compared and not on it.
 */
export function paretoFront(points: readonly Point[]): number[] {
  const sorted = points
    .map(({ x, y }, place) => ({ x, y, place }))
    .filter(({ x, y }) => !Number.isNaN(x) && !Number.isNaN(y))
    .sort((a, b) => a.x - b.x || b.y - a.y);
  // Whatever comes later has no less x: it must bring more y, or be the same point.
  const front: typeof sorted = [];
  for (const point of sorted) {
    const last = front.at(-1);
    if (!last || point.y > last.y || (point.y === last.y && point.x === last.x)) front.push(point);
  }
  return front.map(({ place }) => place);
}
