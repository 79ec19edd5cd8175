/** Choosing, downloading and storing backbones; classifying the data with the pretrained classifier; decomposing kernels. */

import type { BackboneChoice, BackboneSource, Guess } from '../../src/core/backbone';
import { STARTER } from '../../src/hub/starter';
import { askToKeep } from '../storage/keep';
import { importData } from './data-actions';
import { ask } from './engine-actions';
import { restoreModels } from './model-actions';
import { obstacleFor } from './permissions';
import { asProblem } from './problem';
import { announce, expectedBackbone, expectedOf, read, write } from './session';
import { refreshSettings } from './setting-actions';
import { addressed, type Configuration } from './url';

let cancelLoading: AbortController | null = null;
let cancelDecompose: AbortController | null = null;
let cancelRecognition: AbortController | null = null;
/** Each promise settles when the engine no longer reads the backbone. */
let decomposition: Promise<void> | null = null;
let recognition: Promise<void> | null = null;

/** Replaces the current backbone. On failure the current one stays loaded. `dataStays`: the images need not be read again. */
export async function openBackbone(choice: BackboneChoice): Promise<{ dataStays: boolean } | null> {
  const obstacle = obstacleFor('useBackbone')(read());
  if (obstacle !== null) {
    write({ backboneProblem: { kind: 'user', message: obstacle } });
    return null;
  }
  const opened = await loadBackbone(choice);
  if (opened && !opened.dataStays) write({ dataset: null });
  return opened;
}

/** The same, also while the engine is shown as starting. The data set stays on the page even if the engine has it no longer. */
export async function loadBackbone(choice: BackboneChoice): Promise<{ dataStays: boolean } | null> {
  const cancel = new AbortController();
  cancelLoading = cancel;
  write({ loadingBackbone: { label: 'Opening', done: 0, total: 0 }, backboneProblem: null });
  try {
    await endReading();
    const { backbone, dataStays } = await ask('useBackbone', choice, {
      onProgress: (loadingBackbone) => write({ loadingBackbone }),
      signal: cancel.signal,
    });
    write({
      ...{ backbone, backboneChoice: choice, atoms: null, recognition: null },
      configuration: { ...read().configuration, ...addressed(choice) },
    });
    announce(`${backbone.name} is ready. Input size: ${backbone.inputSize} pixels.`);
    return { dataStays };
  } catch (error) {
    const backboneProblem = asProblem(error);
    write({ backboneProblem });
    if (backboneProblem) announce(backboneProblem.message);
    return null;
  } finally {
    write({ loadingBackbone: null });
  }
}

/** Changes the backbone on the Backbone step. Reads the data again if the new backbone needs another input size. */
export async function changeBackbone(choice: BackboneChoice): Promise<void> {
  // Browsers grant persistent storage only in response to a user action.
  if (choice.source.kind === 'hub') void askToKeep();
  const opened = await openBackbone(choice);
  void refreshStorage();
  if (!opened) return;
  const { source } = read();
  if (source && !opened.dataStays) await importData(source);
  else await refreshSettings();
  await restoreModels();
}

export const stopLoading = () => cancelLoading?.abort();

/** The backbone named in the page's address. Opening the page never starts a download, so it has to be stored in this browser. */
export function addressedBackbone({ backbone, stages, inputSize }: Configuration): BackboneChoice {
  if (backbone === null || (backbone === 'starter' && stages === null && inputSize === null)) return STARTER;
  const source: BackboneSource =
    backbone === 'starter' ? { kind: 'starter' } : { kind: 'stored', id: backbone };
  return { source, stages, inputSize };
}

// ---------------------------------------------------------------- storage

export async function refreshStorage(): Promise<void> {
  try {
    write({ storage: await ask('storage', {}) });
  } catch (error) {
    write({ backboneProblem: asProblem(error) });
  }
}

/** Copies the person's own file into the browser's storage, so that it is available on the next visit. */
export async function keepFile(file: File): Promise<void> {
  if (obstacleFor('changeStorage')(read()) !== null) return;
  void askToKeep();
  const cancel = new AbortController();
  cancelLoading = cancel;
  write({ loadingBackbone: { label: 'Saving the file', done: 0, total: 0 }, backboneProblem: null });
  try {
    const storage = await ask(
      'keepFile',
      { file },
      { onProgress: (loadingBackbone) => write({ loadingBackbone }), signal: cancel.signal },
    );
    write({ storage });
    announce(`${file.name} is stored in this browser.`);
  } catch (error) {
    write({ backboneProblem: asProblem(error) });
  } finally {
    write({ loadingBackbone: null });
  }
}

// ---------------------------------------------------------------- predictions of the pretrained classifier

/** Number of images per class to classify. */
const PER_CLASS = 2;

export function recognizeData(): Promise<void> {
  recognition ??= lookAtData().finally(() => {
    recognition = null;
  });
  return recognition;
}

async function lookAtData(): Promise<void> {
  await endDecompose();
  const { dataset, backbone } = read();
  if (!dataset || !backbone || obstacleFor('recognizeData')(read()) !== null) return;
  const expected = expectedOf(dataset, backbone);
  const cancel = new AbortController();
  cancelRecognition = cancel;
  write({ recognizing: { label: 'Classifying your images', done: 0, total: 0 }, recognitionProblem: null });
  try {
    const recognition = await ask(
      'recognizeData',
      { perClass: PER_CLASS, expected },
      { onProgress: (recognizing) => write({ recognizing }), signal: cancel.signal },
    );
    write({ recognition });
    announce(`${recognition.length} images were classified.`);
  } catch (error) {
    write({ recognitionProblem: asProblem(error) });
  } finally {
    write({ recognizing: null });
  }
}

export const stopRecognition = () => cancelRecognition?.abort();

export async function recognize(image: File): Promise<Guess[]> {
  const { backbone } = read();
  if (!backbone) return [];
  return ask('recognize', { image, fileName: image.name, expected: expectedBackbone(backbone) });
}

// ---------------------------------------------------------------- atoms

export function setAtomCount(atomCount: number): void {
  write({ configuration: { ...read().configuration, atomCount } });
}

export function decompose(): Promise<void> {
  decomposition ??= findAtoms().finally(() => {
    decomposition = null;
  });
  return decomposition;
}

async function findAtoms(): Promise<void> {
  const { backbone } = read();
  if (!backbone || obstacleFor('decompose')(read()) !== null) return;
  const cancel = new AbortController();
  cancelDecompose = cancel;
  write({ decomposing: { label: 'Decomposing kernels', done: 0, total: 0 }, atomsProblem: null });
  try {
    const atoms = await ask(
      'decompose',
      { count: read().configuration.atomCount, expected: expectedBackbone(backbone) },
      { onProgress: (decomposing) => write({ decomposing }), signal: cancel.signal },
    );
    write({ atoms });
    announce(`${atoms.length} layers were decomposed.`);
  } catch (error) {
    write({ atomsProblem: asProblem(error) });
  } finally {
    write({ decomposing: null });
  }
}

export const stopDecompose = () => cancelDecompose?.abort();

/** The page starts decompositions on its own, so a request of the person cancels them. */
async function endDecompose(): Promise<void> {
  stopDecompose();
  await decomposition;
}

/** Cancels long calls that read the backbone. The engine replaces a backbone only when no call reads it. */
export async function endReading(): Promise<void> {
  stopRecognition();
  await Promise.all([endDecompose(), recognition]);
}
