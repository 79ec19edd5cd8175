/** What a comparison says, in words that the page, the report and scripts share. */
import { count, counted, percent, points } from '../ui/format';
import type { Accuracy, Arm, ComparedRun, Comparison, Pair } from './comparison';

/** `60.0 % (38.7 to 78.1)`; a dash where there is none. */
export const accuracyWords = (accuracy: Accuracy | null) =>
  accuracy
    ? `${percent(accuracy.mean)} (${(100 * accuracy.low).toFixed(1)} to ${(100 * accuracy.high).toFixed(1)})`
    : '–';

/** `58.3`, percent; a dash where the classes are as good as equally large. */
export const macroF1Words = (accuracy: Accuracy | null) =>
  accuracy?.macroF1 == null ? '–' : (100 * accuracy.macroF1).toFixed(1);

/** `+1.3 (−0.4 to +3.1)`, percentage points. */
export const differenceWords = ({ comparison: { difference, low, high } }: Pick<Pair, 'comparison'>) =>
  `${points(difference)} (${points(low)} to ${points(high)})`;

/** What the accuracies of some arms are of, and what their intervals are over. */
export function accuracySentences<Run extends ComparedRun>(arms: readonly Arm<Run>[]): string[] {
  const [first] = arms;
  if (!first) return [];
  const tested = arms.find(({ test }) => test)?.test;
  const onTest =
    tested &&
    `Test accuracy is that of the kept epoch, the best by validation accuracy, on ${counted(tested.images, 'image')} that neither trained nor chose anything.`;
  return [
    `Validation accuracy is that after the last epoch, on ${counted(first.validation.images, 'image')}.`,
    ...(onTest ? [onTest] : []),
    arms.some(({ runs }) => runs.length > 1)
      ? 'In brackets the 95 % interval: over images and seeds (bootstrap) where a setting has several runs, else over images (Wilson).'
      : 'In brackets the 95 % interval over images (Wilson). One run says nothing of how much seeds matter.',
    'Time leaves out what settings share: features, a first head, finding atoms.',
  ];
}

/** Which differences are shown. */
export function shownSentence<Run extends ComparedRun>({ pairs }: Comparison<Run>): string {
  const shown = pairs.filter(({ comparison }) => comparison.verdict !== 'no difference shown').length;
  if (shown === 0)
    return `No difference shown ${pairs.length === 1 ? 'between the two settings' : 'between any two settings'}.`;
  return `A difference is shown for ${count(shown)} of ${counted(pairs.length, 'pair')}.`;
}

/** How the pairs were tested. */
export function testSentence<Run extends ComparedRun>({ pairs, pairedOn }: Comparison<Run>): string {
  const images = counted(pairs[0]?.first[pairedOn]?.images ?? 0, `${pairedOn} image`);
  const adjusted =
    pairs.length > 1 ? `; p-values are adjusted for all ${count(pairs.length)} pairs (Holm)` : '';
  return `Both settings of a pair on the same ${images}, with the seeds both have: sign-flip test, for one seed the exact McNemar test${adjusted}. A difference is shown where p is at most 0.05 and the 95 % interval leaves out 0. “No difference shown” does not mean that there is none.`;
}
