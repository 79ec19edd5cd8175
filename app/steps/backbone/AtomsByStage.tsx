/** The atoms of every decomposed layer and their reconstruction error, by stage. */
import type { LayerAtoms } from '../../../src/core/backbone';
import { count as countText, percent } from '../../ui/format';
import { AtomRow, reach } from '../../ui/HeatMap';
import { Term } from '../../ui/Term';
import classes from './AtomsByStage.module.css';
import { stageOf } from './stage-names';

export function AtomsByStage({ atoms }: { atoms: readonly LayerAtoms[] }) {
  const stages = [...new Set(atoms.map(({ layer }) => stageOf(layer)))].map((stage) => ({
    stage,
    layers: atoms.filter(({ layer }) => stageOf(layer) === stage),
  }));
  return (
    <div className={classes.stages}>
      {stages.map(({ stage, layers }) => (
        <section key={stage} className={classes.stage} aria-label={`Stage ${stage}`}>
          <header>
            <h4>{stage}</h4>
            <p className="numbers">
              {[...new Set(layers.map(kernelText))].map((text) => (
                <span key={text}>{text}</span>
              ))}
            </p>
          </header>
          <div className={classes.layers}>
            {layers.map((each) => (
              <Layer key={each.layer} atoms={each} />
            ))}
            {layers.filter(isExpected).map((each) => (
              <ExpectedError key={each.layer} atoms={each} />
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

const kernelText = ({ kernel, cIn, cOut }: LayerAtoms) =>
  `${kernel} × ${kernel}, ${countText(cIn)} → ${countText(cOut)} channels`;

function Layer({ atoms: { layer, kernel, count, atoms, relativeError } }: { atoms: LayerAtoms }) {
  return (
    <section className={classes.layer} aria-label={`Layer ${layer}`}>
      <header>
        <h5>{layer}</h5>
        <span className="numbers">error {percent(relativeError)}</span>
      </header>
      <AtomRow
        name={`${count} atoms of ${layer}`}
        atoms={atoms}
        count={count}
        side={kernel}
        scale={reach(atoms)}
        size={22}
      />
    </section>
  );
}

/** Fewer atoms than positions cannot copy every kernel. A 3 × 3 kernel has as few positions as it usually has atoms. */
const isExpected = ({ kernel, count }: LayerAtoms) => kernel > 3 && count < kernel ** 2;

function ExpectedError({ atoms: { kernel, count, relativeError } }: { atoms: LayerAtoms }) {
  return (
    <p className={classes.expected}>
      An error of {percent(relativeError)} is expected here: the kernels have {kernel ** 2} positions and are
      rebuilt from {count} atoms. It does not change what the network computes, because <Term of="ΔD" /> is
      added to the pretrained kernels, which stay in place.
    </p>
  );
}
