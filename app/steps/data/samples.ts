/** The built-in sample sets: zips on this site. */
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
      'How many shapes, one to five? Position and colour say nothing, so the frozen backbone has little to offer and tuning has to help.',
  },
  {
    name: 'textures',
    title: 'Textures',
    description: 'Which kind of pattern fills the picture? Close to what a backbone already sees.',
  },
];

/** The set that "Try the sample" takes. */
export const FIRST_SAMPLE = 'counting';

/** Absolute, because the engine's worker resolves addresses against its own. */
export function sampleSource(name: string): DataSource {
  const url = new URL(`${import.meta.env.BASE_URL}samples/${name}.zip`, document.baseURI).href;
  return { kind: 'sample', name, url };
}
