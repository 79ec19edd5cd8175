/** What a comparison says, in words that the page, the report and scripts share. */
import { count, counted, PENDING, points, pValue, withRange } from '../ui/format';
import type { Accuracy, ComparedRun, Comparison, Pair } from './comparison';

/** `60.0 % (38.7–78.1 %)`; a dash where there is none. */
export const accuracyWords = (accuracy: Accuracy | null) =>
  accuracy ? withRange(accuracy.mean, accuracy.interval) : '–';

/** `58.3`, percent; a dash where the classes are as good as equally large. */
export const macroF1Words = (accuracy: Accuracy | null) =>
  accuracy?.macroF1 == null ? '–' : (100 * accuracy.macroF1).toFixed(1);

/** `+1.3 (−0.4 to +3.1)`, percentage points. */
export const differenceWords = (difference: Pair['difference']) =>
  difference
    ? `${points(difference.mean)} (${points(difference.low)} to ${points(difference.high)})`
    : PENDING;

/** `0.024` */
export const pWords = ({ test }: Pick<Pair, 'test'>) => (test ? pValue(test.p) : PENDING);

/** What the accuracies of some arms are of, and what their intervals are over. */
export function accuracySentences<Run extends ComparedRun>({
  arms,
  isMixed,
}: Pick<Comparison<Run>, 'arms' | 'isMixed'>): string[] {
  const [first] = arms;
  if (!first) return [];
  const tested = arms.find(({ test }) => test)?.test;
  const onTest =
    tested &&
    `Test accuracy is that of the kept epoch, the best by validation accuracy, on ${counted(tested.images, 'image')} that were used neither for training nor for choosing the epoch.`;
  return [
    `Validation accuracy is that after the last epoch, on ${counted(first.validation.images, 'image')}.`,
    ...(onTest ? [onTest] : []),
    arms.some(({ runs }) => runs.length > 1)
      ? 'In brackets is the 95 % interval: over images and seeds (bootstrap) where a setting has several runs, else over images (Wilson).'
      : 'In brackets is the 95 % interval over images (Wilson). One run does not tell how much the seed matters.',
    'Time is that of the training alone: features, the first head and the search for atoms, which settings share, are not counted.',
    ...(isMixed
      ? [
          'Runs on another backend, in another precision or with another number of threads are settings of their own: accuracies and times are averaged only over runs that were computed alike.',
        ]
      : []),
  ];
}

/** Which differences are shown. */
export function shownSentence<Run extends ComparedRun>({ pairs }: Comparison<Run>): string {
  const tests = pairs.flatMap(({ test }) => test ?? []);
  if (tests.length < pairs.length) return 'The differences are being computed.';
  const shown = tests.filter(({ verdict }) => verdict !== 'no difference shown').length;
  if (shown === 0)
    return `No difference shown ${pairs.length === 1 ? 'between the two settings' : 'between any two settings'}.`;
  return `A difference is shown for ${count(shown)} of ${counted(pairs.length, 'pair')}.`;
}

/** How the pairs were tested. */
export function testSentence<Run extends ComparedRun>({ pairs, pairedOn }: Comparison<Run>): string {
  const images = counted(pairs[0]?.first[pairedOn]?.images ?? 0, `${pairedOn} image`);
  const adjusted =
    pairs.length > 1 ? `; p-values are adjusted for all ${count(pairs.length)} pairs (Holm)` : '';
  return `The two settings of a pair are compared on the same ${images} and the seeds that both have: sign-flip test, exact McNemar test for one seed${adjusted}. A difference is shown where p is at most 0.05 and the 95 % interval excludes 0. “No difference shown” does not mean that there is no difference.`;
}
