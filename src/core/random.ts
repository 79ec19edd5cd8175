/**
 * The engine's only source of randomness: a small seeded generator (xoshiro128**), so that splits, image orders, initial values and
 * augmentation can be reproduced from a seed. Imports nothing.
 */

/** Where a stream stands: four 32-bit words, and the normal number that the next call of `normal` returns, if there is one. */
export type RandomState = readonly [a: number, b: number, c: number, d: number, spare: number | null];

export interface Random {
  /** Uniform in 0 ≤ x < 1, with 53 random bits. */
  uniform(): number;
  /** Normally distributed with mean 0 and standard deviation 1. */
  normal(): number;
  /** A uniform integer, 0 ≤ x < below. */
  integer(below: number): number;
  /** The numbers 0 … n − 1 in random order. */
  permutation(n: number): Uint32Array<ArrayBuffer>;
  /** Shuffles the list in place and returns it. */
  shuffle<T>(list: T[]): T[];
  /**
   * An independent stream that depends only on this stream's seed and the label, not on how many numbers were drawn before. So an
   * added draw in one place does not change the numbers drawn elsewhere.
   */
  fork(label: string): Random;
  /** Where this stream stands now. */
  state(): RandomState;
  /** Continues from there. The streams that are forked off stay the same. */
  restore(state: RandomState): void;
}

export function seededRandom(seed: number): Random {
  return randomFromKey(String(seed));
}

function randomFromKey(key: string): Random {
  const words = hash128(key);
  const next = () => xoshiro128(words);
  let spare: number | null = null;

  function uniform(): number {
    return ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
  }

  /** Box–Muller; the second number of each pair is returned by the next call. */
  function normal(): number {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  function integer(below: number): number {
    return Math.floor(uniform() * below);
  }

  function permutation(n: number): Uint32Array<ArrayBuffer> {
    const order = new Uint32Array(n);
    // Inside-out Fisher–Yates shuffle.
    for (let i = 0; i < n; i++) {
      const j = integer(i + 1);
      order[i] = order[j] ?? i;
      order[j] = i;
    }
    return order;
  }

  function shuffle<T>(list: T[]): T[] {
    const order = permutation(list.length);
    const before = list.slice();
    order.forEach((from, to) => {
      // `from` is a valid index, so the item exists even if T includes undefined.
      list[to] = before[from] as T;
    });
    return list;
  }

  return {
    uniform,
    normal,
    integer,
    permutation,
    shuffle,
    fork: (label) => randomFromKey(`${key}/${label}`),
    state: () => [words.a, words.b, words.c, words.d, spare],
    restore: ([a, b, c, d, kept]) => {
      Object.assign(words, { a, b, c, d });
      spare = kept;
    },
  };
}

interface Words {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** Blackman and Vigna's xoshiro128**; 32 bits per call. */
function xoshiro128(words: Words): number {
  let { a, b, c, d } = words;
  const product = Math.imul(b, 5);
  const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = (d << 11) | (d >>> 21);
  words.a = a;
  words.b = b;
  words.c = c;
  words.d = d;
  return result;
}

/** A 128-bit hash of a text: FNV-1a with four offsets, each finished with MurmurHash3's mixer. */
function hash128(text: string): Words {
  const lane = (offset: number) => {
    let hash = (0x811c9dc5 ^ offset) >>> 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16) ^ offset, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  };
  return { a: lane(0x9e3779b9), b: lane(0x3c6ef372), c: lane(0xdaa66d2b), d: lane(0x78dde6e4) };
}
