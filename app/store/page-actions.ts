/** Actions on the whole page: open, try the sample, change the backend. */

import { destinationOf } from '../../src/files/destination';
import { STARTER } from '../../src/hub/starter';
import type { BackendChoice, NamedFile } from '../../src/worker/protocol';
import { counted } from '../ui/format';
import { changeBackbone, endReading, openAddressedBackbone, openBackbone } from './backbone-actions';
import { importData, importFiles, importSample } from './data-actions';
import { FIRST_SETTINGS } from './defaults';
import { endEngine, startEngine } from './engine-actions';
import { loadAdapters, markModelsGone } from './model-actions';
import { watchQueueEnd } from './notification';
import { watchPace } from './pace';
import { obstacleFor } from './permissions';
import { endRuns, runChosen, runEnded, watchQueue } from './queue';
import { chosenSweep, read, useSession, write } from './session';
import { refreshSettings } from './setting-actions';
import { goTo } from './step';
import { sweepObstacle } from './sweep';
import { parseUrl, serialiseUrl } from './url';

/** Reads the page's address, starts the engine, and imports the sample set if the address names one. */
export async function openPage(): Promise<void> {
  const { configuration, ignored } = parseUrl(location.search);
  write({
    configuration,
    notice:
      ignored.length > 0
        ? `Parts of the page’s address are unknown or invalid and were ignored: ${ignored.join(', ')}.`
        : '',
  });
  useSession.subscribe((now, before) => {
    if (now.configuration === before.configuration) return;
    history.replaceState(null, '', `${location.pathname}${serialiseUrl(now.configuration)}${location.hash}`);
  });
  watchQueue();
  watchQueueEnd();
  watchPace();
  if (!(await startEngine(configuration.backend))) return;
  await openAddressedBackbone();
  if (configuration.sample !== null) await importSample(configuration.sample);
  else await refreshSettings();
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
  const { source, configuration } = read();
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
  const choice = read().backboneChoice;
  if (!(await startEngine(backend))) return;
  if (choice !== STARTER && !(await openBackbone(choice))) {
    const waiting = read().runs.filter(({ status }) => status === 'queued').length;
    if (waiting > 0)
      write({
        notice: `The backbone could not be loaded again. ${counted(waiting, 'run')} will wait until it is: load it on Backbone, or remove the runs on Compare.`,
      });
  }
  if (source) await importData(source);
  else await refreshSettings();
}

/** Restarts a failed engine with the same backend. */
export const restartEngine = () => changeBackend(read().configuration.backend);
