/** Step 2: the frozen network, and its kernels decomposed into atoms. */
import { Button, NativeSelect } from '@mantine/core';
import { useEffect } from 'react';
import { INPUT_SIZES } from '../../../src/backbone/input-size';
import { recipeWords } from '../../../src/backbone/recipe';
import type { BackboneSummary, Recipe, Storage } from '../../../src/core/backbone';
import { StorageButton } from '../../storage/StorageButton';
import {
  changeBackbone,
  decompose,
  keepFile,
  refreshStorage,
  setAtomCount,
  stopDecompose,
} from '../../store/backbone-actions';
import { ATOM_COUNT } from '../../store/defaults';
import { obstacleFor } from '../../store/permissions';
import { useSession, write } from '../../store/session';
import { bytes, count, counted, duration, percent } from '../../ui/format';
import { HeatLegend } from '../../ui/HeatMap';
import { NumberField } from '../../ui/NumberField';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import { Block, Empty, StepPage } from '../../ui/StepPage';
import { Term } from '../../ui/Term';
import { AtomsByStage } from './AtomsByStage';
import classes from './BackboneStep.module.css';
import { LoadingLine } from './LoadingLine';
import { recommendedBackbone } from './recommended-backbone';
import { OtherBackbones, Sources } from './Sources';
import { STAGE_NAMES } from './stage-names';
import { Untouched } from './Untouched';

export function BackboneStep() {
  const backbone = useSession((session) => session.backbone);
  const failed = useSession((session) => session.engine.status === 'failed');
  const loading = useSession((session) => session.loadingBackbone);
  const problem = useSession((session) => session.backboneProblem);
  const storage = useSession((session) => session.storage);
  const ready = useSession((session) => session.engine.status === 'ready');
  const reason = useSession(obstacleFor('useBackbone'));
  const hardware = useSession(({ engine }) => (engine.status === 'ready' ? engine.info.hardware : null));
  const recommended = hardware === null ? null : recommendedBackbone(hardware);
  useEffect(() => {
    if (ready) void refreshStorage();
  }, [ready]);
  return (
    <StepPage
      title="Backbone"
      lead={
        <>
          The <Term of="pretrained network" /> that is fine-tuned. A <Term of="setting" /> adds a trained
          change to its <Term of="kernel">kernels</Term>, for example through their <Term of="atoms" />.
        </>
      }
    >
      {backbone ? (
        <>
          <Present backbone={backbone} reason={reason} />
          <div className={classes.news}>
            <ProblemNote
              problem={problem}
              title="The backbone could not be used"
              action={<OtherBackbones disabled={reason !== null} />}
              onDismiss={() => write({ backboneProblem: null })}
            />
            {loading && <LoadingLine progress={loading} />}
          </div>
          <Block title="Choose a network" note={recommended?.reason}>
            <Sources reason={reason} recommended={recommended?.id ?? null} />
          </Block>
          <Atoms />
          <Untouched backbone={backbone} />
          {storage && <StoredNow stored={storage.stored} />}
        </>
      ) : (
        <Empty title={failed ? 'No backbone' : 'Loading the starter backbone'}>
          <p>
            {failed
              ? 'The engine is not running. Restart it above.'
              : 'The starter backbone is part of the page.'}
          </p>
        </Empty>
      )}
    </StepPage>
  );
}

function StoredNow({ stored }: { stored: Storage['stored'] }) {
  const size = stored.reduce((sum, each) => sum + each.bytes, 0);
  return (
    <Block title="Stored in this browser">
      <div className={classes.stored}>
        <p>
          {stored.length === 0
            ? 'Nothing yet. Downloaded backbones are stored in this browser and work offline.'
            : `${counted(stored.length, 'backbone')}, ${bytes(size)}.`}
        </p>
        <StorageButton />
      </div>
    </Block>
  );
}

