/** Sentences about a comparison, shared by the page, the report and scripts. */
import { count, counted, PENDING, points, pValue, withRange } from '../ui/format';
import { type Accuracy, type ComparedRun, type Comparison, type Pair, untestedRates } from './comparison';

/** `60.0 % (38.7–78.1 %)`; a dash if there is no accuracy. */
export const accuracyWords = (accuracy: Accuracy | null) =>
  accuracy ? withRange(accuracy.mean, accuracy.interval) : '–';

/** `58.3`, percent; a dash if the classes are nearly balanced. */
export const macroF1Words = (accuracy: Accuracy | null) =>
  accuracy?.macroF1 == null ? '–' : (100 * accuracy.macroF1).toFixed(1);

/** `+1.3 (−0.4 to +3.1)`, percentage points. */
export const differenceWords = (difference: Pair['difference']) =>
  difference
    ? `${points(difference.mean)} (${points(difference.low)} to ${points(difference.high)})`
    : PENDING;

/** `0.024` */
export const pWords = ({ test }: Pick<Pair, 'test'>) => (test ? pValue(test.p) : PENDING);

/** Which images the accuracies of these arms are measured on, and what their intervals cover. */
export function accuracySentences<Run extends ComparedRun>({
  arms,
  isMixed,
}: Pick<Comparison<Run>, 'arms' | 'isMixed'>): string[] {
  const [first] = arms;
  if (!first) return [];
  const tested = arms.find(({ test }) => test)?.test;
  const onTest =
    tested &&
    `Test accuracy: best epoch (highest validation accuracy), on ${counted(tested.images, 'image')} used neither for training nor for any choice.`;
  return [
    `Validation accuracy: last epoch, on ${counted(first.validation.images, 'image')}.`,
    ...(onTest ? [onTest] : []),
    arms.some(({ runs }) => runs.length > 1)
      ? 'In brackets: 95 % interval, over images and seeds (bootstrap) for settings with several runs, over images (Wilson) for one run.'
      : 'In brackets: 95 % interval over images (Wilson). One run per setting does not show how much results vary with the seed.',
    'Time: training only. Shared work (features, the warm-start head, decomposition) is not counted.',
    ...(isMixed
      ? [
          'Runs on different backends, precisions or numbers of threads are listed as separate settings and are not averaged.',
        ]
      : []),
  ];
}

/** Names the settings whose learning rate was not compared with another; null if there are none, or nothing to compare. */
export function untestedRatesSentence<Run extends ComparedRun>(comparison: Comparison<Run>): string | null {
  const untested = untestedRates(comparison).map(({ name }) => name);
  if (untested.length === 0 || comparison.arms.length < 2) return null;
  return `No other learning rate was tried for ${new Intl.ListFormat('en').format(untested)}. At another rate the comparison may come out differently: “Find learning rates” on Tune (--find-rates) searches one for every setting.`;
}

/** States which differences are shown. */
export function shownSentence<Run extends ComparedRun>({ pairs }: Comparison<Run>): string {
  const tests = pairs.flatMap(({ test }) => test ?? []);
  if (tests.length < pairs.length) return 'The differences are being computed.';
  const shown = tests.filter(({ verdict }) => verdict !== 'no difference shown').length;
  if (shown === 0)
    return `No difference shown ${pairs.length === 1 ? 'between the two settings' : 'between any two settings'}.`;
  return `A difference is shown for ${count(shown)} of ${counted(pairs.length, 'pair')}.`;
}

/** States the statistical test of the pairs. */
export function testSentence<Run extends ComparedRun>({ pairs, pairedOn }: Comparison<Run>): string {
  const images = counted(pairs[0]?.first[pairedOn]?.images ?? 0, `${pairedOn} image`);
  const adjusted =
    pairs.length > 1 ? ` The p-values are adjusted for all ${count(pairs.length)} pairs (Holm).` : '';
  return `Both settings of a pair are compared on the same ${images} with their common seeds: sign-flip test, or exact McNemar test for one seed.${adjusted} A difference is shown if p is at most 0.05 and the 95 % interval excludes 0. “No difference shown” does not mean that there is none.`;
}
