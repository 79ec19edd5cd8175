/** Sentences about a comparison, shared by the page, the report and scripts. */
import { count, counted, PENDING, percent, points, pValue, withRange } from '../ui/format';
import {
  type Accuracy,
  type ComparedRun,
  type Comparison,
  type Pair,
  type Scored,
  untestedRates,
} from './comparison';

/** `60.0 % (38.7–78.1 %)`; a dash if there is no accuracy. */
export const accuracyWords = (accuracy: Pick<Accuracy, 'mean' | 'interval'> | null) =>
  accuracy ? withRange(accuracy.mean, accuracy.interval) : '–';

/** `+1.3 (−0.4 to +3.1)`, percentage points. */
export const differenceWords = (difference: Pair['difference']) =>
  difference
    ? `${points(difference.mean)} (${points(difference.low)} to ${points(difference.high)})`
    : PENDING;

/** `0.024` */
export const pWords = ({ test }: Pick<Pair, 'test'>) => (test ? pValue(test.p) : PENDING);

/** The headline accuracy's name: `Test accuracy`, `Balanced validation accuracy` */
export function accuracyName<Run extends ComparedRun>(
  { arms }: Pick<Comparison<Run>, 'arms'>,
  on: Scored,
): string {
  return accuracyKind(
    on,
    arms.some((arm) => arm[on]?.unbalanced),
  );
}

/** `Test accuracy`, `Balanced validation accuracy` */
export const accuracyKind = (on: Scored, isBalanced: boolean) =>
  isBalanced ? `Balanced ${on} accuracy` : `${on === 'test' ? 'Test' : 'Validation'} accuracy`;

/** Which images each accuracy was measured on, and what the intervals cover. */
export function accuracySentences<Run extends ComparedRun>({
  arms,
  scoredOn,
  isMixed,
}: Pick<Comparison<Run>, 'arms' | 'scoredOn' | 'isMixed'>): string[] {
  const [first] = arms;
  if (!first) return [];
  const { validation, test } = first;
  const chose = 'They also chose this epoch, so the figure is a little too high.';
  const measured =
    scoredOn === 'test' && test
      ? [
          `${accuracyName({ arms }, 'test')}: best epoch, on ${counted(test.images, 'image')} used neither for training nor for any choice.`,
          `${accuracyName({ arms }, 'validation')}: the same epoch, on ${counted(validation.images, 'image')}. ${chose}`,
        ]
      : [
          `${accuracyName({ arms }, 'validation')}: best epoch, on ${counted(validation.images, 'image')}. ${chose} To avoid this, hold out test images on Data.`,
        ];
  const unbalanced = first[scoredOn]?.unbalanced;
  return [
    ...measured,
    ...(unbalanced
      ? [
          'Balanced accuracy: the mean over the classes of the share of their images that is classified correctly. Accuracy: that share of all images.',
        ]
      : []),
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

/** What a model without any skill would reach, where classes are unbalanced; null where they are not. */
export function baselineSentence<Run extends ComparedRun>({
  arms: [first],
  scoredOn,
}: Pick<Comparison<Run>, 'arms' | 'scoredOn'>): string | null {
  const unbalanced = first?.[scoredOn]?.unbalanced;
  if (!unbalanced) return null;
  return `The classes are unbalanced, so balanced accuracy is compared: always predicting the largest class would reach ${percent(1 / unbalanced.classes)}, although it is right on ${percent(unbalanced.majority)} of the images.`;
}

/** Names the settings whose learning rate was not compared with another; null if there are none, or nothing to compare. */
export function untestedRatesSentence<Run extends ComparedRun>(comparison: Comparison<Run>): string | null {
  const untested = untestedRates(comparison).map(({ name }) => name);
  if (untested.length === 0 || comparison.arms.length < 2) return null;
  return `No other learning rate was tried for ${new Intl.ListFormat('en').format(untested)}. At another rate the comparison may come out differently: “Find learning rates” on Tune, or --find-rates on the command line, searches one for every setting.`;
}

/** States the statistical test of the pairs. */
export function testSentence<Run extends ComparedRun>({ pairs, scoredOn }: Comparison<Run>): string {
  const images = counted(pairs[0]?.first[scoredOn]?.images ?? 0, `${scoredOn} image`);
  const adjusted =
    pairs.length > 1 ? ` The p-values are adjusted for all ${count(pairs.length)} pairs (Holm).` : '';
  return `Both settings of a pair are compared on the same ${images} with their common seeds: sign-flip test, or exact McNemar test for one seed.${adjusted} A difference is shown if p is at most 0.05 and the 95 % interval excludes 0. “No difference shown” does not mean that there is none.`;
}
