/** Which setting the page recommends, from the size of the data, the memory, and the test in docs/core-atoms.md. */
import type { SettingSummary } from '../../src/core/setting';
import { bytes, count, counted } from '../ui/format';
import { PROBE_SETTING } from './defaults';
import tested from './evidence.json';

/** The outcomes of the test, written by `npm run core-atoms`. */
export interface Evidence {
  /** The sets of the test, with the number of training images in the smallest class. */
  sets: { id: string; trainPerClass: number }[];
  /** Tested settings; options that are not given had their default. `gains`: points above the linear probe on test images, by set. */
  settings: {
    setting: string;
    options: Readonly<Record<string, number | undefined>>;
    gains: Record<string, number>;
  }[];
}

export interface Recommendation {
  setting: SettingSummary;
  reason: string;
}

/** The most parameters in the backbone of a setting that counts as small. */
const SMALL = 20_000;

/**
 * The small setting with the greatest mean gain over the linear probe among those that fit into memory; the probe if none does.
 * Null if the probe is not among the settings or the test is empty.
 * @param trainPerClass the number of training images in the smallest class
 */
export function recommend(
  settings: readonly SettingSummary[],
  trainPerClass: number,
  evidence: Evidence = tested,
): Recommendation | null {
  const probe = settings.find(({ id }) => id === PROBE_SETTING);
  if (!probe || evidence.sets.length === 0) return null;
  const ranked = settings
    .flatMap((setting) => {
      const gains = gainsOf(setting, evidence);
      return gains.length > 0 ? [{ setting, gains, mean: meanOf(gains) }] : [];
    })
    .sort((a, b) => b.mean - a.mean);
  const fitting = ranked.filter(({ setting: { fault, memory } }) => fault === null && memory.fits);
  const small = fitting.find(
    ({ setting }) => setting.trainable.backbone <= SMALL && setting.id !== PROBE_SETTING,
  );
  if (!small || small.mean <= 0)
    return {
      setting: probe,
      reason: small
        ? 'In our test no small setting was more accurate than it.'
        : 'None of the small settings fits into memory. Raise the memory cap, use a smaller input size, or fewer stages.',
    };
  const [best] = fitting;
  const sentences = [
    `In our test on ${counted(evidence.sets.length, 'image set')} its test accuracy minus that of the linear probe was ${spread(small.gains)}. That is the highest mean of the settings that train at most ${count(SMALL)} parameters in the backbone. Its adapter file has at least ${bytes(small.setting.adapterBytes)}.`,
    ...(best && best !== small && best.mean > small.mean
      ? [
          `${best.setting.label} was ${points(best.mean - small.mean)} more accurate on average, with a file of at least ${bytes(best.setting.adapterBytes)}.`,
        ]
      : []),
    ...fewImages(trainPerClass, evidence),
  ];
  return { setting: small.setting, reason: sentences.join(' ') };
}

/** The gains of a setting with default options; empty if it was not tested. */
function gainsOf({ id, options }: SettingSummary, { sets, settings }: Evidence): number[] {
  const usual = (option: string) => options.find((each) => each.id === option)?.default;
  const entry = settings.find(
    (each) =>
      each.setting === id && Object.entries(each.options).every(([option, value]) => usual(option) === value),
  );
  return entry ? sets.flatMap((set) => entry.gains[set.id] ?? []) : [];
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** `2.5 points` */
const points = (value: number) => `${value.toFixed(1)} points`;

/** `−0.4 to 9.8 points` */
function spread(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? points(low) : `${low.toFixed(1).replace('-', '−')} to ${points(high)}`;
}

function fewImages(trainPerClass: number, { sets }: Evidence): string[] {
  const fewest = Math.min(...sets.map((set) => set.trainPerClass));
  if (trainPerClass >= fewest) return [];
  return [
    `The sets of the test had at least ${counted(fewest, 'training image')} per class. The smallest of your classes has ${trainPerClass}, so run the linear probe as well and compare.`,
  ];
}
