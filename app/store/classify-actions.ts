/** Classifying the person's images with the chosen models, a few images at a time, so that it can be cancelled and shows progress. */

import type { Guess } from '../../src/core/backbone';
import type { NamedFile } from '../../src/core/dataset';
import type { Classification, Classified, ModelSummary } from '../../src/core/model';
import { naturalOrder } from '../../src/data/natural-order';
import { withoutClutter } from '../../src/data/paths';
import { CLASSIFIED_AT_ONCE } from '../../src/worker/classified-at-once';
import { counted, percent } from '../ui/format';
import { ask } from './engine-actions';
import { asProblem } from './problem';
import {
  announce,
  chosenModels,
  type ImagesToClassify,
  type ImageToClassify,
  NO_IMAGES,
  read,
  type Session,
  write,
} from './session';

/** The calls that are being made; null if there are none. */
let current: AbortController | null = null;

/** Replaces the images. System files, such as `.DS_Store`, are dropped. */
export function takeImages(files: readonly NamedFile[]): void {
  const images = withoutClutter(files, ({ path }) => path, { areChosen: true })
    .toSorted((a, b) => naturalOrder(a.path, b.path))
    .map(({ path, file }): ImageToClassify => ({ path, file, predictions: new Map(), reason: null }));
  if (images.length === 0) return;
  current?.abort();
  current = null;
  write({ toClassify: { ...NO_IMAGES, images } });
}

export const cancelClassification = () => current?.abort();

/** Classifies the images that the chosen models have not classified yet. Models that are chosen in the meantime take part. */
export async function classifyRest(): Promise<void> {
  if (current) return;
  const cancel = new AbortController();
  current = cancel;
  update({ cancelled: false, problem: null });
  let calls = 0;
  try {
    for (let next = nextCall(read()); next; next = nextCall(read())) {
      const { models, places, done } = next;
      calls++;
      const { images } = read().toClassify;
      if (images.length > 1)
        update({ progress: { label: 'Classifying images', done, total: images.length } });
      const modelIds = models.map(({ modelId }) => modelId);
      const answers = await ask(
        'classify',
        {
          ...{ modelIds, expected: { backbone: next.backbone } },
          images: places.flatMap((place) => images[place]?.file ?? []),
        },
        { signal: cancel.signal },
      );
      // Other images were chosen in the meantime.
      if (current !== cancel) return;
      const byPlace = new Map(places.map((place, index) => [place, answers[index]]));
      update({ images: images.map((image, place) => withAnswer(image, modelIds, byPlace.get(place))) });
    }
    if (calls > 0) announceResults(read());
  } catch (error) {
    if (current !== cancel) return;
    const problem = asProblem(error);
    update({ problem, cancelled: problem === null });
    if (problem) announce(problem.message);
  } finally {
    if (current === cancel) {
      current = null;
      update({ progress: null });
    }
  }
}

const update = (part: Partial<ImagesToClassify>) => write({ toClassify: { ...read().toClassify, ...part } });

/** The next images that lack the predictions of the same models; null if there are none. */
function nextCall(session: Session) {
  const { images } = session.toClassify;
  const chosen = chosenModels(session);
  const lackingOf = ({ reason, predictions }: ImageToClassify) =>
    reason === null ? chosen.filter(({ modelId }) => !predictions.has(modelId)) : [];
  const lacking = images.map(lackingOf);
  const models = lacking.find(({ length }) => length > 0) ?? [];
  const [first] = models;
  if (!first) return null;
  const same = [...images.keys()].filter((place) => models.every((model) => lacking[place]?.includes(model)));
  const done = lacking.filter(({ length }) => length === 0).length;
  return { models, backbone: first.backbone, places: same.slice(0, CLASSIFIED_AT_ONCE), done };
}

function withAnswer(
  image: ImageToClassify,
  modelIds: readonly string[],
  answer: Classified | undefined,
): ImageToClassify {
  if (!answer) return image;
  if ('reason' in answer) return { ...image, reason: answer.reason };
  const predictions = new Map(image.predictions);
  modelIds.forEach((modelId, index) => {
    const prediction = answer.predictions[index];
    if (prediction) predictions.set(modelId, prediction);
  });
  return { ...image, predictions };
}

function announceResults(session: Session): void {
  const { images } = session.toClassify;
  const models = chosenModels(session);
  const [only] = images;
  if (images.length > 1) announce(`${counted(images.length, 'image')} are classified.`);
  else if (only?.reason) announce(`${only.path}: ${only.reason}`);
  else if (only)
    announce(
      models
        .flatMap((model) => {
          const top = topOf(model, only);
          return top ? [`${model.name}: ${top.name}, ${percent(top.probability)}.`] : [];
        })
        .join(' '),
    );
}

/** A model's classes with the image's probabilities, the most probable first. */
export function ranked({ classes }: ModelSummary, { probabilities }: Classification): Guess[] {
  return classes
    .map((name, index) => ({ name, probability: probabilities[index] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
}

/** What a model predicts for the image; null if it has not classified it. */
export function topOf({ modelId, classes }: ModelSummary, { predictions }: ImageToClassify): Guess | null {
  const probabilities = predictions.get(modelId)?.probabilities;
  if (!probabilities) return null;
  const probability = Math.max(...probabilities);
  return { name: classes[probabilities.indexOf(probability)] ?? '', probability };
}

/** Whether these models predict different classes. Models that have not classified the image do not count. */
export function isDisputed(models: readonly ModelSummary[], image: ImageToClassify): boolean {
  return new Set(models.flatMap((model) => topOf(model, image)?.name ?? [])).size > 1;
}
