/** The relative change of every tuned layer, and the chosen layer's atoms before and after tuning. */
import { Loader, NativeSelect, UnstyledButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { LayerMovement, ModelSummary } from '../../../src/core/model';
import { movement } from '../../store/model-actions';
import { asProblem, type Problem } from '../../store/problem';
import { percent } from '../../ui/format';
import { AtomRow, HeatLegend, reach } from '../../ui/HeatMap';
import { ProblemNote } from '../../ui/ProblemNote';
import { Term } from '../../ui/Term';
import classes from './Movement.module.css';

export function Movement({ models }: { models: ModelSummary[] }) {
  const [picked, setPicked] = useState<string | null>(null);
  const [layers, setLayers] = useState<LayerMovement[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  // The linear probe changes no kernel, so the first model that tunes the backbone is shown.
  const first = models.find(({ trainable }) => trainable.backbone > 0) ?? models[0];
  const model = models.find(({ modelId }) => modelId === picked) ?? first;

  useEffect(() => {
    if (model === undefined) return;
    let current = true;
    setLayers(null);
    setProblem(null);
    movement(model).then(
      (answer) => {
        if (current) setLayers(answer);
      },
      (error) => {
        if (current) setProblem(asProblem(error));
      },
    );
    return () => {
      current = false;
    };
  }, [model]);

  if (!model) return null;
  return (
    <div className={classes.movement}>
      <NativeSelect
        label="Model"
        w={280}
        maw="100%"
        value={model.modelId}
        onChange={(event) => setPicked(event.currentTarget.value)}
        data={models.map(({ modelId: value, name }) => ({ value, label: name }))}
      />
      <ProblemNote problem={problem} title="The change could not be computed" />
      {layers === null && problem === null && <Loader size="sm" aria-label="Computing the change" />}
      {layers?.length === 0 && (
        <p className={classes.none}>This setting trains only the head. No kernel changed.</p>
      )}
      {layers && layers.length > 0 && layers.every(({ relativeChange }) => relativeChange === 0) && (
        <p className={classes.none}>
          No kernel changed. Either this setting trains only biases, or no epoch had a higher validation
          accuracy than the start (epoch 0).
        </p>
      )}
      {layers && layers.length > 0 && <Layers key={model.modelId} layers={layers} />}
    </div>
  );
}

function Layers({ layers }: { layers: LayerMovement[] }) {
  const most = layers.toSorted((a, b) => b.relativeChange - a.relativeChange)[0];
  const [name, setName] = useState(most?.layer ?? '');
  const layer = layers.find((each) => each.layer === name) ?? layers[0];
  const top = Math.max(...layers.map(({ relativeChange }) => relativeChange));
  const showsAtoms = layers.some(({ atoms }) => atoms !== null);
  return (
    <div className={classes.columns}>
      <ol className={classes.bars} aria-label="Relative change per layer, ‖ΔW‖ / ‖W‖">
        {layers.map((each) => (
          <li key={each.layer}>
            <UnstyledButton
              className={classes.bar}
              disabled={!showsAtoms}
              aria-pressed={showsAtoms ? each === layer : undefined}
              onClick={() => setName(each.layer)}
            >
              <code>{each.layer}</code>
              <span className={classes.track} aria-hidden="true">
                <span style={{ width: top > 0 ? `${(100 * each.relativeChange) / top}%` : 0 }} />
              </span>
              <span className="numbers">{percent(each.relativeChange, 2)}</span>
            </UnstyledButton>
          </li>
        ))}
      </ol>
      {showsAtoms ? (
        layer && <Atoms layer={layer} />
      ) : (
        <p className={classes.none}>Atoms before and after tuning are shown only for the setting “Atoms”.</p>
      )}
    </div>
  );
}

function Atoms({ layer: { layer, atoms } }: { layer: LayerMovement }) {
  if (!atoms) return <p className={classes.none}>{layer} has no atoms in this setting.</p>;
  const { count, kernel, before, change } = atoms;
  const after = before.map((value, index) => value + (change[index] ?? 0));
  const scale = Math.max(reach(before), reach(after));
  const moved = reach(change);
  const shared = { count, side: kernel, size: 40 };
  return (
    <section className={classes.atoms} aria-label={`Atoms of ${layer}`}>
      <h4>
        <Term of="atoms">Atoms</Term> of <code>{layer}</code>
      </h4>
      <div className={classes.group}>
        <h5>Before, D</h5>
        <AtomRow name={`Atoms of ${layer} before`} atoms={before} scale={scale} {...shared} />
      </div>
      <div className={classes.group}>
        <h5>
          Change, <Term of="ΔD" />
        </h5>
        <AtomRow name={`Change of the atoms of ${layer}`} atoms={change} scale={moved} {...shared} />
        <HeatLegend scale={moved} label="ΔD on its own scale" />
      </div>
      <div className={classes.group}>
        <h5>After, D + ΔD</h5>
        <AtomRow name={`Atoms of ${layer} after`} atoms={after} scale={scale} {...shared} />
        <HeatLegend scale={scale} label="D and D + ΔD" />
      </div>
    </section>
  );
}
