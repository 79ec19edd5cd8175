/**
 * Groups identical images, near-duplicates and burst shots: a split that separated them would validate on training images. If
 * similarity joins whole classes, as with a fixed camera, it does not distinguish copies from different images; such groups are
 * replaced by smaller ones.
 */
import { alike, type Fingerprint, hasDetail, NEAR_DUPLICATE, NEXT_SHOT, ones } from './fingerprint';
import { VALIDATION_PART } from './split';

export interface ComparedImage {
  path: string;
  /** Index of the class. */
  label: number;
  /** Hash of the pixels. */
  digest: string;
  fingerprint: Fingerprint;
}

/** Each `[n]`; the groups are numbered by the index of their first image. */
export interface Grouping {
  /** The groups that a split keeps together. */
  groups: Int32Array<ArrayBuffer>;
  /** The groups of near-duplicates, including those that were given up. */
  alike: Int32Array<ArrayBuffer>;
  /** Whether the group of the image was given up. */
  givenUp: boolean[];
}

/**
 * All pairs of hashes are compared: for 20,000 images, 200 million pairs in about a second.
 *
 * A group is given up if it leaves a class too few images for validation: without its largest group and the groups that it shares
 * with other classes, the class has fewer images than half of its validation images. Then its largest group, and the shared
 * groups with several of its images, are divided into series of shots and identical images; if these are too large as well, into
 * identical images only. A pair of images in two classes is a wrong label and remains a group.
 */
export function groupsOf(images: readonly ComparedImage[]): Grouping {
  const identical = new Forest(images.length);
  joinIdentical(images, identical);
  const numbered = numberedNeighbours(images);
  const all = identical.copy();
  for (const [i, next] of numbered) if (areAlike(images[i], images[next], NEXT_SHOT)) all.join(i, next);
  joinNearDuplicates(images, all);
  const series = identical.copy();
  for (const [i, next] of numbered) if (all.areJoined(i, next)) series.join(i, next);
  const levels = [all, series, identical].map((forest) => forest.roots());
  const level = new Uint8Array(images.length);
  const groupOf = (i: number) => levels[level[i] ?? 0]?.[i] ?? i;
  for (let step = 0; step + 1 < levels.length; step++) {
    const groups = Int32Array.from(images, (_, i) => groupOf(i));
    const tooLarge = tooLargeGroups(images, groups);
    groups.forEach((group, i) => {
      if (level[i] === step && tooLarge.has(group)) level[i] = step + 1;
    });
  }
  const [alike, groups] = [all.roots(), Int32Array.from(images, (_, i) => groupOf(i))];
  const [alikeSizes, sizes] = [sizesOf(alike), sizesOf(groups)];
  return {
    groups,
    alike,
    givenUp: images.map((_, i) => sizes.get(groups[i] ?? i) !== alikeSizes.get(alike[i] ?? i)),
  };
}

function sizesOf(groups: Int32Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return sizes;
}

// ---------------------------------------------------------------- groups that leave a class without validation images

