/** Step 2: the network that stays frozen, and its kernels taken apart into atoms. */
import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { decompose, setAtomCount, stopDecompose } from '../../store/backbone-actions';
import { ATOM_COUNT } from '../../store/defaults';
import { engineObstacle, isRunPending, useSession, write } from '../../store/session';
import { bytes, count, counted, percent } from '../../ui/format';
import { HeatLegend } from '../../ui/HeatMap';
import { NumberField } from '../../ui/NumberField';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import classes from './BackboneStep.module.css';
import { LayerCard } from './LayerCard';

export function BackboneStep() {
  const backbone = useSession((session) => session.backbone);
  const failed = useSession((session) => session.engine.status === 'failed');
  return (
    <StepPage
      title="Backbone"
      lead="The pretrained network. Its kernels never change; tuning adds to them through their atoms."
    >
      {backbone ? (
        <>
          <dl className={`${classes.facts} numbers`} aria-label="Backbone facts">
            <Fact term="Network" value={backbone.name} />
            <Fact term="Parameters" value={count(backbone.parameters)} />
            <Fact term="Input" value={`${backbone.inputSize} × ${backbone.inputSize} pixels`} />
            <Fact term="Features" value={count(backbone.features)} />
            <Fact
              term="Convolutions"
              value={`${backbone.convolutions.length}, ${backbone.convolutions.filter(({ kernel }) => kernel > 1).length} larger than 1 × 1`}
            />
            <Fact term="File" value={bytes(backbone.fileBytes)} />
            <Fact term="SHA-256" value={`${backbone.hash.slice(0, 12)}…`} />
          </dl>
          <Atoms />
        </>
      ) : (
        <Empty title={failed ? 'No backbone' : 'Loading the starter backbone'}>
          <p>
            {failed
              ? 'The engine is not running. Start it again in its panel.'
              : 'It comes with the page and is ready in a moment.'}
          </p>
        </Empty>
      )}
    </StepPage>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Atoms() {
  const atoms = useSession((session) => session.atoms);
  const decomposing = useSession((session) => session.decomposing);
  const problem = useSession((session) => session.atomsProblem);
  const atomCount = useSession((session) => session.configuration.atomCount);
  const obstacle = useSession(engineObstacle);
  const pending = useSession(isRunPending);
  const reason =
    obstacle ?? (pending ? 'The engine is busy with runs; atoms can be looked at when they end.' : null);
  const first = atoms === null && problem === null && reason === null;
  useEffect(() => {
    if (first) void decompose();
  }, [first]);

  const mean =
    atoms && atoms.length > 0 ? atoms.reduce((sum, each) => sum + each.relativeError, 0) / atoms.length : 0;
  return (
    <Block
      title="Atoms"
      note="Every kernel larger than 1 × 1, written as coefficients × atoms. A look inside; each run takes the layers apart itself."
    >
      <div className={classes.controls}>
        <NumberField
          label="Atoms per layer"
          value={atomCount}
          min={ATOM_COUNT.min}
          max={ATOM_COUNT.max}
          whole
          width={130}
          disabled={decomposing !== null}
          onChange={setAtomCount}
        />
        <Button
          variant="default"
          disabled={reason !== null || decomposing !== null}
          onClick={() => void decompose()}
        >
          Find atoms
        </Button>
        {atoms && !decomposing && (
          <p className="numbers">
            {counted(atoms.length, 'layer')}, rebuilt from {atoms[0]?.count ?? 0} atoms each with a mean error
            of <strong>{percent(mean)}</strong>
          </p>
        )}
        {reason && <p>{reason}</p>}
      </div>
      <ProblemNote
        problem={problem}
        title="The atoms could not be found"
        onDismiss={() => write({ atomsProblem: null })}
      />
      {decomposing && (
        <div className={classes.progress}>
          <ProgressLine progress={decomposing} name="Finding atoms" onCancel={stopDecompose} />
        </div>
      )}
      {atoms && (
        <>
          <HeatLegend scale={null} label="Each layer on its own scale, zero pale" />
          <div className={classes.layers}>
            {atoms.map((each) => (
              <LayerCard key={each.layer} atoms={each} />
            ))}
          </div>
        </>
      )}
    </Block>
  );
}
