import { expect, it } from 'vitest';
import { modelOf } from '../../store/fake-engine';
import { fileRows } from '../../ui/columns';
import { imageColumns, REASON } from './image-columns';

const NBSP = '\u00a0';
const model = (modelId: string, name: string, classes: string[]) => ({ ...modelOf(modelId), name, classes });
const MODELS = [model('a', 'Atoms', ['cat', 'dog']), model('b', 'LoRA', ['dog', 'owl'])];
const prediction = (...probabilities: number[]) => ({ probabilities, logits: [] });
const image = (path: string, predictions: [string, { probabilities: number[]; logits: number[] }][]) => ({
  ...{ path, file: new Blob(), reason: null, predictions: new Map(predictions) },
});
const DIFFER = image('1.png', [
  ['a', prediction(0.75, 0.25)],
  ['b', prediction(0.4, 0.6)],
]);
const AGREE = image('2.png', [
  ['a', prediction(0.25, 0.75)],
  ['b', prediction(0.9, 0.1)],
]);
const PENDING = image('3.png', [['a', prediction(1, 0)]]);
const BROKEN = { ...image('4.png', []), reason: 'Cut off.' };

it('the table has what each model predicts, and says in words whether they differ', () => {
  const columns = imageColumns(MODELS);
  expect(columns.map(({ title }) => title)).toEqual(['Image', 'Models', 'Atoms', 'LoRA']);
  expect([DIFFER, AGREE, PENDING].map((row) => columns.map(({ show }) => show(row)))).toEqual([
    ['1.png', '≠ differ', `cat, 75.0${NBSP}%`, `owl, 60.0${NBSP}%`],
    ['2.png', 'agree', `dog, 75.0${NBSP}%`, `dog, 90.0${NBSP}%`],
    ['3.png', '…', `cat, 100.0${NBSP}%`, '…'],
  ]);
  expect(imageColumns(MODELS.slice(0, 1)).map(({ title }) => title)).toEqual(['Image', 'Atoms']);
});

it('the CSV has the probabilities of all classes of all models, and why an image was left out', () => {
  const [head, ...rows] = fileRows([...imageColumns(MODELS), REASON], [DIFFER, BROKEN]);
  expect(head).toEqual([
    'image',
    'models differ',
    ...['Atoms, predicted class', 'Atoms, its probability', 'Atoms: cat', 'Atoms: dog'],
    ...['LoRA, predicted class', 'LoRA, its probability', 'LoRA: dog', 'LoRA: owl'],
    'left out',
  ]);
  expect(rows).toEqual([
    ['1.png', 'yes', 'cat', 0.75, 0.75, 0.25, 'owl', 0.6, 0.4, 0.6, ''],
    ['4.png', '', '', '', '', '', '', '', '', '', 'Cut off.'],
  ]);
});
