/** Classifies one image with every chosen model, side by side. */
import { Button, Loader } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useEffect, useRef, useState } from 'react';
import type { Classification, Guess, ModelSummary } from '../../../src/worker/protocol';
import { classify } from '../../store/model-actions';
import { asProblem, type Problem } from '../../store/problem';
import { announce } from '../../store/session';
import { percent } from '../../ui/format';
import { GuessList } from '../../ui/GuessList';
import { ProblemNote } from '../../ui/ProblemNote';
import { useObjectUrl } from '../../ui/use-object-url';
import classes from './UseStep.module.css';

/** Number of classes listed per model. */
const SHOWN = 6;

type Opinion = Classification | Problem | null;

export function Classify({ models }: { models: ModelSummary[] }) {
  const [image, setImage] = useState<File | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const url = useObjectUrl(image);
  const take = (files: readonly File[]) => {
    if (files[0]) setImage(files[0]);
  };
  return (
    <div className={classes.classify}>
      <Dropzone
        className={classes.drop}
        activateOnClick={false}
        activateOnKeyboard={false}
        enablePointerEvents
        multiple={false}
        onDrop={take}
        inputProps={{ tabIndex: -1, 'aria-label': 'Dropped image' }}
        tabIndex={-1}
        role="group"
        aria-label="Drop an image"
      >
        <div className={classes.image}>
          {image && url && <img src={url} alt={`To classify: ${image.name}`} />}
          <div className={classes.dropInner}>
            <Button variant="default" onClick={() => input.current?.click()}>
              {image ? 'Choose another image' : 'Choose an image'}
            </Button>
            <p>or drop it here</p>
          </div>
          <input
            ref={input}
            type="file"
            hidden
            accept="image/*"
            aria-label="Image to classify"
            onChange={(event) => {
              take(Array.from(event.currentTarget.files ?? []));
              event.currentTarget.value = '';
            }}
          />
        </div>
      </Dropzone>
      <div className={classes.opinions}>
        {models.length === 0 && <p className={classes.hint}>Choose at least one model above.</p>}
        {models.length > 0 && !image && (
          <p className={classes.hint}>The class probabilities of each chosen model appear here.</p>
        )}
        {image && models.map((model) => <Opinions key={model.modelId} model={model} image={image} />)}
      </div>
    </div>
  );
}

function Opinions({ model, image }: { model: ModelSummary; image: File }) {
  const [opinion, setOpinion] = useState<Opinion>(null);
  useEffect(() => {
    let current = true;
    setOpinion(null);
    classify(model, image).then(
      (answer) => {
        if (!current) return;
        setOpinion(answer);
        const top = ranked(model.classes, answer)[0];
        if (top) announce(`${model.name}: ${top.name}, ${percent(top.probability)}.`);
      },
      (error) => {
        if (current) setOpinion(asProblem(error));
      },
    );
    return () => {
      current = false;
    };
  }, [model, image]);
  return (
    <section className={classes.opinion} aria-label={`Prediction of ${model.name}`}>
      <h4>{model.name}</h4>
      {opinion === null && <Loader size="sm" aria-label="Classifying" />}
      {opinion && 'kind' in opinion && (
        <ProblemNote problem={opinion} title="The image could not be classified" />
      )}
      {opinion && 'probabilities' in opinion && (
        <GuessList guesses={ranked(model.classes, opinion).slice(0, SHOWN)} />
      )}
    </section>
  );
}

function ranked(names: readonly string[], { probabilities }: Classification): Guess[] {
  return names
    .map((name, index) => ({ name, probability: probabilities[index] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
}
