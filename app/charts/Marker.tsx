import { markerPath, runStyle } from './run-style';

/** A run's marker in its colour, centred at (x, y) in the surrounding SVG. */
export function Marker({ style, x, y, size = 8 }: { style: number; x: number; y: number; size?: number }) {
  const { colour, marker } = runStyle(style);
  return (
    <path
      d={markerPath(marker, size)}
      transform={`translate(${x},${y})`}
      style={{ fill: colour, stroke: 'var(--chart-paper, #fff)', strokeWidth: 1 }}
    />
  );
}

/** A short piece of the run's line with its marker: the symbol used in legends, queue and tables. */
export function RunKey({ style }: { style: number }) {
  const { colour, dash } = runStyle(style);
  return (
    <svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true" style={{ flex: 'none' }}>
      <line x1="0" x2="28" y1="6" y2="6" strokeWidth="2" strokeDasharray={dash} style={{ stroke: colour }} />
      <Marker style={style} x={14} y={6} />
    </svg>
  );
}
