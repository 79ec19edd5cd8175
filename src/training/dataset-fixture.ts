/** For tests only: a small seeded data set in which each class has its own colour and stripe direction. */

import { seededRandom } from '../core/random';
import type { Dataset } from '../data/dataset';
import type { Images } from '../data/images';

export function datasetFixture(classes: number, train: number, val: number, side: number): Dataset {
  const random = seededRandom(7);
  const images = (perClass: number): Images => {
    const count = classes * perClass;
    const pixels = new Uint8Array(count * side * side * 3);
    const labels = Int32Array.from({ length: count }, (_, index) => index % classes);
    let at = 0;
    for (const label of labels) {
      const phase = random.integer(8);
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const stripe = Math.floor(((label % 2 ? x : y) + phase) / 4) % 2;
          for (let channel = 0; channel < 3; channel++) {
            const colour = channel === label % 3 ? 150 : 90;
            pixels[at++] = colour + 60 * stripe + random.integer(40);
          }
        }
      }
    }
    return { pixels, labels, paths: Array.from(labels, (label, index) => `${label}/${index}.png`) };
  };
  return {
    name: 'made',
    description: '',
    classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
    side,
    train: images(train),
    val: images(val),
    test: null,
    unused: { pixels: new Uint8Array(), labels: new Int32Array(), paths: [] },
    preset: 'whole',
    split: 'given',
    testSplit: null,
    seed: 0,
    testPart: 0,
    augmentation: 'crops-flips',
    reading: {},
    notices: [],
    leftOut: [],
    originals: new Map(),
    places: new Map(),
    uncorrected: null,
    hash: '',
  };
}
