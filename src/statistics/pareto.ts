/** The Pareto front of accuracy and cost. */

export interface Point {
  /** The cost, lower is better: trainable parameters, bytes or seconds. */
  x: number;
  /** The accuracy, higher is better. */
  y: number;
}

/**
 * The indices in `points` of those that no other point dominates (dominating: at least as good in both and better in one), by
 * increasing x and so increasing y. Equal points are all on the front or none is. A point with NaN is not on the front.
 */
export function paretoFront(points: readonly Point[]): number[] {
  const sorted = points
    .map(({ x, y }, place) => ({ x, y, place }))
    .filter(({ x, y }) => !Number.isNaN(x) && !Number.isNaN(y))
    .sort((a, b) => a.x - b.x || b.y - a.y);
  // A later point has at least the same x, so it must have a higher y, or be an equal point.
  const front: typeof sorted = [];
  for (const point of sorted) {
    const last = front.at(-1);
    if (!last || point.y > last.y || (point.y === last.y && point.x === last.x)) front.push(point);
  }
  return front.map(({ place }) => place);
}
