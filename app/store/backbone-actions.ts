/** Choosing, fetching and keeping backbones, and a look inside the present one. */
import { askToPersist } from '../../src/hub/persist';
import type { BackboneChoice, BackboneSource, Guess } from '../../src/worker/protocol';
import { importData } from './data-actions';
import { ask } from './engine-actions';
import { obstacleFor } from './permissions';
import { asProblem } from './problem';
import { announce, expectedBackbone, expectedOf, read, write } from './session';
import { refreshSettings } from './setting-actions';
import { BACKBONE_IDS } from './url';

let cancelLoading: AbortController | null = null;
let cancelDecompose: AbortController | null = null;
let cancelRecognition: AbortController | null = null;
/** Each settles when the engine has let go of the backbone. */
let decomposition: Promise<void> | null = null;
let recognition: Promise<void> | null = null;

/** Puts another backbone in place of the present one, which stays if this fails. `dataStays`: the images need not be read again. */
export async function openBackbone(choice: BackboneChoice): Promise<{ dataStays: boolean } | null> {
  const obstacle = obstacleFor('useBackbone')(read());
  if (obstacle !== null) {
    write({ backboneProblem: { kind: 'user', message: obstacle } });
    return null;
  }
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
      ...(dataStays ? {} : { dataset: null }),
      ...addressed(choice),
    });
    announce(`${backbone.name} is ready, at ${backbone.inputSize} pixels.`);
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

/** As the person asks on the page: the data are read again where images of another size are needed. */
export async function changeBackbone(choice: BackboneChoice): Promise<void> {
  // Only a person's own act may ask for this.
  if (choice.source.kind === 'hub') void askToPersist();
  const opened = await openBackbone(choice);
  void refreshStorage();
  if (!opened) return;
  const { source } = read();
  if (source && !opened.dataStays) await importData(source);
  else await refreshSettings();
}

export const stopLoading = () => cancelLoading?.abort();

/** The backbone that the page's address names, as far as it is here: nobody's visit begins with a download. */
export async function openAddressedBackbone(): Promise<void> {
  const { backbone, stages, inputSize } = read().configuration;
  if (backbone === null || (backbone === 'starter' && stages === null && inputSize === null)) return;
  const source: BackboneSource =
    backbone === 'starter' ? { kind: 'starter' } : { kind: 'stored', id: backbone };
  if (await openBackbone({ source, stages, inputSize })) return;
  const { configuration, backboneProblem } = read();
  const why = backboneProblem?.message ?? '';
  write({
    configuration: { ...configuration, backbone: 'starter', stages: null, inputSize: null },
    notice: `${why} The starter is in its place.`,
  });
}

/** What the address says of a choice: it can name no file of the person's own. */
function addressed({ source, stages, inputSize }: BackboneChoice) {
  const named = source.kind === 'starter' ? 'starter' : 'id' in source ? source.id : null;
  const backbone = BACKBONE_IDS.find((id) => id === named) ?? null;
  const own = backbone === null;
  const { configuration } = read();
  return {
    configuration: {
      ...configuration,
      backbone,
      stages: own ? null : stages,
      inputSize: own ? null : inputSize,
    },
  };
}

// ---------------------------------------------------------------- storage

export async function refreshStorage(): Promise<void> {
  try {
    write({ storage: await ask('storage', {}) });
  } catch (error) {
    write({ backboneProblem: asProblem(error) });
  }
}

export async function deleteStored(id: string): Promise<void> {
  try {
    write({ storage: await ask('deleteStored', { id }), backboneProblem: null });
    announce('It is deleted from this browser.');
  } catch (error) {
    write({ backboneProblem: asProblem(error) });
  }
}

/** Copies the person's own file into the browser's storage, for the next visit. */
export async function keepFile(file: File): Promise<void> {
  if (obstacleFor('changeStorage')(read()) !== null) return;
  void askToPersist();
  const cancel = new AbortController();
  cancelLoading = cancel;
  write({ loadingBackbone: { label: 'Keeping it', done: 0, total: 0 }, backboneProblem: null });
  try {
    const storage = await ask(
      'keepFile',
      { file },
      { onProgress: (loadingBackbone) => write({ loadingBackbone }), signal: cancel.signal },
    );
    write({ storage });
    announce(`${file.name} is kept in this browser.`);
  } catch (error) {
    write({ backboneProblem: asProblem(error) });
  } finally {
    write({ loadingBackbone: null });
  }
}

// ---------------------------------------------------------------- what it sees

/** Pictures of each class that are looked at. */
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
  write({ recognizing: { label: 'Looking at your pictures', done: 0, total: 0 }, recognitionProblem: null });
  try {
    const recognition = await ask(
      'recognizeData',
      { perClass: PER_CLASS, expected },
      { onProgress: (recognizing) => write({ recognizing }), signal: cancel.signal },
    );
    write({ recognition });
    announce(`${recognition.length} pictures were looked at.`);
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
  write({ decomposing: { label: 'Finding atoms', done: 0, total: 0 }, atomsProblem: null });
  try {
    const atoms = await ask(
      'decompose',
      { count: read().configuration.atomCount, expected: expectedBackbone(backbone) },
      { onProgress: (decomposing) => write({ decomposing }), signal: cancel.signal },
    );
    write({ atoms });
    announce(`Atoms found in ${atoms.length} layers.`);
  } catch (error) {
    write({ atomsProblem: asProblem(error) });
  } finally {
    write({ decomposing: null });
  }
}

export const stopDecompose = () => cancelDecompose?.abort();

/** A look at the atoms is begun unasked: whatever a person asks for comes first. */
async function endDecompose(): Promise<void> {
  stopDecompose();
  await decomposition;
}

/** Ends what reads the backbone for long: the engine replaces a backbone when nobody reads it. */
export async function endReading(): Promise<void> {
  stopRecognition();
  await Promise.all([endDecompose(), recognition]);
}
