/**
 * The page of the command line. It uses the engine client, run records and charts of the real page, with functions instead of
 * buttons. It stores the runs; the command line decides which run is next.
 */
import '../app/ui/base.css';
import { pngFile, svgFile } from '../app/charts/export-image';
import { nameOf, titled } from '../app/charts/titled';
import type { Engine } from '../app/engine';
import { drawChart, figures } from '../app/report/figures';
import { dataSummary, environment } from '../app/report/gather';
import type { ChartName } from '../app/report/report';
import { namedFiles } from '../app/steps/data/named-files';
import { sampleSource } from '../app/steps/data/samples';
import { type Hyperparameters, settingsQuestion } from '../app/store/defaults';
import { asProblem } from '../app/store/problem';
import {
  freeName,
  queuedRun,
  type RunRecord,
  styleOf,
  withEvents,
  withoutResult,
  withResult,
} from '../app/store/run-record';
import { comparisonBasis, comparisonLabel, dataLabel, expectedData, expectedOf } from '../app/store/session';
import { saveFile } from '../app/ui/save-file';
import type { BackboneChoice, BackboneSummary } from '../src/core/backbone';
import type { DataSource, DatasetSummary, KeptSource, NamedFile, Reading } from '../src/core/dataset';
import type { BackendChoice, EngineInfo } from '../src/core/engine';
import type { DownloadProgress, Progress } from '../src/core/progress';
import type { RunEvent } from '../src/core/run';
import type { SettingSummary } from '../src/core/setting';
import { UserError } from '../src/core/user-error';
import { STARTER } from '../src/hub/starter';
import { type Action, obstacleTo } from '../src/worker/permissions';
import type { Calls, Report as EngineReport } from '../src/worker/protocol';
import { HeadlessProject } from './headless-project';
import type {
  Answer,
  AskedRun,
  ChartKind,
  DataChoice,
  DataSummary,
  HeadlessPage,
  OpenedProject,
  ProjectConfiguration,
  Purpose,
  Report,
} from './messages';

const REPORT_EVERY_MS = 200;
/** Number of steps over which the reported loss is averaged. */
const RECENT = 20;

