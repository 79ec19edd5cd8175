/** The built-in sample sets, served as zips with the page. */
import type { DataSource } from '../../../src/core/dataset';

export interface Sample {
  name: string;
  title: string;
  description: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    name: 'surface-faults',
    title: 'Surface faults',
    description:
      'Surfaces of metal, stone and paint with one of five kinds of fault, or none. Pretrained features find some of the faults, tuned ones more.',
  },
  {
    name: 'counting',
    title: 'Counting',
    description:
      'One to five shapes per image. The class is their number. Hard for all settings with so few images.',
  },
  {
    name: 'textures',
    title: 'Textures',
    description: 'Six kinds of pattern. Easier, because pretrained features respond to patterns.',
  },
];

/** The sample set of "Try the sample". */
export const FIRST_SAMPLE = 'surface-faults';

/** Absolute, because the worker resolves relative URLs against its own URL. */
export function sampleSource(name: string): DataSource {
  const url = new URL(`${import.meta.env.BASE_URL}samples/${name}.zip`, document.baseURI).href;
  return { kind: 'sample', name, url };
}
