/**
 * Which pictures belong together: near-duplicates, and the shots of one series. A split that parted them would
 * validate on what it trained on.
 */
import { alike, type Fingerprint, hasDetail, NEAR_DUPLICATE, NEXT_SHOT, ones } from './fingerprint';

interface Fingerprinted {
  path: string;
  fingerprint: Fingerprint;
}

/**
 * Every pair of hashes is compared: 20,000 pictures make 200 million, about a second.
 * @returns `[n]`, for each picture the place of the first one of its group
 */
export function groupsOf(pictures: readonly Fingerprinted[]): Int32Array<ArrayBuffer> {
  const first = Int32Array.from(pictures.keys());
  const root = (i: number): number => {
    let at = i;
    for (let up = first[at] ?? at; up !== at; up = first[at] ?? at) {
      // Path halving: Tarjan and van Leeuwen 1984.
      first[at] = first[up] ?? up;
      at = up;
    }
    return at;
  };
  const join = (a: number, b: number) => {
    const [low, high] = [root(a), root(b)].sort((x, y) => x - y);
    if (low !== undefined && high !== undefined) first[high] = low;
  };
  for (const [a, b] of nearDuplicates(pictures)) join(a, b);
  for (const [a, b] of nextShots(pictures)) join(a, b);
  return first.map((_, i) => root(i));
}

type Pair = readonly [number, number];

function* nearDuplicates(pictures: readonly Fingerprinted[]): Generator<Pair> {
  const places = [...pictures.keys()].filter((i) => {
    const picture = pictures[i];
    return picture && hasDetail(picture.fingerprint);
  });
  const high = Int32Array.from(places, (i) => pictures[i]?.fingerprint.hash[0] ?? 0);
  const low = Int32Array.from(places, (i) => pictures[i]?.fingerprint.hash[1] ?? 0);
  for (let a = 1; a < places.length; a++) {
    const [highA, lowA] = [high[a] ?? 0, low[a] ?? 0];
    for (let b = 0; b < a; b++) {
      const distance = ones(highA ^ (high[b] ?? 0)) + ones(lowA ^ (low[b] ?? 0));
      if (distance > NEAR_DUPLICATE.distance) continue;
      const [i = 0, j = 0] = [places[a], places[b]];
      if (areAlike(pictures[i], pictures[j], NEAR_DUPLICATE)) yield [i, j];
    }
  }
}

/** Files of one folder numbered one after another that look it, too: numbers alone say nothing. */
function* nextShots(pictures: readonly Fingerprinted[]): Generator<Pair> {
  const numbered = new Map<string, number>();
  const names = pictures.map(({ path }) => numberIn(path));
  names.forEach((name, i) => {
    if (name) numbered.set(keyOf(name.around, name.number), i);
  });
  for (const [i, name] of names.entries()) {
    const next = name && numbered.get(keyOf(name.around, name.number + 1));
    if (next !== null && next !== undefined && areAlike(pictures[i], pictures[next], NEXT_SHOT))
      yield [i, next];
  }
}

function areAlike(a: Fingerprinted | undefined, b: Fingerprinted | undefined, likeness: typeof NEXT_SHOT) {
  return a !== undefined && b !== undefined && alike(a.fingerprint, b.fingerprint, likeness);
}

const keyOf = (around: string, number: number) => `${number}/${around}`;

/** The last number in a file's name, and the path around it; null where there is none. */
function numberIn(path: string): { number: number; around: string } | null {
  const found = /^(.*?)(\d{1,15})(\D*)$/.exec(path.replace(/\.[^./]*$/, ''));
  const [, before = '', digits, after = ''] = found ?? [];
  // A number of the folder counts no shots.
  if (digits === undefined || after.includes('/')) return null;
  return { number: Number(digits), around: `${before}#${after}` };
}
