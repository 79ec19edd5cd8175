/** Predictions of the pretrained classifier for the person's images, before any tuning. */
import { Button } from '@mantine/core';
import { useRef, useState } from 'react';
import { recipeWords } from '../../../src/backbone/recipe';
import type { BackboneSummary, Guess, Recognition } from '../../../src/core/backbone';
import type { DatasetSummary } from '../../../src/core/dataset';
import { STARTER_CLASSES, STARTER_FILE } from '../../../src/hub/starter';
import { recognize, recognizeData, stopRecognition } from '../../store/backbone-actions';
import { obstacleFor } from '../../store/permissions';
import { asProblem, type Problem } from '../../store/problem';
import { useSession, write } from '../../store/session';
import { FileInput } from '../../ui/FileInput';
import { count } from '../../ui/format';
import { GuessList } from '../../ui/GuessList';
import { Icon } from '../../ui/Icon';
import { ProblemNote } from '../../ui/ProblemNote';
import { ProgressLine } from '../../ui/ProgressLine';
import { Block } from '../../ui/StepPage';
import { Term } from '../../ui/Term';
import { Thumbnail } from '../../ui/Thumbnail';
import { useObjectUrl } from '../../ui/use-object-url';
import classes from './Untouched.module.css';

const SIZE = 84;

export function Untouched({ backbone: { id, ownClasses, recipe } }: { backbone: BackboneSummary }) {
  const reason = useSession(obstacleFor('read'));
  const dataReason = useSession(obstacleFor('recognizeData'));
  const dataset = useSession((session) => session.dataset);
  const recognition = useSession((session) => session.recognition);
  const recognizing = useSession((session) => session.recognizing);
  const problem = useSession((session) => session.recognitionProblem);
  const [chosen, setChosen] = useState<{ file: File; seen: Guess[] | Problem | null } | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const ask = async (file: File) => {
    setChosen({ file, seen: null });
    setChosen({ file, seen: await recognize(file).catch(asProblem) });
  };
  if (ownClasses === null) {
    return (
      <Block title="Predictions of the pretrained network">
        <p className={classes.none}>
          This backbone has no pretrained classifier, or not all of its stages are used. Use all stages of the
          starter or of an ImageNet ResNet-50 to see its predictions for your images before tuning.
        </p>
      </Block>
    );
  }
  return (
    <Block
      title="Predictions of the pretrained network"
      note={
        <>
          The <Term of="pretrained classifier" /> knows only {knownClasses(id, ownClasses)}. It names one of
          them for every image, even if none is right. Tuning replaces it by a <Term of="head" /> for your
          classes. Images are prepared {recipe.isStated ? 'by this backbone’s own recipe' : 'as in tuning'}:{' '}
          {recipeWords(recipe)}.
        </>
      }
    >
      <div className={classes.buttons}>
        <Button
          variant="default"
          disabled={dataReason !== null || recognizing !== null}
          onClick={() => void recognizeData()}
        >
          Classify my images
        </Button>
        <Button
          variant="default"
          leftSection={<Icon of="image" />}
          disabled={reason !== null}
          onClick={() => input.current?.click()}
        >
          Choose an image
        </Button>
        {dataset === null && (
          <p className={classes.none}>There are no images yet. You can choose a single image.</p>
        )}
        <FileInput
          ref={input}
          label="Image to classify"
          accept="image/*"
          isSingle
          onChoose={([file]) => {
            if (file) void ask(file);
          }}
        />
      </div>
      <ProblemNote
        problem={problem}
        title="The images could not be classified"
        onDismiss={() => write({ recognitionProblem: null })}
      />
      {recognizing && (
        <ProgressLine progress={recognizing} name="Classifying images" onCancel={stopRecognition} />
      )}
      {recipe.isStated && recognition?.some(({ byRecipe }) => !byRecipe) && (
        <p className={classes.none}>
          The files of some images are no longer available. These images were prepared as in tuning: resized
          to 8/7 of the input size (bilinear), then cropped to it.
        </p>
      )}
      <ul className={classes.seen} aria-label="Predictions">
        {chosen && <SeenFile {...chosen} />}
        {dataset &&
          recognition?.map((each) => (
            <Seen key={`${each.className} ${each.tile}`} recognition={each} dataset={dataset} />
          ))}
      </ul>
    </Block>
  );
}

function knownClasses(backbone: string, classes: number): string {
  if (backbone !== STARTER_FILE.id) return `the ${count(classes)} classes it was trained on`;
  return `the ${classes} classes of CIFAR-10: ${STARTER_CLASSES.slice(0, -1).join(', ')} and ${STARTER_CLASSES.at(-1)}`;
}

function SeenFile({ file, seen }: { file: File; seen: Guess[] | Problem | null }) {
  const url = useObjectUrl(file);
  return (
    <li>
      {url && <img src={url} alt={file.name} width={SIZE} height={SIZE} />}
      <div className={classes.guesses}>
        <h4>{file.name}</h4>
        {seen && 'kind' in seen && <ProblemNote problem={seen} title="The image could not be classified" />}
        {Array.isArray(seen) && <GuessList guesses={seen} />}
      </div>
    </li>
  );
}

function Seen({
  recognition: { className, tile, guesses },
  dataset,
}: {
  recognition: Recognition;
  dataset: DatasetSummary;
}) {
  const summary = dataset.classes.find(({ name }) => name === className);
  const url = useObjectUrl(summary?.thumbnails ?? null);
  return (
    <li>
      <Thumbnail url={url} layout={dataset.thumbnailLayout} index={tile} size={SIZE} />
      <div className={classes.guesses}>
        <h4>your class: {className}</h4>
        <GuessList guesses={guesses.slice(0, 3)} />
      </div>
    </li>
  );
}
