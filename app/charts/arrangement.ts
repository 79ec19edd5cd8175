/** Where charts stand on the page, relative to the smallest box around all of them. */
export interface Arrangement {
  width: number;
  height: number;
  places: { chart: SVGSVGElement; x: number; y: number; width: number; height: number }[];
}

export function arrangementOf(charts: readonly SVGSVGElement[]): Arrangement {
  const boxes = charts.map((chart) => ({ chart, box: chart.getBoundingClientRect() }));
  const left = Math.min(...boxes.map(({ box }) => box.left));
  const top = Math.min(...boxes.map(({ box }) => box.top));
  return {
    width: Math.max(...boxes.map(({ box }) => box.right)) - left,
    height: Math.max(...boxes.map(({ box }) => box.bottom)) - top,
    places: boxes.map(({ chart, box: { left: x, top: y, width, height } }) => ({
      ...{ chart, x: x - left, y: y - top, width, height },
    })),
  };
}
