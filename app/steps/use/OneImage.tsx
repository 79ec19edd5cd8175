/** The most probable classes of one image, for every chosen model. */
import { Loader } from '@mantine/core';
import type { ModelSummary } from '../../../src/core/model';
import { ranked } from '../../store/classify-actions';
import { type ImageToClassify, useSession } from '../../store/session';
import { GuessList } from '../../ui/GuessList';
import { ProblemNote } from '../../ui/ProblemNote';
import classes from './UseStep.module.css';

/** Number of classes listed per model. */
const SHOWN = 6;

export function OneImage({ models, image }: { models: ModelSummary[]; image: ImageToClassify }) {
  const failed = useSession((session) => session.toClassify.problem !== null);
  const { path, reason, predictions } = image;
  if (reason !== null)
    return (
      <ProblemNote
        problem={{ kind: 'user', message: `“${path}”: ${reason}` }}
        title="The image could not be classified"
      />
    );
  return (
    <div className={classes.opinions}>
      {models.map((model) => {
        const prediction = predictions.get(model.modelId);
        if (!prediction && failed) return null;
        return (
          <section key={model.modelId} className={classes.opinion} aria-label={`Prediction of ${model.name}`}>
            <h4>{model.name}</h4>
            {prediction ? (
              <GuessList guesses={ranked(model, prediction).slice(0, SHOWN)} />
            ) : (
              <Loader size="sm" aria-label="Classifying" />
            )}
          </section>
        );
      })}
    </div>
  );
}
