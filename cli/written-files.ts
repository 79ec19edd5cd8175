/** Where a comparison is written; as a folder: results, an adapter for each run, charts and reports. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { html } from '../app/report/html';
import { markdown } from '../app/report/markdown';
import { CHART_NAMES, type Figure, reportOf } from '../app/report/report';
import { type Results, type RunResults, resultsText, runResults } from '../app/report/results';
import { bytes } from '../app/ui/format';
import type { Choices } from './choices';
import type { ChartKind, RunRecord } from './messages';
import type { Headless } from './page';

export interface Destination {
  /** Adds a run to the results, and writes what there is. */
  add(run: RunRecord): Promise<void>;
  /** Writes the rest. Returns a sentence that says what was written. `complete`: no run is missing. */
  end(complete: boolean): Promise<string>;
}

export const resultsFolder = (
  { out, charts }: Pick<Choices, 'out' | 'charts'>,
  headless: Pick<Headless, 'ask'>,
  results: Results,
): Destination => ({
  async add(run) {
    results.runs.push(runResults(run, await saveAdapter(out, headless, run, results.runs)));
    await saveResults(out, results);
  },
  async end(complete) {
    // Set before the charts are drawn: an abort during drawing does not make the results incomplete.
    results.complete = complete;
    results.charts = await saveCharts(out, headless, charts);
    await saveResults(out, results);
    await saveReports(out, results, await headless.ask('figures'));
    return `Written to ${out}: ${writtenFiles(results).join(', ')}.`;
  },
});

export const saveResults = (out: string, results: Results) =>
  writeFile(join(out, 'results.json'), resultsText(results));

/** Saves the run's model to a file. Returns its entry in the results; null if the run kept none. `earlier`: the runs before it. */
export async function saveAdapter(
  out: string,
  headless: Pick<Headless, 'ask'>,
  run: RunRecord,
  earlier: readonly RunResults[],
): Promise<RunResults['adapter']> {
  if (!run.model) return null;
  const content = await headless.ask('exportAdapter', run.model.modelId, run.name);
  const file = adapterFileName(run.setting, earlier);
  await writeFile(join(out, file), content);
  return { file, bytes: content.byteLength };
}

/** `atoms.safetensors`, `atoms-2.safetensors`: numbered among the runs of the setting that kept a model. */
export function adapterFileName(
  setting: string,
  earlier: readonly Pick<RunResults, 'setting' | 'adapter'>[],
): string {
  const same = earlier.filter((run) => run.adapter && run.setting === setting).length;
  return `${setting}${same > 0 ? `-${same + 1}` : ''}.safetensors`;
}

/** Saves the charts that have content. Returns their file names. */
export async function saveCharts(
  out: string,
  headless: Pick<Headless, 'ask'>,
  kind: ChartKind,
): Promise<string[]> {
  const files: string[] = [];
  for (const name of CHART_NAMES) {
    const drawn = await headless.ask('chart', name, kind);
    if (drawn === null) continue;
    const file = `${name}.${kind}`;
    await writeFile(join(out, file), drawn, kind === 'svg' ? 'utf8' : 'base64');
    files.push(file);
  }
  return files;
}

export async function saveReports(out: string, results: Results, figures: readonly Figure[]): Promise<void> {
  const report = reportOf(results, figures);
  await writeFile(join(out, 'report.html'), html(report));
  await writeFile(join(out, 'report.md'), markdown(report));
}

/** The names of all files, adapters with their size. */
export const writtenFiles = ({ runs, charts }: Pick<Results, 'runs' | 'charts'>): string[] => [
  ...runs.flatMap(({ adapter }) => (adapter ? [`${adapter.file} (${bytes(adapter.bytes)})`] : [])),
  'report.html',
  'report.md',
  'results.json',
  ...charts,
];
