/** The short forms of `npm run reliability -- full` and `-- soak`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { FULL_PLAN, fullElsewhere, fullInRun } from '../scripts/reliability/full';
import { soak } from '../scripts/reliability/soak';
import { Trials } from '../scripts/reliability/trials';

test('without room the page says so at each kind of write, goes on, and loses nothing', async ({
  baseURL,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'full-'));
  try {
    const found = await fullElsewhere(`${baseURL}/`, folder);
    for (const { write, said, differences } of found) {
      expect(differences, write).toEqual([]);
      expect(said, write).toMatch(/Delete what you no longer need in Storage/);
    }
    expect(found).toHaveLength(5);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('a run ends with the same numbers although there was no room from some moment on', async ({
  baseURL,
}) => {
  const trials = await Trials.prepare(`${baseURL}/`, FULL_PLAN);
  try {
    expect(await fullInRun(trials, 0, 4)).toMatchObject({
      said: expect.stringMatching(/no room/),
      differences: [],
    });
  } finally {
    trials.remove();
  }
});

test('memory and checkpoints do not grow with the steps of a run', async ({ baseURL }) => {
  const samples = await soak(`${baseURL}/`, 600, () => {});
  const [early, late] = [samples[1], samples.at(-1)];
  if (!early || !late) throw new Error('The run was over too soon.');
  const epochs = (late.step - early.step) / 40;
  // A checkpoint lists the epochs so far.
  expect(late.checkpoint - early.checkpoint).toBeLessThanOrEqual(200 * (epochs + 1));
  expect(late.losses).toBe(8 * Math.floor(late.step / 40) * 40);
  expect(late.page).toBeLessThan(1.5 * early.page);
});
