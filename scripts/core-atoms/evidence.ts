/** What the page recommends settings by (app/store/recommendation.ts): how far each tested setting is above the linear probe. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { comparedRun } from '../../app/report/results';
import { compare } from '../../app/store/comparison';
import type { Evidence } from '../../app/store/recommendation';
import { fileOf, readKept } from './kept';
import { plansOf, SETS } from './plan';

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
    const plans = plansOf(set);
    const tested = await Promise.all(
      plans.map(async (plan) => ({ plan, results: await readKept(fileOf(id, plan, 'test')) })),
    );
    const accuracies = tested.map(({ plan, results }) => {
      const [arm] = results ? compare(results.runs.map((run) => comparedRun(run, results.dataset))).arms : [];
      return { plan, results, accuracy: arm?.test?.mean };
    });
    const probe = accuracies.find(({ plan }) => plan.id === 'probe');
    const classes = probe?.results?.dataset.classes ?? [];
    if (probe?.accuracy === undefined || accuracies.some(({ accuracy }) => accuracy === undefined)) continue;
    sets.push({ id, trainPerClass: Math.min(...classes.map(({ train }) => train)) });
    for (const { plan, accuracy = 0 } of accuracies) {
      if (plan === probe.plan) continue;
      const { setting, options } = plan;
      const known = settings.get(plan.id) ?? { setting, options, gains: {} };
      known.gains[id] = Number((100 * (accuracy - probe.accuracy)).toFixed(2));
      settings.set(plan.id, known);
    }
  }
  return { sets, settings: [...settings.values()] };
}
