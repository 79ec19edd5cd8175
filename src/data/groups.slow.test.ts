import { expect, test } from 'vitest';
import { sharedImages } from '../fixtures';
import type { Fingerprint } from './fingerprint';
import { compared, fingerprintOf, sharedBlob } from './fingerprint-fixture';
import { groupsOf } from './groups';

test('groups of real images: only the pair that was shot twice', async (context) => {
  const pairs: [string | undefined, string | undefined][] = [];
  for (const set of ['flowers5', 'sign-digits']) {
    const images: { path: string; fingerprint: Fingerprint }[] = [];
    for (const path of sharedImages(set, context)) {
      images.push({ path, fingerprint: await fingerprintOf(await sharedBlob(path)) });
    }
    groupsOf(compared(images)).groups.forEach((first, i) => {
      if (first !== i) pairs.push([images[first]?.path, images[i]?.path]);
    });
  }
  // The same person and sign twice, checked by eye. The other neighbours in the set, 3/IMG_4246 and _4247, differ.
  expect(pairs).toEqual([
    [expect.stringMatching(/train\/8\/IMG_1166/), expect.stringMatching(/train\/8\/IMG_1167/)],
  ]);
});
