/** One layer's atoms and their reconstruction error. */
import type { LayerAtoms } from '../../../src/worker/protocol';
import { count as countText, percent } from '../../ui/format';
import { AtomRow, reach } from '../../ui/HeatMap';
import classes from './BackboneStep.module.css';

export function LayerCard({
  atoms: { layer, kernel, cIn, cOut, count, atoms, relativeError },
}: {
  atoms: LayerAtoms;
}) {
  return (
    <section className={classes.layer} aria-label={`Layer ${layer}`}>
      <header>
        <h4>{layer}</h4>
        <span className={`${classes.channels} numbers`}>
          {kernel} × {kernel}, {countText(cIn)} → {countText(cOut)} channels
        </span>
      </header>
      <AtomRow
        name={`${count} atoms of ${layer}`}
        atoms={atoms}
        count={count}
        side={kernel}
        scale={reach(atoms)}
        size={34}
      />
      <div className={classes.error}>
        <span className="numbers">error {percent(relativeError)}</span>
        <span className={classes.track} aria-hidden="true">
          <span style={{ width: `${Math.min(100, 100 * relativeError)}%` }} />
        </span>
      </div>
    </section>
  );
}