function tooLargeGroups(images: readonly ComparedImage[], groups: Int32Array): Set<number> {
  const labels = new Map<number, Set<number>>();
  const byClass = new Map<number, Map<number, number>>();
  images.forEach(({ label }, i) => {
    const group = groups[i] ?? i;
    labels.set(group, (labels.get(group) ?? new Set()).add(label));
    const counts = byClass.get(label) ?? new Map<number, number>();
    byClass.set(label, counts.set(group, (counts.get(group) ?? 0) + 1));
  });
  const isShared = (group: number) => (labels.get(group)?.size ?? 0) > 1;
  const tooLarge = new Set<number>();
  for (const counts of byClass.values()) {
    const total = sum(counts.values());
    const own = [...counts].filter(([group]) => !isShared(group)).sort(([, a], [, b]) => b - a);
    const rest = sum(own.slice(1).map(([, count]) => count));
    if (rest >= (total * VALIDATION_PART) / 2) continue;
    for (const [group, count] of counts)
      if (count > 1 && (isShared(group) || group === own[0]?.[0])) tooLarge.add(group);
  }
  return tooLarge;
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

// ---------------------------------------------------------------- joining images

/** Joins images with identical pixels. Images of uniform colour are compared only in this way. */
function joinIdentical(images: readonly ComparedImage[], forest: Forest): void {
  const first = new Map<string, number>();
  images.forEach(({ digest }, i) => {
    const same = first.get(digest);
    if (same === undefined) first.set(digest, i);
    else forest.join(same, i);
  });
}

function joinNearDuplicates(images: readonly ComparedImage[], forest: Forest): void {
  const places = [...images.keys()].filter((i) => {
    const image = images[i];
    return image && hasDetail(image.fingerprint);
  });
  const high = Int32Array.from(places, (i) => images[i]?.fingerprint.hash[0] ?? 0);
  const low = Int32Array.from(places, (i) => images[i]?.fingerprint.hash[1] ?? 0);
  for (let a = 1; a < places.length; a++) {
    const [highA, lowA] = [high[a] ?? 0, low[a] ?? 0];
    for (let b = 0; b < a; b++) {
      const distance = ones(highA ^ (high[b] ?? 0)) + ones(lowA ^ (low[b] ?? 0));
      if (distance > NEAR_DUPLICATE.distance) continue;
      const [i = 0, j = 0] = [places[a], places[b]];
      // Without this check, a set of near-duplicates only would take hours.
      if (forest.areJoined(i, j)) continue;
      if (areAlike(images[i], images[j], NEAR_DUPLICATE)) forest.join(i, j);
    }
  }
}

/** Pairs of files in one folder with consecutive numbers. They are a series only if they are also similar. */
function numberedNeighbours(images: readonly ComparedImage[]): [number, number][] {
  const numbered = new Map<string, number>();
  const names = images.map(({ path }) => numberIn(path));
  names.forEach((name, i) => {
    if (name) numbered.set(keyOf(name.around, name.number), i);
  });
  return names.flatMap((name, i) => {
    const next = name && numbered.get(keyOf(name.around, name.number + 1));
    return next === null || next === undefined ? [] : [[i, next]];
  });
}

function areAlike(a: ComparedImage | undefined, b: ComparedImage | undefined, likeness: typeof NEXT_SHOT) {
  return a !== undefined && b !== undefined && alike(a.fingerprint, b.fingerprint, likeness);
}

const keyOf = (around: string, number: number) => `${number}/${around}`;

/** The last number in a file's name, and the path around it; null if there is none. */
function numberIn(path: string): { number: number; around: string } | null {
  const found = /^(.*?)(\d{1,15})(\D*)$/.exec(path.replace(/\.[^./]*$/, ''));
  const [, before = '', digits, after = ''] = found ?? [];
  // A number in a folder's name does not number shots.
  if (digits === undefined || after.includes('/')) return null;
  return { number: Number(digits), around: `${before}#${after}` };
}

/** Disjoint sets of the indices 0 … n − 1; the root of a set is its lowest index. */
class Forest {
  readonly #up: Int32Array<ArrayBuffer>;

  constructor(from: number | Int32Array) {
    this.#up = typeof from === 'number' ? Int32Array.from({ length: from }, (_, i) => i) : from.slice();
  }

  copy(): Forest {
    return new Forest(this.#up);
  }

  join(a: number, b: number): void {
    const [low = 0, high = 0] = [this.#root(a), this.#root(b)].sort((x, y) => x - y);
    this.#up[high] = low;
  }

  areJoined(a: number, b: number): boolean {
    return this.#root(a) === this.#root(b);
  }

  roots(): Int32Array<ArrayBuffer> {
    return this.#up.map((_, i) => this.#root(i));
  }

  #root(i: number): number {
    const up = this.#up;
    let at = i;
    for (let above = up[at] ?? at; above !== at; above = up[at] ?? at) {
      // Path halving: Tarjan and van Leeuwen 1984.
      up[at] = up[above] ?? above;
      at = up[at] ?? at;
    }
    return at;
  }
}