function Present({ backbone, reason }: { backbone: BackboneSummary; reason: string | null }) {
  const choice = useSession((session) => session.backboneChoice);
  const { stages, inputSize, loading, convolutions, trunk, notices } = backbone;
  const file =
    choice.source.kind === 'files' && choice.source.files.length === 1 ? choice.source.files[0]?.file : null;
  const seconds = loading.reduce((sum, phase) => sum + phase.seconds, 0);
  return (
    <section aria-label="The network in use">
      <section className={`${classes.facts} numbers`} aria-label="Backbone facts">
        <dl>
          <Fact term="Network" value={backbone.name} />
          <Fact term="Parameters" value={count(backbone.parameters)} />
          <Fact term="Features" value={count(backbone.features)} />
          <Fact
            term="Convolutions"
            value={`${convolutions.length}, ${convolutions.filter(({ kernel }) => kernel > 1).length} larger than 1 × 1`}
          />
          <Fact term="File" value={bytes(backbone.fileBytes)} />
        </dl>
        <details>
          <summary>More about this network</summary>
          <dl>
            <Fact term="SHA-256" value={`${backbone.hash.slice(0, 12)}…`} />
            <Fact term="Image preparation" value={recipeText(backbone.recipe)} />
            {backbone.licence && <Fact term="Licence" value={backbone.licence} />}
            <Fact
              term="Loading time"
              value={duration(seconds)}
              title={loading.map(({ label, seconds: each }) => `${label}: ${duration(each)}`).join('\n')}
            />
          </dl>
        </details>
      </section>
      {notices.length > 0 && (
        <ul className={classes.notices} aria-label="Notices on the weights">
          {notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      )}
      <div className={classes.controls}>
        {trunk.all.length > 1 && (
          <NativeSelect
            label="Network in the file"
            description="The file holds several networks."
            value={trunk.used}
            disabled={reason !== null}
            data={trunk.all.map((value) => ({ value, label: value || 'names without a prefix' }))}
            onChange={(event) => void changeBackbone({ ...choice, trunk: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label="Input size"
          description="A larger input shows more detail. Time grows with its square."
          value={String(inputSize)}
          disabled={reason !== null}
          data={[...new Set([...INPUT_SIZES, inputSize])].map((size) => ({
            value: String(size),
            label: `${size} × ${size} pixels`,
          }))}
          onChange={(event) =>
            void changeBackbone({ ...choice, inputSize: Number(event.currentTarget.value) })
          }
        />
        <NativeSelect
          label="Stages"
          description="Fewer stages are faster and smaller."
          value={String(stages.used)}
          disabled={reason !== null || stages.inFile === 1}
          data={STAGE_NAMES.slice(0, stages.inFile).map((name, index) => ({
            value: String(index + 1),
            label:
              index + 1 === stages.inFile
                ? `all ${index + 1}, through ${name}`
                : `${index + 1}, through ${name}`,
          }))}
          onChange={(event) => {
            const used = Number(event.currentTarget.value);
            void changeBackbone({ ...choice, stages: used === stages.inFile ? null : used });
          }}
        />
        {file instanceof File && (
          <Button variant="default" disabled={reason !== null} onClick={() => void keepFile(file)}>
            Store this file in the browser
          </Button>
        )}
      </div>
    </section>
  );
}

function recipeText(recipe: Recipe): string {
  const words = recipeWords(recipe);
  if (!recipe.isStated) return `${words} (as in tuning)`;
  const trained = recipe.trainSize === null ? '' : `; trained at ${recipe.trainSize} px`;
  return `${words} (this backbone’s own${trained})`;
}

function Fact({ term, value, title }: { term: string; value: string; title?: string }) {
  return (
    <div title={title}>
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
  const recognizing = useSession((session) => session.recognizing !== null);
  const reason = useSession(obstacleFor('decompose'));
  const first = atoms === null && problem === null && reason === null && !recognizing;
  useEffect(() => {
    if (first) void decompose();
  }, [first]);

  const mean =
    atoms && atoms.length > 0 ? atoms.reduce((sum, each) => sum + each.relativeError, 0) / atoms.length : 0;
  return (
    <Block
      title="Atoms"
      note={
        <>
          Every kernel larger than 1 × 1, as <Term of="coefficients" /> × atoms. For inspection only: each run
          decomposes its layers itself.
        </>
      }
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
          disabled={reason !== null || decomposing !== null || recognizing}
          onClick={() => void decompose()}
        >
          Decompose
        </Button>
        {atoms && !decomposing && (
          <p className="numbers">
            {counted(atoms.length, 'layer')} with {atoms[0]?.count ?? 0} atoms each; mean{' '}
            <Term of="reconstruction error" /> <strong>{percent(mean)}</strong>
          </p>
        )}
        {reason && <p>{reason}</p>}
      </div>
      <ProblemNote
        problem={problem}
        title="The kernels could not be decomposed"
        onDismiss={() => write({ atomsProblem: null })}
      />
      {decomposing && (
        <div className={classes.progress}>
          <ProgressLine progress={decomposing} name="Decomposition" onCancel={stopDecompose} />
        </div>
      )}
      {atoms && (
        <>
          <HeatLegend scale={null} label="Each layer has its own scale" />
          <AtomsByStage atoms={atoms} />
        </>
      )}
    </Block>
  );
}
