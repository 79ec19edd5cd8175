/** The models: what each was trained on, what it got right, its size, and its adapter file. */
import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { ModelSummary } from '../../../src/core/model';
import { accuracyKind, accuracyWords } from '../../store/comparison-words';
import { modelAccuracy } from '../../store/model-accuracy';
import { chooseModel, downloadAdapter, dropModel } from '../../store/model-actions';
import { absence, modelName, type TunedModel, useSession } from '../../store/session';
import { explained } from '../../ui/explained';
import { bytes, count, counted, measured, percent } from '../../ui/format';
import type { Word } from '../../ui/glossary';
import { Icon } from '../../ui/Icon';
import { Term } from '../../ui/Term';
import classes from './ModelList.module.css';

/** Number of classes named before “more”. */
const CLASSES = 6;

const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

export function ModelList({ models }: { models: TunedModel[] }) {
  const firstFile = models.find(({ summary }) => summary.file !== null);
  return (
    <ul className={classes.list} aria-label="Models">
      {models.map((model, index) => (
        <ModelRow
          key={model.summary.modelId}
          model={model}
          isFirst={index === 0}
          isFirstFile={model === firstFile}
        />
      ))}
    </ul>
  );
}

/** What the name of an accuracy mentions. */
const ACCURACY_WORDS: readonly Word[] = ['test images', 'validation images', 'balanced accuracy'];

interface RowProps {
  model: TunedModel;
  /** The first row explains its words. */
  isFirst: boolean;
  /** The same for what only models from files have. */
  isFirstFile: boolean;
}

function ModelRow({ model, isFirst, isFirstFile }: RowProps) {
  const { summary, chosen } = model;
  const gone = useSession(({ backbone }) => absence(model, backbone));
  const [saving, setSaving] = useState(false);
  const [savedAs, setSavedAs] = useState<string | null>(null);
  const name = useSession(({ runs }) => modelName(summary, runs));
  const { trainable, file } = summary;
  const save = async () => {
    setSaving(true);
    setSavedAs(await downloadAdapter(summary.modelId, name));
    setSaving(false);
  };
  return (
    <li className={classes.row}>
      <div>
        <Checkbox
          label={name}
          checked={chosen && gone === null}
          disabled={gone !== null}
          onChange={(event) => chooseModel(summary.modelId, event.currentTarget.checked)}
          classNames={{ label: classes.name }}
        />
        <div className={classes.about}>
          <p>
            {file && (
              <>
                Loaded from <strong>{file.name}</strong>; its{' '}
                {isFirstFile ? <Term of="check logits" /> : 'check logits'}{' '}
                {file.checkDifference === 0
                  ? 'are identical'
                  : `differ by at most ${measured(file.checkDifference)} (relative)`}
                .{' '}
              </>
            )}
            {originWords(summary)}
          </p>
          <Classes names={summary.classes} />
          {gone === null && savedAs !== null && <p>Saved as {savedAs}.</p>}
          {gone !== null && <p>{gone}</p>}
        </div>
      </div>
      <dl className={`${classes.facts} numbers`}>
        <AccuracyFact model={summary} explains={isFirst ? ACCURACY_WORDS : []} />
        <div>
          <dt>
            {isFirst ? <Term of="trainable parameters">Trainable parameters</Term> : 'Trainable parameters'}
          </dt>
          <dd>
            {count(trainable.backbone)} + {isFirst ? <Term of="head" /> : 'head'} {count(trainable.head)}
          </dd>
        </div>
        <div>
          <dt>Adapter file</dt>
          <dd>{bytes(summary.adapterBytes)}</dd>
        </div>
      </dl>
      <div className={classes.actions}>
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon of="download" />}
          loading={saving}
          disabled={gone !== null}
          aria-label={`Download adapter of ${name}`}
          onClick={() => void save()}
        >
          Download
        </Button>
        {(file !== null || gone !== null) && (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<Icon of="remove" />}
            aria-label={`Remove ${name}`}
            onClick={() => dropModel(summary.modelId)}
          >
            Remove
          </Button>
        )}
      </div>
    </li>
  );
}

/** The headline accuracy, and which images it was measured on. */
function AccuracyFact({ model: { score }, explains }: { model: ModelSummary; explains: readonly Word[] }) {
  const accuracy = modelAccuracy(score);
  const unbalanced = accuracy?.unbalanced;
  return (
    <div>
      <dt>
        {explained([accuracyKind(score.on, Boolean(unbalanced))], explains)}, {counted(score.images, 'image')}
      </dt>
      <dd>{accuracyWords(accuracy)}</dd>
      {unbalanced && (
        <dd className={classes.beside}>
          accuracy {percent(unbalanced.accuracy)}; {percent(unbalanced.majority)} if the largest class is
          always predicted
        </dd>
      )}
    </div>
  );
}

function originWords({ data, ended }: ModelSummary): string {
  if (data === null && ended === null) return 'The file does not state on what data or when it was trained.';
  const on = data === null ? '' : ` on “${data}”`;
  return `Trained${on}${ended === null ? '' : `, ${date.format(new Date(ended))}`}.`;
}

function Classes({ names }: { names: readonly string[] }) {
  const more = names.length - CLASSES;
  const first = `${counted(names.length, 'class', 'classes')}: ${names.slice(0, CLASSES).join(', ')}`;
  if (more <= 0) return <p>{first}</p>;
  return (
    <details>
      <summary>
        {first} and {count(more)} more
      </summary>
      {names.slice(CLASSES).join(', ')}
    </details>
  );
}
