/** kernel = coefficients × atoms, drawn: the kernel shown is really the sum of the three atoms shown. */
import { heat } from '../../ui/HeatMap';
import classes from './Hero.module.css';

const ATOMS = [
  { coefficient: 0.9, values: [-1, 0, 1, -1, 0, 1, -1, 0, 1] },
  { coefficient: -0.5, values: [0.6, 0.6, 0.6, 0, 0, 0, -0.9, -0.9, -0.9] },
  { coefficient: 0.7, values: [-0.3, 0.1, -0.3, 0.1, 1, 0.1, -0.3, 0.1, -0.3] },
] as const;

const KERNEL = Array.from({ length: 9 }, (_, cell) =>
  ATOMS.reduce((sum, { coefficient, values }) => sum + coefficient * (values[cell] ?? 0), 0),
);

const SIDE = 78;
const CELL = SIDE / 3;
const FIRST = 138;
const STRIDE = 128;
const TOP = 34;

function Grid({ values, x, scale }: { values: readonly number[]; x: number; scale: number }) {
  return (
    <g transform={`translate(${x},${TOP})`}>
      {values.map((value, cell) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: nine cells that never move
          key={cell}
          x={(cell % 3) * CELL}
          y={Math.floor(cell / 3) * CELL}
          width={CELL + 0.3}
          height={CELL + 0.3}
          fill={heat(value / scale)}
        />
      ))}
    </g>
  );
}

const ink = { fill: 'var(--ink)' };
const soft = { fill: 'var(--ink-2)' };

export function AtomsPicture() {
  return (
    <svg
      className={classes.picture}
      viewBox="0 0 520 178"
      role="img"
      aria-label="A kernel is the sum of three atoms, each multiplied by a coefficient. The coefficients are frozen, the atoms are trained."
    >
      <Grid values={KERNEL} x={4} scale={1.6} />
      <text x={4 + SIDE / 2} y={TOP + SIDE + 22} textAnchor="middle" fontSize="14" style={ink}>
        kernel
      </text>
      <text x={102} y={TOP + SIDE / 2 + 7} textAnchor="middle" fontSize="22" style={soft}>
        =
      </text>
      {ATOMS.map(({ coefficient, values }, index) => {
        const x = FIRST + index * STRIDE + 38;
        const sign = coefficient < 0 ? '−' : '+';
        return (
          <g key={coefficient}>
            <text x={x - 26} y={TOP + SIDE / 2 + 6} textAnchor="middle" fontSize="17" style={ink}>
              {index === 0 && coefficient > 0 ? '' : `${sign} `}
              {Math.abs(coefficient)} ×
            </text>
            <rect
              x={x + 3}
              y={TOP - 5}
              width={SIDE + 10}
              height={SIDE + 10}
              rx="5"
              fill="none"
              strokeWidth="2"
              strokeDasharray="5 4"
              style={{ stroke: 'var(--accent)' }}
            />
            <Grid values={values} x={x + 8} scale={1.05} />
            <text x={x + 8 + SIDE / 2} y={TOP + SIDE + 24} textAnchor="middle" fontSize="14" style={ink}>
              atom {index + 1}
            </text>
          </g>
        );
      })}
      <text x={FIRST + 12} y={16} textAnchor="middle" fontSize="13" style={soft}>
        frozen
      </text>
      <path
        d={`M${FIRST + 12},22 v${SIDE / 2 + 1}`}
        style={{ stroke: 'var(--rule-strong)' }}
        strokeWidth="1"
      />
      <text
        x={FIRST + 38 + 47 + STRIDE}
        y={TOP + SIDE + 56}
        textAnchor="middle"
        fontSize="14"
        style={{ fill: 'var(--accent)' }}
        fontWeight="650"
      >
        trained: every atom moves a little
      </text>
    </svg>
  );
}