/** The page's functions, with their own engine. */
export function headlessPage(
  newEngine: (hear: (message: EngineReport) => void) => Pick<Engine, 'call' | 'terminate'>,
): HeadlessPage {
  let engine = newEngine(hear);
  let engineInfo: EngineInfo | null = null;
  /** The data and backbone that the engine has loaded. */
  let backbone: BackboneSummary | null = null;
  let dataset: DatasetSummary | null = null;
  /** Loaded again after a failed engine is replaced. */
  let choice: BackboneChoice | null = null;
  let source: ({ source: DataSource } & DataChoice) | null = null;
  let runs: RunRecord[] = [];
  let project: HeadlessProject | null = null;
  /** The images of the opened project. */
  let kept: { source: KeptSource; reading: Reading; sample: string | null } | null = null;
  /** Ids of the runs that the project does not have yet. */
  const unstored = new Set<string>();
  let active: string | null = null;

  // ---------------------------------------------------------------- backbone and data

  async function useBackbone(
    stages: number | null,
    inputSize: number | null,
    trunk?: string,
  ): Promise<BackboneSummary> {
    const files = chosenFiles('backbone');
    const from: BackboneChoice['source'] = files.length > 0 ? { kind: 'files', files } : { kind: 'starter' };
    return loadBackbone({ source: from, stages, inputSize, trunk });
  }

  async function loadBackbone(wanted: BackboneChoice): Promise<BackboneSummary> {
    allow('useBackbone');
    choice = wanted;
    // The command line downloads nothing, so download progress is not reported.
    const onProgress = (value: Progress | DownloadProgress) => 'label' in value && reportWork(value);
    const opened = await engine.call('useBackbone', wanted, { onProgress });
    backbone = opened.backbone;
    if (!opened.dataStays) dataset = null;
    return backbone;
  }

  /** Handles reports that belong to no call. Faults also reject the current call, so they are not handled here. */
  function hear(message: EngineReport): void {
    if ('notice' in message) void notice(message.notice);
  }

  /** Replaces a failed engine and loads the same backbone and data. Models of earlier runs are lost. */
  async function restart(backend: BackendChoice): Promise<null> {
    engine.terminate();
    engine = newEngine(hear);
    await start(backend);
    if (choice) await loadBackbone(choice);
    if (source) await readData(source);
    return null;
  }

  async function start(backend: BackendChoice) {
    const started = await engine.call('start', { backend }, { onProgress: reportWork });
    engineInfo = started.engine;
    backbone = started.backbone;
    dataset = null;
    return started;
  }

  /** Throws `UserError` if the action is not permitted now. */
  function allow(action: Action): void {
    const obstacle = obstacleTo(action, {
      engine: backbone ? 'ready' : 'starting',
      work: active === null ? null : 'run',
      queued: false,
      hasBackbone: backbone !== null,
      hasData: dataset !== null,
    });
    if (obstacle !== null) throw new UserError(obstacle);
  }

  async function readData(wanted: Calls['importData']['in']): Promise<DatasetSummary> {
    dataset = await engine.call('importData', wanted, { onProgress: reportWork });
    return dataset;
  }

  /** `original`: where kept images were read from at first. */
  async function importData(
    from: DataSource,
    choice: DataChoice,
    original: DataSource = from,
  ): Promise<DataSummary> {
    allow('importData');
    source = { source: from, ...choice };
    return dataSummary(await readData(source), original);
  }

  // ---------------------------------------------------------------- project

  async function openProject(): Promise<OpenedProject> {
    const [zip] = chosenFiles('project');
    if (!zip) throw new Error('The input has no file.');
    const found = await HeadlessProject.open(new File([zip.file], zip.path), reportWork);
    const { source, reading, opened } = found;
    project = found.project;
    kept = { source, reading, sample: opened.configuration.sample };
    return opened;
  }

  async function importKept(choice: Omit<DataChoice, 'reading'>): Promise<DataSummary> {
    if (!kept) throw new Error('No project is open.');
    const { source, reading, sample } = kept;
    return importData(source, { ...choice, reading }, sample === null ? source : sampleSource(sample));
  }

  async function makeProject(configuration: ProjectConfiguration): Promise<null> {
    if (!dataset || !backbone) throw new Error('A project has data and a backbone.');
    const source: KeptSource = { kind: 'kept', project: crypto.randomUUID(), data: crypto.randomUUID() };
    await engine.call('keepData', { ...source, expected: expectedData(dataset) });
    project = await HeadlessProject.make(source, dataset, backbone, choice ?? STARTER, configuration);
    return null;
  }

  async function exportProject(): Promise<null> {
    if (!project) throw new Error('There is no project.');
    for (const run of runs.filter(({ id }) => unstored.has(id))) {
      await project.add(run, run.model && (await adapterOf(run.model.modelId, run.name)));
      unstored.delete(run.id);
    }
    const zip = await project.zip(reportWork);
    saveFile(zip, zip.name);
    return null;
  }

  const adapterOf = async (modelId: string, name: string) =>
    (await engine.call('exportAdapter', { modelId, name })).file;

  // ---------------------------------------------------------------- runs

  function settings(hyperparameters: Hyperparameters): Promise<SettingSummary[]> {
    return engine.call('settings', settingsQuestion(hyperparameters, dataset));
  }

  async function train({ setting, role, ...asked }: AskedRun): Promise<RunRecord> {
    allow('train');
    if (!dataset || !backbone) throw new Error('A run has data and a backbone.');
    const { config, armName, memoryCap, sweep, before } = asked;
    const others = [...(project?.earlier ?? []), ...runs];
    const basis = comparisonBasis(dataset, backbone);
    const queued = queuedRun(setting, {
      ...{ id: crypto.randomUUID(), name: freeName(asked.name, others), armName, role, config },
      ...{ memoryCap, sweep, basis, style: styleOf({ basis, armName, role }, others, engineInfo) },
      data: comparisonLabel(dataset, backbone),
      expected: expectedOf(dataset, backbone),
    });
    return trained({ ...queued, before });
  }

  async function trainAgain(runId: string, mostAtOnce: number): Promise<RunRecord> {
    allow('train');
    const failed = runs.find(({ id }) => id === runId);
    if (!failed) throw new Error(`There is no run ${runId}.`);
    runs = runs.filter((run) => run !== failed);
    return trained({ ...failed, mostAtOnce, problem: null });
  }

  async function trained(queued: RunRecord): Promise<RunRecord> {
    const { id, name, config, memoryCap, mostAtOnce, expected, role } = queued;
    const startedOn = engineInfo && { backend: engineInfo.backend, precision: engineInfo.precision };
    let run: RunRecord = { ...queued, status: 'running', startedOn };
    let events: RunEvent[] = [];
    const flush = () => {
      if (events.length === 0) return;
      run = withEvents(run, events);
      events = [];
      void report(reportOf(run));
    };
    const timer = setInterval(flush, REPORT_EVERY_MS);
    active = id;
    try {
      const { result, model } = await engine.call(
        'train',
        {
          ...{ runId: id, name, config, memoryCap, mostAtOnce, expected },
          scoreTest: role === 'final',
          // A command that ends does not come back to its run, so no checkpoints are written.
          project: null,
        },
        { onProgress: (event) => events.push(event) },
      );
      flush();
      run = withResult(run, result, role === 'final' ? model : null);
      if (role === 'search') await engine.call('forget', { modelId: model.modelId });
    } catch (error) {
      flush();
      const problem = asProblem(error);
      run = withoutResult(run, problem);
    } finally {
      clearInterval(timer);
      active = null;
    }
    runs = [...runs, run];
    unstored.add(id);
    return run;
  }

  // ---------------------------------------------------------------- charts

  async function titledChart(name: ChartName, kind: ChartKind): Promise<string | null> {
    const place = document.getElementById('chart');
    const copies = document.getElementById('picture');
    if (!place || !copies) throw new Error('headless.html lacks the places for charts.');
    return drawChart(name, runs, place, async (chart, title) => {
      const heading = { title, data: dataset ? dataLabel(dataset) : '', note: '' };
      const picture = titled([chart], heading, copies);
      try {
        const svg = svgFile([picture], nameOf(heading));
        return kind === 'svg' ? await svg.text() : await base64(await pngFile(svg));
      } finally {
        copies.replaceChildren();
      }
    });
  }

  return {
    start: (backend) => answer(() => start(backend)),

    environment: () => answer(async () => environment()),

    settings: (hyperparameters) => answer(() => settings(hyperparameters)),

    useBackbone: (stages, inputSize, trunk) => answer(() => useBackbone(stages, inputSize, trunk)),

    importFiles: (choice) => answer(() => importData({ kind: 'files', files: chosenFiles('data') }, choice)),

    importSample: (name, choice) => answer(() => importData(sampleSource(name), choice)),

    openProject: () => answer(openProject),

    importKept: (choice) => answer(() => importKept(choice)),

    makeProject: (configuration) => answer(() => makeProject(configuration)),

    exportProject: () => answer(exportProject),

    plan: (configs, memoryCap) =>
      answer(async () => {
        allow('read');
        return engine.call('plan', { configs, memoryCap });
      }),

    train: (asked) => answer(() => train(asked)),

    trainAgain: (runId, mostAtOnce) => answer(() => trainAgain(runId, mostAtOnce)),

    restart: (backend) => answer(() => restart(backend)),

    stop: () =>
      answer(async () => (active ? engine.call('control', { runId: active, action: 'stop' }) : null)),

    exportAdapter: (modelId, name) => answer(() => adapterOf(modelId, name)),

    chart: (name, kind) => answer(() => titledChart(name, kind)),

    figures: () => answer(() => figures(runs)),
  };
}

