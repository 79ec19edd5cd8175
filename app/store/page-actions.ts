/** What the page does as a whole: open, try the sample, change the backend. */

import { STARTER } from '../../src/hub/starter';
import type { BackendChoice } from '../../src/worker/protocol';
import { counted } from '../ui/format';
import { endReading, openAddressedBackbone, openBackbone } from './backbone-actions';
import { importData, importSample } from './data-actions';
import { FIRST_SETTINGS } from './defaults';
import { endEngine, startEngine } from './engine-actions';
import { markModelsGone } from './model-actions';
import { endRuns, runChosen, runEnded, watchQueue } from './queue';
import { chosenSweep, read, useSession, write } from './session';
import { refreshSettings } from './setting-actions';
import { goTo } from './step';
import { sweepObstacle } from './sweep';
import { parseUrl, serialiseUrl } from './url';

/** Reads the address, starts the engine and, where the address names one, the sample set. */
export async function openPage(): Promise<void> {
  const { configuration, ignored } = parseUrl(location.search);
  write({
    configuration,
    notice: ignored.length > 0 ? `Not understood in the address, and ignored: ${ignored.join(', ')}.` : '',
  });
  useSession.subscribe((now, before) => {
    if (now.configuration === before.configuration) return;
    history.replaceState(null, '', `${location.pathname}${serialiseUrl(now.configuration)}${location.hash}`);
  });
  watchQueue();
  if (!(await startEngine(configuration.backend))) return;
  await openAddressedBackbone();
  if (configuration.sample !== null) await importSample(configuration.sample);
  else await refreshSettings();
}

/** One click from nothing to three runs on the sample set, with the numbers the address or the person chose. */
export async function trySample(name: string): Promise<void> {
  if (!(await importSample(name))) return;
  await refreshSettings();
  const { configuration } = read();
  write({ configuration: { ...configuration, settings: [...FIRST_SETTINGS] } });
  // An address can hold an option that is impossible; its card says what to correct.
  const { dataset } = read();
  if (dataset && sweepObstacle(chosenSweep(read(), dataset))) return goTo('tune');
  runChosen();
  goTo('compare');
}

/** How long a run may take to stop before its engine is ended under it. */
const PATIENCE_MS = 15_000;

/**
 * Restarts the engine and reads the data again. Runs stay listed; what they trained is gone. Runs that wait are dropped,
 * but go on where the engine is one that broke under them.
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
        notice: `The backbone could not be loaded again. ${counted(waiting, 'queued run')} will wait until it is: load it on Backbone, or remove them on Compare.`,
      });
  }
  if (source) await importData(source);
  else await refreshSettings();
}

/** A fresh engine in place of one that broke, on the same backend. */
export const restartEngine = () => changeBackend(read().configuration.backend);
