import { expect, it } from 'vitest';
import { starterFile } from '../backbone/starter';
import { readSafetensors } from '../files/safetensors';
import { STARTER_CLASSES } from './starter';

it('the classes that the page names are those of the file', async () => {
  const { metadata } = readSafetensors(await starterFile(), 'starter');
  expect(metadata.classes).toBe(STARTER_CLASSES.join());
});
