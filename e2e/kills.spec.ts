/** The short form of `npm run reliability -- kills`: one trial of each kind. */
import { expect, test } from '@playwright/test';
import { KILL_PLAN, KINDS, kill } from '../scripts/reliability/kills';
import { Trials } from '../scripts/reliability/trials';

test('a run ends with the same numbers after the browser or the page was killed', async ({ baseURL }) => {
  const trials = await Trials.prepare(`${baseURL}/`, KILL_PLAN);
  try {
    for (const [index, kind] of KINDS.entries()) {
      const trial = await kill(trials, index, 4);
      expect(trial, kind).toMatchObject({ kind, differences: [] });
      // At most two epochs of four steps are computed again.
      if (!trial.wasOver) expect(trial.resumedAfter, kind).toBeGreaterThanOrEqual(trial.shown - 8);
    }
  } finally {
    trials.remove();
  }
});
