/** Illustration of kernel = coefficients × atoms. The kernel is the actual sum of the three atoms. */
import { HeatMap } from '../../ui/HeatMap';
import classes from './AtomsPicture.module.css';

const ATOMS = [
  { coefficient: 0.9, values: [-1, 0, 1, -1, 0, 1, -1, 0, 1] },
  { coefficient: -0.5, values: [0.6, 0.6, 0.6, 0, 0, 0, -0.9, -0.9, -0.9] },
  { coefficient: 0.7, values: [-0.3, 0.1, -0.3, 0.1, 1, 0.1, -0.3, 0.1, -0.3] },
] as const;

const KERNEL = Array.from({ length: 9 }, (_, cell) =>
  ATOMS.reduce((sum, { coefficient, values }) => sum + coefficient * (values[cell] ?? 0), 0),
);

const SIZE = 44;

const signed = (coefficient: number, first: boolean) =>
  `${coefficient < 0 ? '−' : first ? '' : '+'} ${Math.abs(coefficient)} ×`;

export function AtomsPicture() {
  return (
    <div
      className={classes.picture}
      role="img"
      aria-label="A kernel is the sum of three atoms, each multiplied by a coefficient. The coefficients are frozen, the atoms are trained."
    >
      <div className={classes.sum}>
        <figure>
          <HeatMap values={KERNEL} side={3} scale={1.6} size={SIZE} />
          <figcaption>kernel</figcaption>
        </figure>
        <span className={classes.sign}>=</span>
        {ATOMS.map(({ coefficient, values }, index) => (
          <div key={coefficient} className={classes.term}>
            <span className={classes.sign}>{signed(coefficient, index === 0)}</span>
            <figure className={classes.atom}>
              <HeatMap values={values} side={3} scale={1.05} size={SIZE} />
              <figcaption>atom {index + 1}</figcaption>
            </figure>
          </div>
        ))}
      </div>
      <p className={classes.key}>
        <span>Coefficients are frozen</span>
        <span className={classes.trained}>atoms are trained</span>
      </p>
    </div>
  );
}
