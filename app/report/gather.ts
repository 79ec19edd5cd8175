/** Collects the results from the page's session: browser, data, backbone and runs. */
import type { DataSource, DatasetSummary } from '../../src/core/dataset';
import { isOver, type RunRecord } from '../store/run-record';
import { dataLabel, type Session } from '../store/session';
import {
  backboneFacts,
  type DataSummary,
  type Environment,
  RESULTS_FORMAT,
  type Results,
  runResults,
} from './results';

export const environment = (): Environment => ({ browser: navigator.userAgent, tfjs: __TFJS_VERSION__ });

export function dataSummary(dataset: DatasetSummary, source: DataSource | null): DataSummary {
  const { classes, thumbnailLayout: _, ...rest } = dataset;
  return {
    ...rest,
    classes: classes.map(({ name, train, val, test }) => ({ name, train, val, test })),
    label: dataLabel(dataset),
    sample: source?.kind === 'sample' ? source.name : null,
  };
}

/** Results of the completed runs among `runs`; null without an engine, a backbone or data. */
export function sessionResults(
  { engine, backbone, dataset, source }: Session,
  runs: readonly RunRecord[],
): Results | null {
  if (engine.status !== 'ready' || !backbone || !dataset) return null;
  const over = runs.filter(isOver);
  return {
    format: RESULTS_FORMAT,
    createdBy: { name: __APP_NAME__, version: __APP_VERSION__ },
    madeAt: new Date().toISOString(),
    complete: over.length === runs.length,
    engine: engine.info,
    environment: environment(),
    backbone: backboneFacts(backbone),
    dataset: dataSummary(dataset, source),
    runs: over.map((run) => runResults(run, run.model && { file: null, bytes: run.model.adapterBytes })),
    charts: [],
  };
}
