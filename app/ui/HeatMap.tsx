/** Small k×k heat maps: teal is positive, ochre is negative, pale is zero, on a scale symmetric around zero. */
import { interpolateBrBG } from 'd3-scale-chromatic';
import { measured } from './format';
import classes from './HeatMap.module.css';

/** The colour of a value in −1…1. The ends of the colour map are not used, because they are too dark to distinguish. */
export const heat = (value: number) => interpolateBrBG(0.5 + 0.42 * Math.max(-1, Math.min(1, value)));

/** The largest absolute value: the end of a symmetric scale. */
export const reach = (values: ArrayLike<number>) =>
  Array.from(values).reduce((top, value) => Math.max(top, Math.abs(value)), 0);

interface HeatMapProps {
  /** Row-major, `side`×`side`. */
  values: ArrayLike<number>;
  side: number;
  /** The absolute value with the most saturated colour. */
  scale: number;
  size?: number;
}

/** One k×k heat map. The surrounding group must have an accessible name. */
export function HeatMap({ values, side, scale, size = 36 }: HeatMapProps) {
  const cells = Array.from({ length: side * side }, (_, index) => ({
    key: `cell ${index}`,
    x: index % side,
    y: Math.floor(index / side),
    value: values[index] ?? 0,
  }));
  return (
    <svg
      width={size}
      height={size}
      viewBox={`0 0 ${side} ${side}`}
      className={classes.map}
      aria-hidden="true"
    >
      {cells.map(({ key, x, y, value }) => (
        <rect key={key} x={x} y={y} width="1.02" height="1.02" fill={heat(scale > 0 ? value / scale : 0)} />
      ))}
    </svg>
  );
}

interface AtomRowProps {
  /** Accessible name. */
  name: string;
  /** `[count, side, side]` */
  atoms: ArrayLike<number> & { slice: (from: number, to: number) => ArrayLike<number> };
  count: number;
  side: number;
  scale: number;
  size?: number;
}

/** A layer's atoms in a row. */
export function AtomRow({ name, atoms, count, side, scale, size = 36 }: AtomRowProps) {
  return (
    <div className={classes.row} role="img" aria-label={name}>
      {Array.from({ length: count }, (_, index) => `atom ${index}`).map((key, index) => (
        <HeatMap
          key={key}
          values={atoms.slice(index * side * side, (index + 1) * side * side)}
          side={side}
          scale={scale}
          size={size}
        />
      ))}
    </div>
  );
}

/** The colour scale, with the values at both ends. */
export function HeatLegend({ scale, label }: { scale: number | null; label: string }) {
  const stops = Array.from({ length: 11 }, (_, index) => heat(index / 5 - 1));
  return (
    <div className={classes.legend}>
      <span>{label}</span>
      <span className="numbers">{scale === null ? 'negative' : `−${measured(scale)}`}</span>
      <span className={classes.ramp} style={{ background: `linear-gradient(90deg, ${stops.join(', ')})` }} />
      <span className="numbers">{scale === null ? 'positive' : `+${measured(scale)}`}</span>
    </div>
  );
}
