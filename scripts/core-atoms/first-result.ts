/**
 * What the page shows on the first visit: the outcome of the test on the set of “Try the sample”, and that set's first image of each
 * class.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Results } from '../../app/report/results';
import { immediately } from '../../app/store/statistics';
import type { Predictions } from '../../src/core/run';
import { samplePng } from '../sample-png';
import { drawSample, SAMPLE_SETS } from '../samples';
import { fileOf, readKept } from './kept';
import { plansOf, SETS } from './plan';

const FOLDER = new URL('../../app/steps/data/', import.meta.url);

export async function writeFirstResult(): Promise<void> {
  const [id, set] = Object.entries(SETS).find(([, { isFirstSample }]) => isFirstSample) ?? [];
  const sample = SAMPLE_SETS.find((known) => known.id === id);
  if (id === undefined || !set || !sample) throw new Error('There is no first sample set.');
  const tested = await Promise.all(
    plansOf(set).map(async (plan) => ({ plan, results: await readKept(fileOf(id, plan, 'test')) })),
  );
  const settings = tested.flatMap(({ plan, results }) =>
    results ? [{ name: plan.name, setting: plan.setting, ...outcome(results) }] : [],
  );
  const first = tested.find(({ results }) => results)?.results;
  if (!first) return;
  const images = (part: 'train' | 'val' | 'test') =>
    first.dataset.classes.reduce((sum, each) => sum + each[part], 0);
  const result = {
    backboneParameters: first.backbone.parameters,
    images: { train: images('train'), val: images('val'), test: images('test') },
    seeds: first.runs.length,
    settings,
  };
  await writeFile(new URL('first-result.json', FOLDER), `${JSON.stringify(result, null, 2)}\n`);
  const to = fileURLToPath(new URL('first-sample/', FOLDER));
  await mkdir(to, { recursive: true });
  for (const { name } of sample.classes)
    await writeFile(`${to}${name}.png`, samplePng(drawSample(sample, name, 0)));
}

/** Mean accuracy on the test images with its 95 % interval, 0–1, and the size of what was trained. */
function outcome({ runs }: Results) {
  const predictions: Predictions[] = runs.flatMap(({ test }) => (test ? [test] : []));
  const accuracy = immediately.accuracy(predictions);
  const [run] = runs;
  if (!accuracy || !run) throw new Error('A test has no predictions.');
  const rounded = (value: number) => Number(value.toFixed(4));
  return {
    trainable: run.trainable.backbone,
    adapterBytes: run.adapter?.bytes ?? null,
    accuracy: rounded(accuracy.mean),
    low: rounded(accuracy.low),
    high: rounded(accuracy.high),
  };
}
