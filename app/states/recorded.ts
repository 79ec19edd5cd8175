/** Parts of the session at moments of a real use of the page, recorded by `npm run record-states`. */
import type { LayerMovement } from '../../src/core/model';
import type { Session } from '../store/session';
import text from './recorded.json?raw';
import { fromStored } from './stored-values';

export interface Recorded {
  startFailed: Pick<Session, 'engine'>;
  /** The engine has started. There are no images yet. */
  started: Pick<Session, 'engine' | 'memory' | 'backbone' | 'storage' | 'settings'>;
  /** The files could not be read. */
  importFailed: Pick<Session, 'dataProblem'>;
  /** The folders can be read in several ways. */
  question: Pick<Session, 'dataProblem'>;
  /** A folder with near-duplicates, conflicting labels and files that were left out; three settings have run on it. */
  untidy: Pick<Session, 'dataset' | 'settings' | 'runs' | 'models'>;
  /** A folder of images with test images. */
  imported: Pick<Session, 'configuration' | 'dataset' | 'settings' | 'pace'>;
  backboneFailed: Pick<Session, 'backboneProblem'>;
  decomposed: Pick<Session, 'atoms'>;
  recognized: Pick<Session, 'recognition'>;
  /** A memory limit that some settings exceed, and an option with an impossible value. */
  impossible: Pick<Session, 'settings' | 'configuration'>;
  /** Three settings are queued; the second is running. */
  running: Pick<Session, 'runs' | 'models' | 'training'>;
  /** All three have finished. */
  finished: Pick<Session, 'runs' | 'models'>;
  /** The loss of a run was not finite. */
  diverged: Pick<Session, 'runs'>;
  adapterFailed: Pick<Session, 'modelsProblem'>;
  /** The adapter of one of the runs was saved and loaded. */
  adapterLoaded: Pick<Session, 'models'>;
  oneImage: Pick<Session, 'toClassify'>;
  manyImages: Pick<Session, 'toClassify'>;
  /** The engine was restarted on a software GPU adapter, so the models are gone. */
  restarted: Pick<Session, 'engine' | 'memory' | 'notices' | 'models'>;
  /** Progress of long work when about half of it was done. */
  halfway: Pick<Session, 'importing' | 'decomposing' | 'recognizing' | 'measuring'>;
  /** Kernel changes, by model id. */
  movements: Record<string, LayerMovement[]>;
}

// The recording script, which has this type too, wrote the file.
export const recorded = fromStored(JSON.parse(text)) as Recorded;
