/** The columns of the table of classified images, and of its CSV. */
import type { ModelSummary } from '../../../src/core/model';
import { isDisputed, topOf } from '../../store/classify-actions';
import type { ImageToClassify } from '../../store/session';
import type { Column } from '../../ui/columns';
import { PENDING, percent } from '../../ui/format';

/** In the CSV, each model has its predicted class and the probabilities of all its classes. */
export function imageColumns(models: readonly ModelSummary[]): Column<ImageToClassify>[] {
  return [
    { title: 'Image', show: ({ path }) => path, file: { image: ({ path }) => path } },
    // In sight also where there are many models.
    ...(models.length > 1 ? [agreement(models)] : []),
    ...models.map(modelColumn),
  ];
}

/** The reason why an image could not be decoded, for the CSV. */
export const REASON: Pick<Column<ImageToClassify>, 'file'> = {
  file: { 'left out': ({ reason }) => reason ?? '' },
};

function modelColumn(model: ModelSummary): Column<ImageToClassify> {
  const { modelId, name: title, classes } = model;
  const probabilities = classes.map((name, label) => [
    `${title}: ${name}`,
    ({ predictions }: ImageToClassify) => predictions.get(modelId)?.probabilities[label] ?? '',
  ]);
  return {
    title,
    show: (image) => {
      const top = topOf(model, image);
      return top ? `${top.name}, ${percent(top.probability)}` : PENDING;
    },
    file: {
      [`${title}, predicted class`]: (image) => topOf(model, image)?.name ?? '',
      [`${title}, its probability`]: (image) => topOf(model, image)?.probability ?? '',
      ...Object.fromEntries(probabilities),
    },
  };
}

const agreement = (models: readonly ModelSummary[]): Column<ImageToClassify> => ({
  title: 'Models',
  show: (image) => {
    if (models.some((model) => topOf(model, image) === null)) return PENDING;
    return isDisputed(models, image) ? '≠ differ' : 'agree';
  },
  file: {
    'models differ': (image) => {
      if (image.predictions.size === 0) return '';
      return isDisputed(models, image) ? 'yes' : 'no';
    },
  },
});
