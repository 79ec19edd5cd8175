/** What the page recommends settings by (app/store/recommendation.ts): how far each tested setting is above the linear probe. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Results } from '../../app/report/results';
import { PROBE_SETTING } from '../../app/store/defaults';
import type { Evidence } from '../../app/store/recommendation';
import { rightOf } from '../../app/store/statistics';
import { fileOf, readKept } from './kept';
import { PLANS, SETS } from './plan';

const FILE = fileURLToPath(new URL('../../app/store/evidence.json', import.meta.url));

export async function writeEvidence(): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(await evidence(), null, 2)}\n`);
}

/** From the sets on which all settings were tested. */
async function evidence(): Promise<Evidence> {
  const settings = new Map<string, Evidence['settings'][number]>();
  const sets: Evidence['sets'] = [];
  for (const [id, set] of Object.entries(SETS)) {
    if (set.plans) continue;
    const tested = await Promise.all(PLANS.map((plan) => readKept(fileOf(id, plan, 'test'))));
    const accuracies = tested.flatMap((results) => (results ? testAccuracy(results) : []));
    const [probe = 0] = accuracies; // the first plan
    if (accuracies.length < PLANS.length) continue;
    sets.push({
      id,
      trainPerClass: Math.min(...(tested[0]?.dataset.classes ?? []).map(({ train }) => train)),
    });
    for (const [index, plan] of PLANS.entries()) {
      if (plan.setting === PROBE_SETTING) continue;
      const known = settings.get(plan.id) ?? { setting: plan.setting, options: plan.options, gains: {} };
      known.gains[id] = Number((100 * ((accuracies[index] ?? 0) - probe)).toFixed(2));
      settings.set(plan.id, known);
    }
  }
  return { sets, settings: [...settings.values()] };
}

/** The mean over the runs, 0–1. */
function testAccuracy({ runs }: Results): number {
  const right = runs.flatMap(({ test }) => (test ? [...rightOf(test)] : []));
  return right.reduce((sum, value) => sum + value, 0) / right.length;
}
