/** The built-in sample sets as data: names, classes, and how an image is drawn. */

import type { Augmentation } from '../src/core/dataset';
import { type Random, seededRandom } from '../src/core/random';
import { COUNTS, drawCount } from './counting';
import { type IndexedImage, reduceColours } from './reduce-colours';
import { drawSurface, FAULT_NAMES } from './surface-faults';
import { drawTexture, PATTERN_NAMES } from './textures';

export interface SampleSet {
  /** The name of its zip in `public/samples`. */
  id: string;
  /** The content of its `dataset.json`. */
  metadata: { name: string; description: string; augmentation: Augmentation; licence: string };
  classes: { name: string; draw: (random: Random) => Uint8ClampedArray }[];
  imagesPerClass: number;
  /** The number of colours per image. */
  colours: number;
}

const LICENCE = 'CC0-1.0';

export const SAMPLE_SETS: readonly SampleSet[] = [
  {
    id: 'surface-faults',
    metadata: {
      name: 'Surface faults',
      description:
        'Drawn surfaces of metal, stone and paint with one of five kinds of fault, or none. The class is the kind of fault.',
      // A crop may cut the fault off.
      augmentation: 'flips',
      licence: LICENCE,
    },
    classes: FAULT_NAMES.map((name) => ({ name, draw: (random) => drawSurface(name, random) })),
    imagesPerClass: 80,
    colours: 32,
  },
  {
    id: 'textures',
    metadata: {
      name: 'Textures',
      description:
        'Six kinds of drawn patterns in random colours, sizes and directions. The class is the kind of pattern.',
      augmentation: 'crops-flips',
      licence: LICENCE,
    },
    classes: PATTERN_NAMES.map((name) => ({ name, draw: (random) => drawTexture(name, random) })),
    imagesPerClass: 40,
    colours: 128,
  },
  {
    id: 'counting',
    metadata: {
      name: 'Counting',
      description: 'One to five drawn shapes of random kind, colour and size. The class is their number.',
      augmentation: 'flips',
      licence: LICENCE,
    },
    classes: COUNTS.map((name) => ({ name, draw: (random) => drawCount(Number(name), random) })),
    imagesPerClass: 100,
    colours: 64,
  },
];

/** Draws an image. It does not depend on which other images are drawn. */
export function drawSample(set: SampleSet, className: string, number: number): IndexedImage {
  const drawn = set.classes.find(({ name }) => name === className);
  if (!drawn) throw new Error(`The sample set ${set.id} has no class ${className}.`);
  return reduceColours(drawn.draw(seededRandom(0).fork(`${set.id}/${className}/${number}`)), set.colours);
}

/** The path of an image in its set's zip. */
export function samplePath(className: string, number: number): string {
  return `${className}/${String(number + 1).padStart(3, '0')}.png`;
}
