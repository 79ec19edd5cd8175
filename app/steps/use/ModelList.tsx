import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import { wilson } from '../../../src/statistics/wilson';
import { downloadAdapter, dropModel } from '../../store/model-actions';
import { absence, type TunedModel, useSession } from '../../store/session';
import { bytes, count, counted, measured, withRange } from '../../ui/format';
import classes from './ModelList.module.css';

interface Props {
  models: TunedModel[];
  unchosen: ReadonlySet<string>;
  onChoose: (modelId: string, on: boolean) => void;
}

export function ModelList({ models, unchosen, onChoose }: Props) {
  return (
    <ul className={classes.list} aria-label="Models">
      {models.map((model) => (
        <ModelRow
          key={model.summary.modelId}
          model={model}
          chosen={!unchosen.has(model.summary.modelId)}
          onChoose={(on) => onChoose(model.summary.modelId, on)}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  model: TunedModel;
  chosen: boolean;
  onChoose: (on: boolean) => void;
}

function ModelRow({ model, chosen, onChoose }: RowProps) {
  const { summary, origin } = model;
  const gone = useSession(({ backbone }) => absence(model, backbone));
  const [saving, setSaving] = useState(false);
  const [savedAs, setSavedAs] = useState<string | null>(null);
  // A run can be renamed after its model was created.
  const name = useSession(
    (session) => session.runs.find(({ id }) => id === summary.modelId)?.name ?? summary.name,
  );
  const { accuracy, validationImages, trainable, checkDifference } = summary;
  const interval = wilson(Math.round(accuracy * validationImages), validationImages);
  const download = 'Download adapter';
  const save = async () => {
    setSaving(true);
    setSavedAs(await downloadAdapter(summary.modelId, name));
    setSaving(false);
  };
  return (
    <li className={classes.row}>
      <Checkbox
        label={name}
        checked={chosen && gone === null}
        disabled={gone !== null}
        onChange={(event) => onChoose(event.currentTarget.checked)}
        classNames={{ label: classes.name }}
      />
      <dl className={`${classes.facts} numbers`}>
        <div>
          <dt>accuracy on {counted(validationImages, 'validation image')}</dt>
          <dd>{withRange(accuracy, interval)}</dd>
        </div>
        <div>
          <dt>trainable parameters</dt>
          <dd>
            {count(trainable.backbone)} + head {count(trainable.head)}
          </dd>
        </div>
        <div>
          <dt>adapter file</dt>
          <dd>{bytes(summary.adapterBytes)}</dd>
        </div>
      </dl>
      <div className={classes.actions}>
        <Button
          size="sm"
          variant="default"
          loading={saving}
          disabled={gone !== null}
          aria-label={`${download} of ${name}`}
          onClick={() => void save()}
        >
          {download}
        </Button>
        {(origin === 'file' || gone !== null) && (
          <Button
            size="sm"
            variant="subtle"
            aria-label={`Remove ${name}`}
            onClick={() => dropModel(summary.modelId)}
          >
            Remove
          </Button>
        )}
      </div>
      {gone === null && (savedAs !== null || checkDifference !== null) && (
        <p className={classes.gone}>
          {savedAs !== null && `Saved as ${savedAs}. `}
          {checkDifference !== null &&
            `Loaded from a file. Its check logits ${checkDifference === 0 ? 'are identical' : `differ by at most ${measured(checkDifference)} (relative)`}.`}
        </p>
      )}
      {gone !== null && <p className={classes.gone}>{gone}</p>}
    </li>
  );
}
