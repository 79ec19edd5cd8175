/** The text of a question about a data set's folders: what was found, and the option for each answer. */
import { classSentence } from '../app/store/data-words';
import { counted } from '../app/ui/format';
import type { DataQuestion } from '../src/core/dataset';
import { readingFlags } from './choices';

export function questionText({ sentence, tree, options }: DataQuestion): string {
  const answers = options.map(({ reading, label, classes, leftOut }) => {
    const found = classes.map(({ name, images }) => ({ name, train: images, val: 0, test: 0 }));
    const lines = [
      `${readingFlags(reading)}`,
      `    ${label}.`,
      ...(classes.length > 0 ? [`    ${classSentence(found)}`] : []),
      ...(leftOut > 0 ? [`    ${counted(leftOut, 'image')} left out.`] : []),
    ];
    return `  ${lines.join('\n')}`;
  });
  return [
    sentence,
    ...(tree === '' ? [] : [tree]),
    `Run the command again with one of these options:\n${answers.join('\n')}`,
  ].join('\n\n');
}