async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { done: await work() };
  } catch (error) {
    return { failed: asProblem(error) };
  }
}

function chosenFiles(purpose: Purpose): NamedFile[] {
  const files = ['folder', 'file'].flatMap((kind) => {
    const input = document.querySelector<HTMLInputElement>(`input#${purpose}-${kind}`);
    return [...(input?.files ?? [])];
  });
  return namedFiles(files);
}

const NOTHING: Report = {
  run: null,
  phase: null,
  epoch: 0,
  epochs: 0,
  loss: null,
  imagesPerSecond: 0,
  secondsLeft: null,
};

function reportWork(phase: Progress): void {
  void report({ ...NOTHING, phase });
}

function reportOf({
  name,
  phase,
  config,
  steps,
  totalSteps,
  imagesPerSecond,
  secondsLeft,
}: RunRecord): Report {
  const stepsPerEpoch = totalSteps / config.epochs;
  const recent = steps.slice(-RECENT);
  return {
    run: name,
    phase,
    epoch: Math.max(1, Math.ceil((steps.at(-1)?.step ?? 0) / stepsPerEpoch) || 1),
    epochs: config.epochs,
    loss: recent.length === 0 ? null : recent.reduce((sum, { loss }) => sum + loss, 0) / recent.length,
    imagesPerSecond,
    secondsLeft,
  };
}

async function base64(blob: Blob): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(',') + 1);
}
