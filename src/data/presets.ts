/** Draws small subsets of a data set with a seed: the 1,000 images of VTAB-1k, or a few images per class. */

import type { DatasetSummary, Part, Preset } from '../core/dataset';
import { type Random, seededRandom } from '../core/random';
import type { Framing } from './decode';
import type { Member } from './split';

interface Recipe {
  framing: Framing;
  /** Number of training images of each class; null for no limit. */
  shots: number | null;
  /** Maximum total numbers of training and validation images. */
  most: { train: number; val: number };
}

/** More validation images take time and change the accuracy by only about a tenth of a percent. */
const MOST_FEW_SHOT_VALIDATION = 2000;

const fewShot = (shots: number): Recipe => ({
  framing: 'crop',
  shots,
  most: { train: Number.POSITIVE_INFINITY, val: MOST_FEW_SHOT_VALIDATION },
});

const RECIPES: Record<Preset, Recipe> = {
  whole: {
    framing: 'crop',
    shots: null,
    most: { train: Number.POSITIVE_INFINITY, val: Number.POSITIVE_INFINITY },
  },
  // Zhai et al. 2019, A Large-scale Study of Representation Learning with the VTAB, §3.2.
  vtab: { framing: 'squeeze', shots: null, most: { train: 800, val: 200 } },
  'few-shot-1': fewShot(1),
  'few-shot-2': fewShot(2),
  'few-shot-4': fewShot(4),
  'few-shot-8': fewShot(8),
  'few-shot-16': fewShot(16),
};

/** In the order in which they are offered. */
export const PRESETS = [
  'whole',
  'vtab',
  'few-shot-1',
  'few-shot-2',
  'few-shot-4',
  'few-shot-8',
  'few-shot-16',
] as const satisfies readonly Preset[];

export function framingOf(preset: Preset): Framing {
  return RECIPES[preset].framing;
}

/**
 * Reduces a split to the images that the preset uses. Test images are kept. The training images of a few-shot preset are also in
 * every larger one. If the split is drawn, the remaining training images become validation images, except those whose group
 * contains a training image or several classes; if the split is given, they are not used.
 * @param members `[n]`
 * @param parts `[n]`, the split of the whole set
 * @returns `[n]`, null if the image is not used
 */
export function takePreset(
  members: readonly Member[],
  parts: readonly Part[],
  classes: readonly string[],
  { preset, seed, split }: { preset: Preset; seed: number; split: DatasetSummary['split'] },
): (Part | null)[] {
  if (preset === 'whole') return [...parts];
  const { shots, most } = RECIPES[preset];
  const random = seededRandom(seed).fork('preset');
  const taken: (Part | null)[] = [...parts];
  const placesIn = (part: Part) =>
    classes.map((_, label) =>
      [...members.keys()].filter((i) => members[i]?.label === label && taken[i] === part),
    );
  const keep = (part: Part, limits: (counts: number[]) => number[]) => {
    const places = placesIn(part);
    const wanted = limits(places.map(({ length }) => length));
    places.forEach((own, label) => {
      const drawn = drawOf(random.fork(part), classes[label] ?? '', own);
      for (const i of drawn.slice(wanted[label] ?? 0)) taken[i] = null;
    });
  };
  if (shots !== null) {
    keep('train', (counts) => counts.map(() => shots));
    if (split === 'stratified') validateRest(members, parts, taken);
  } else keep('train', (counts) => shares(counts, most.train));
  keep('val', (counts) => shares(counts, most.val));
  return taken;
}

const drawOf = (random: Random, name: string, places: number[]) => random.fork(name).shuffle(places);

/** In place: unused training images become validation images, unless their group prevents it. */
function validateRest(members: readonly Member[], parts: readonly Part[], taken: (Part | null)[]): void {
  const trained = new Set(members.filter((_, i) => taken[i] === 'train').map(({ group }) => group));
  const labels = new Map<number, Set<number>>();
  for (const { group, label } of members) labels.set(group, (labels.get(group) ?? new Set()).add(label));
  members.forEach(({ group }, i) => {
    const isFree = !trained.has(group) && labels.get(group)?.size === 1;
    if (parts[i] === 'train' && taken[i] === null && isFree) taken[i] = 'val';
  });
}

/**
 * `total` divided in proportion to the counts, by largest remainders. Each class with images gets at least one if `total` allows.
 * If there are fewer than `total` images, all of them.
 */
export function shares(counts: readonly number[], total: number): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all <= total) return [...counts];
  const least = counts.filter((count) => count > 0).length <= total ? 1 : 0;
  const exact = counts.map((count) => (total * count) / all);
  const given = exact.map((share, i) => Math.max(Math.min(least, counts[i] ?? 0), Math.floor(share)));
  // How far each class is below its exact share; negative if the minimum raised it above.
  const below = (i: number) => (exact[i] ?? 0) - (given[i] ?? 0);
  const add = (candidates: number[], amount: 1 | -1) => {
    const best = candidates.reduce((a, b) => (amount * (below(b) - below(a)) > 0 ? b : a));
    given[best] = (given[best] ?? 0) + amount;
  };
  const places = [...counts.keys()];
  let missing = total - given.reduce((sum, share) => sum + share, 0);
  for (; missing > 0; missing--)
    add(
      places.filter((i) => (given[i] ?? 0) < (counts[i] ?? 0)),
      1,
    );
  for (; missing < 0; missing++)
    add(
      places.filter((i) => (given[i] ?? 0) > least),
      -1,
    );
  return given;
}
