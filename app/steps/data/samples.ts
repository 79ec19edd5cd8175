/** The built-in sample sets, served as zips with the page. */
import type { DataSource } from '../../../src/worker/protocol';

export interface Sample {
  name: string;
  title: string;
  description: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    name: 'counting',
    title: 'Counting',
    description:
      'One to five shapes per image. The class is their number. Hard for a linear probe on frozen features.',
  },
  {
    name: 'textures',
    title: 'Textures',
    description: 'Six kinds of pattern. Easier, because pretrained features respond to patterns.',
  },
];

/** The sample set of "Try the sample". */
export const FIRST_SAMPLE = 'counting';

/** Absolute, because the worker resolves relative URLs against its own URL. */
export function sampleSource(name: string): DataSource {
  const url = new URL(`${import.meta.env.BASE_URL}samples/${name}.zip`, document.baseURI).href;
  return { kind: 'sample', name, url };
}
