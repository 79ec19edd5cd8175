/** The legend, drawn inside the SVG so that an exported picture keeps it. */

import type { RunRecord } from '../store/run-record';
import { Marker } from './Marker';
import { runStyle } from './run-style';

const ROW = 18;
const KEY = 30;
/** Width of a letter at 12 px, on the wide side: measuring needs a DOM with fonts, which a headless mount may lack. */
const LETTER = 6.7;
const LONGEST = 44;

const shorten = (name: string) => (name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);

function layOut(names: readonly string[], width: number) {
  let x = 0;
  let row = 0;
  const places = names.map((name) => {
    const wide = KEY + shorten(name).length * LETTER + 16;
    if (x > 0 && x + wide > width) {
      x = 0;
      row++;
    }
    const place = { x, y: row * ROW };
    x += wide;
    return place;
  });
  return { places, height: names.length === 0 ? 0 : (row + 1) * ROW };
}

/** Room the legend takes at the top of a chart of this width, pixels. */
export const legendHeight = (runs: readonly RunRecord[], width: number) =>
  layOut(
    runs.map(({ name }) => name),
    width,
  ).height;

export function ChartLegend({ runs, width, x }: { runs: readonly RunRecord[]; width: number; x: number }) {
  const { places } = layOut(
    runs.map(({ name }) => name),
    width,
  );
  return (
    <g className="chart-legend">
      {runs.map(({ id, name, style }, index) => {
        const place = places[index] ?? { x: 0, y: 0 };
        const { colour, dash } = runStyle(style);
        return (
          <g key={id} transform={`translate(${x + place.x},${place.y + 10})`}>
            <line
              x1="0"
              x2="24"
              y1="0"
              y2="0"
              strokeWidth="2"
              strokeDasharray={dash}
              style={{ stroke: colour }}
            />
            <Marker style={style} x={12} y={0} />
            <text x={KEY} y="4" fontSize="12" style={{ fill: 'var(--chart-ink, #1d2a2e)' }}>
              {shorten(name)}
            </text>
          </g>
        );
      })}
    </g>
  );
}
