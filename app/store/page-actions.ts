/** Actions on the whole page: open, try the sample, change the backend. */

import type { BackboneSummary } from '../../src/core/backbone';
import type { NamedFile } from '../../src/core/dataset';
import type { BackendChoice } from '../../src/core/engine';
import { destinationOf } from '../../src/files/destination';
import { STARTER } from '../../src/hub/starter';
import { openZipOf } from '../project/actions';
import { continueInterrupted, projectToOpen, showProject } from '../project/opening';
import { watchProject } from '../project/saving';
import { sampleSource } from '../steps/data/samples';
import { counted } from '../ui/format';
import { addressedBackbone, changeBackbone, endReading, loadBackbone } from './backbone-actions';
import { importFiles, importSample, readData } from './data-actions';
import { FIRST_SETTINGS } from './defaults';
import { endEngine, engineIsReady, showStarting, startEngine } from './engine-actions';
import { loadAdapters, markModelsGone, restoreModels } from './model-actions';
import { watchQueueEnd } from './notification';
import { watchPace } from './pace';
import { obstacleFor } from './permissions';
import { asProblem } from './problem';
import { endRuns, extendSweeps, runChosen, runEnded, watchQueue } from './queue';
import { watchFaults } from './recovery';
import { chosenSweep, read, useSession, write } from './session';
import { refreshSettings } from './setting-actions';
import { goTo } from './step';
import { sweepObstacle } from './sweep';
import { type Configuration, parseUrl, serialiseUrl } from './url';
import { watchWakeLock } from './wake-lock';
import { watchSlowdown } from './watch-slowdown';

/** Opens the project that the person worked on last, or what the page's address says, and starts the engine. */
export async function openPage(): Promise<void> {
  const { configuration, ignored } = parseUrl(location.search);
  const opened = await openLast(configuration);
  if (!opened)
    write({
      configuration,
      backboneChoice: addressedBackbone(configuration),
      source: configuration.sample === null ? null : sampleSource(configuration.sample),
    });
  write({
    notice:
      ignored.length > 0
        ? `Parts of the page’s address are unknown or invalid and were ignored: ${ignored.join(', ')}.`
        : '',
  });
  useSession.subscribe((now, before) => {
    if (now.configuration !== before.configuration) showInAddress(now.configuration);
  });
  if (opened) showInAddress(read().configuration);
  watchQueue();
  watchQueueEnd();
  watchPace();
  watchProject();
  watchFaults();
  watchWakeLock();
  watchSlowdown();
  await bringUp();
}

function showInAddress(configuration: Configuration): void {
  history.replaceState(null, '', `${location.pathname}${serialiseUrl(configuration)}${location.hash}`);
}

/** Shows the project to open with the page, if there is one. */
async function openLast(configuration: Configuration): Promise<boolean> {
  try {
    const id = await projectToOpen(location.search, configuration);
    if (id !== null) await showProject(id);
    return id !== null;
  } catch (error) {
    const problem = asProblem(error);
    if (problem) write({ projectProblem: problem });
    return false;
  }
}

/** Starts the engine with the backbone, the data and the models that the page shows. It is shown as starting until it has all of them. */
export async function bringUp(): Promise<void> {
  const { configuration, backboneChoice: choice, dataset, reading, kept, source: present } = read();
  // The person's files have more than the images that are kept of them, such as the whole pictures.
  const source = present?.kind === 'files' ? present : (kept ?? present);
  const started = await startEngine(configuration.backend);
  if (!started) return;
  write({ atoms: null, recognition: null });
  showStarting({ label: 'Opening the backbone', done: 0, total: 0 });
  if (choice === STARTER) write({ backbone: started.backbone });
  else if (!(await loadBackbone(choice))) goOnWithout(started.backbone);
  if (source && read().backbone) {
    showStarting({ label: 'Reading the images', done: 0, total: 0 });
    // A project that came as a zip has no record of its images yet.
    const isRecorded = source.kind !== 'kept' || dataset !== null || Object.keys(reading).length > 0;
    if (!(await readData(source, { reading: isRecorded ? reading : null }))) write({ dataset: null });
  } else await refreshSettings();
  await restoreModels();
  engineIsReady(started.engine);
  continueInterrupted();
  extendSweeps();
}

/** The chosen backbone could not be opened. Runs belong to it, so where there are some no other takes its place. */
function goOnWithout(starter: BackboneSummary): void {
  const { project, runs, configuration, backboneProblem } = read();
  const why = backboneProblem?.message ?? '';
  if (project || runs.length > 0) {
    const waiting = runs.filter(({ status }) => status === 'queued').length;
    const waits = waiting > 0 ? ` ${counted(waiting, 'run')} will wait until it is.` : '';
    write({
      backbone: null,
      notice: `The backbone could not be loaded again. ${why} Load it on Backbone.${waits}`,
    });
  } else
    write({
      ...{ backbone: starter, backboneChoice: STARTER },
      configuration: { ...configuration, backbone: 'starter', stages: null, inputSize: null },
      notice: `${why} The starter is used instead.`,
    });
}

/** Imports the sample set and starts runs of the first settings with the current hyperparameters. */
export async function trySample(name: string): Promise<void> {
  if (!(await importSample(name))) return;
  await refreshSettings();
  const { configuration } = read();
  write({ configuration: { ...configuration, settings: [...FIRST_SETTINGS] } });
  // The address can contain an invalid option. Its card on the Tune step says how to correct it.
  const { dataset } = read();
  if (dataset && sweepObstacle(chosenSweep(read(), dataset))) return goTo('tune');
  runChosen();
  goTo('compare');
}

/** Files dropped anywhere on the page are used by the step that they belong to, which is opened. */
export async function takeDropped(files: readonly NamedFile[]): Promise<void> {
  const destination = await destinationOf(files);
  switch (destination) {
    case 'data':
      goTo('data');
      return void (await importFiles([...files]));
    case 'backbone':
      goTo('backbone');
      return changeBackbone({ source: { kind: 'files', files: [...files] }, stages: null, inputSize: null });
    case 'project': {
      const [zip] = files;
      if (zip) await openZipOf(new File([zip.file], zip.path));
      return;
    }
    case 'adapter': {
      goTo('use');
      const obstacle = obstacleFor('read')(read());
      if (obstacle !== null) return write({ modelsProblem: { kind: 'user', message: obstacle } });
      await loadAdapters(files.map(({ file, path }) => new File([file], path)));
    }
  }
}

/** If a run does not stop within this time, the engine is terminated. */
const PATIENCE_MS = 15_000;

/**
 * Restarts the engine and reads the data again. Runs stay listed, but their models are lost. Queued runs are removed, except
 * when the engine had failed: then they continue on the new engine.
 */
export async function changeBackend(backend: BackendChoice): Promise<void> {
  const broken = read().engine.status === 'failed';
  const { configuration } = read();
  write({ configuration: { ...configuration, backend }, engine: { status: 'starting', progress: null } });
  if (broken) {
    endEngine();
    await runEnded();
  } else {
    const patience = setTimeout(endEngine, PATIENCE_MS);
    await Promise.all([endRuns(), endReading()]);
    clearTimeout(patience);
  }
  markModelsGone();
  await bringUp();
}

/** Restarts a failed engine with the same backend. */
export const restartEngine = () => changeBackend(read().configuration.backend);
