/** The legend, drawn inside the SVG so that exported images contain it. */

import type { ReactNode } from 'react';
import { armOf, type RunRecord } from '../store/run-record';
import { Marker } from './Marker';
import { runStyle } from './run-style';

const ROW = 18;
const KEY = 30;
/** Upper estimate of a letter's width at 12 px. Measuring needs a DOM with fonts, which is not always available. */
const LETTER = 6.7;
const LONGEST = 60;

/** A run or another item, with its symbol: 24 px wide, starting at the origin. */
export type LegendEntry = { id: string; name: string } & ({ style: number } | { drawn: ReactNode });

/** One entry for all runs that differ only in their seeds. `several` gives the name of an entry with more than one run. */
export function runEntries(
  runs: readonly RunRecord[],
  one: (run: RunRecord) => string = ({ name }) => name,
  several: (run: RunRecord) => string = ({ armName }) => armName,
): LegendEntry[] {
  // Runs of the same setting on another backend have another style.
  const keyOf = (run: RunRecord) => `${armOf(run)} ${run.style}`;
  return [...new Set(runs.map(keyOf))].flatMap((id) => {
    const [first, ...others] = runs.filter((run) => keyOf(run) === id);
    return first ? [{ id, name: (others.length > 0 ? several : one)(first), style: first.style }] : [];
  });
}

/** Breaks a name into lines at spaces; words longer than a line are truncated. */
function wrap(name: string, width: number): string[] {
  const longest = Math.max(1, Math.min(LONGEST, Math.floor((width - KEY) / LETTER)));
  const lines: string[] = [];
  for (const word of name.split(' ')) {
    const begun = lines.at(-1);
    if (begun !== undefined && begun.length + 1 + word.length <= longest)
      lines[lines.length - 1] = `${begun} ${word}`;
    else lines.push(word.length > longest ? `${word.slice(0, longest - 1)}…` : word);
  }
  return lines;
}

function layOut(entries: readonly LegendEntry[], width: number) {
  let x = 0;
  let row = 0;
  let rows = 0;
  const places = entries.map((entry) => {
    const lines = wrap(entry.name, width);
    const wide = KEY + Math.max(...lines.map(({ length }) => length)) * LETTER + 16;
    if (x > 0 && x + wide > width) {
      x = 0;
      row = rows;
    }
    const texts = lines.map((text, index) => ({ text, y: index * ROW + 4 }));
    const place = { entry, texts, x, y: row * ROW };
    x += wide;
    rows = Math.max(rows, row + lines.length);
    return place;
  });
  return { places, height: rows * ROW };
}

/** Height of the legend in a chart of this width, pixels. */
export const legendHeight = (entries: readonly LegendEntry[], width: number) => layOut(entries, width).height;

interface Props {
  entries: readonly LegendEntry[];
  width: number;
  x: number;
}

export function ChartLegend({ entries, width, x }: Props) {
  return (
    <g className="chart-legend">
      {layOut(entries, width).places.map(({ entry, texts, ...place }) => (
        <g key={entry.id} transform={`translate(${x + place.x},${place.y + 10})`}>
          {'drawn' in entry ? entry.drawn : <RunLine style={entry.style} />}
          <text fontSize="12" style={{ fill: 'var(--chart-ink, #1d2a2e)' }}>
            {texts.map(({ text, y }) => (
              <tspan key={y} x={KEY} y={y}>
                {text}
              </tspan>
            ))}
          </text>
        </g>
      ))}
    </g>
  );
}

function RunLine({ style }: { style: number }) {
  const { colour, dash } = runStyle(style);
  return (
    <>
      <line x1="0" x2="24" y1="0" y2="0" strokeWidth="2" strokeDasharray={dash} style={{ stroke: colour }} />
      <Marker style={style} x={12} y={0} />
    </>
  );
}
