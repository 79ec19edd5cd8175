/** Importing and splitting images. */
import { canonical } from '../../src/canonical';
import type {
  Correction,
  DataSource,
  DatasetSummary,
  NamedFile,
  Preset,
  Reading,
  SplitChoice,
} from '../../src/core/dataset';
import { naturalOrder } from '../../src/data/natural-order';
import { sampleSource } from '../steps/data/samples';
import { imageCount } from './data-words';
import { ask } from './engine-actions';
import { obstacleFor } from './permissions';
import { asProblem } from './problem';
import { announce, expectedData, read, type Session, write } from './session';
import { refreshSettings } from './setting-actions';

let cancelImport: AbortController | null = null;
/** The last requested import. After the person answers a question about its folders, it is requested again. */
let asked: { source: DataSource; preset: Preset; reading: Reading } | null = null;

/** Defaults: the current preset; for the current files, also the person's earlier choice of how to read them. */
interface ImportChoice {
  preset?: Preset;
  /** Null: kept images as they were kept. */
  reading?: Reading | null;
}

/** True if the import succeeded. On failure the current data set stays. */
export async function importData(source: DataSource, choice: ImportChoice = {}): Promise<boolean> {
  return !refused('importData') && readData(source, choice);
}

/** The same, also while the engine is shown as starting. */
export async function readData(source: DataSource, choice: ImportChoice = {}): Promise<boolean> {
  const before = read();
  const { preset = before.configuration.preset, reading = source === before.source ? before.reading : {} } =
    choice;
  asked = { source, preset, reading: reading ?? {} };
  const cancel = new AbortController();
  cancelImport = cancel;
  write({ importing: { label: 'Opening', done: 0, total: 0 }, dataProblem: null });
  try {
    const dataset = await ask(
      'importData',
      { source, preset, reading, ...splitChoice() },
      { onProgress: (importing) => write({ importing }), signal: cancel.signal },
    );
    const { configuration } = read();
    write({
      source: againFrom(source, before),
      reading: reading ?? dataset.reading,
      ...keptOf(dataset, { source, preset, reading: reading ?? before.reading }, before),
      ...(againFrom(source, before) === before.source ? {} : { pendingCorrections: [] }),
      configuration: { ...configuration, preset, ...sampleOf(source) },
    });
    accept(dataset);
    return true;
  } catch (error) {
    const dataProblem = asProblem(error);
    write({ dataProblem });
    if (dataProblem) announce(dataProblem.message);
    return false;
  } finally {
    write({ importing: null });
  }
}

/** Where the images can be read from again in another way: kept images from their files or their sample, if these are there. */
function againFrom(source: DataSource, { source: before, configuration: { sample } }: Session): DataSource {
  if (source.kind !== 'kept') return source;
  if (before && before.kind !== 'kept') return before;
  return sample === null ? source : sampleSource(sample);
}

/** What of these images the project keeps already: all, all but the present corrections, or nothing. */
function keptOf(
  { hash }: DatasetSummary,
  { source, preset, reading }: { source: DataSource; preset: Preset; reading: Reading },
  { dataset, kept, keptIsFormer, ...before }: Session,
): Pick<Session, 'kept' | 'keptIsFormer'> {
  const isCorrected = canonical(reading) !== canonical(before.reading);
  if (source.kind === 'kept') return { kept: source, keptIsFormer: keptIsFormer || isCorrected };
  if (hash === dataset?.hash && !isCorrected) return { kept, keptIsFormer };
  const uncorrected = ({ corrections: _, ...rest }: Reading) => canonical(rest);
  const isOnlyCorrected =
    source === before.source &&
    preset === dataset?.preset &&
    uncorrected(reading) === uncorrected(before.reading);
  return isOnlyCorrected && kept ? { kept, keptIsFormer: true } : { kept: null, keptIsFormer: false };
}

/** Kept images may be those of a sample. */
const sampleOf = (source: DataSource) =>
  source.kind === 'kept' ? {} : { sample: source.kind === 'sample' ? source.name : null };

export const importFiles = (files: NamedFile[]) => importData({ kind: 'files', files });
export const importSample = (name: string) => importData(sampleSource(name));

/** Reads the current images again with this preset. */
export async function choosePreset(preset: Preset): Promise<void> {
  const { source } = read();
  if (source) await importData(source, { preset });
}

/** Repeats the last import with the person's answer. */
export async function chooseReading(reading: Reading): Promise<void> {
  if (asked)
    await importData(asked.source, { preset: asked.preset, reading: { ...asked.reading, ...reading } });
}

/** Marks the right class of images, or null to remove them. Marked corrections are applied together. */
export function correct(
  images: readonly { path: string; className: string }[],
  className: string | null,
): void {
  const paths = new Set(images.map(({ path }) => path));
  const others = read().pendingCorrections.filter(({ path }) => !paths.has(path));
  const wrong = images.filter((image) => image.className !== className);
  write({ pendingCorrections: [...others, ...wrong.map(({ path }) => ({ path, className }))] });
}

/** Reads the images again with the marked corrections. True if that succeeded. */
export async function applyCorrections(): Promise<boolean> {
  const { reading, pendingCorrections } = read();
  const paths = new Set(pendingCorrections.map(({ path }) => path));
  const earlier = (reading.corrections ?? []).filter(({ path }) => !paths.has(path));
  if (!(await correctTo([...earlier, ...pendingCorrections]))) return false;
  write({ pendingCorrections: [] });
  return true;
}

/** Reads the images again without the corrections of these images. */
export async function undoCorrections(paths: readonly string[]): Promise<boolean> {
  return correctTo((read().reading.corrections ?? []).filter(({ path }) => !paths.includes(path)));
}

/** Reads the images again with exactly these corrections. True if that succeeded. */
export async function correctTo(corrections: readonly Correction[]): Promise<boolean> {
  const { source, reading } = read();
  if (!source) return false;
  const sorted = corrections.toSorted((a, b) => naturalOrder(a.path, b.path));
  return importData(source, {
    reading: { ...reading, corrections: sorted.length > 0 ? sorted : undefined },
  });
}

/** The image as large as the engine has it. */
export async function imageNamed(path: string): Promise<{ image: Blob; isFile: boolean } | null> {
  const { dataset } = read();
  return dataset && ask('image', { path, expected: expectedData(dataset) });
}

export const stopImport = () => cancelImport?.abort();

function splitChoice(): SplitChoice {
  const { splitSeed, testPart } = read().configuration;
  return { seed: splitSeed, testPart };
}

export async function splitAgain(change: Partial<SplitChoice>): Promise<void> {
  if (refused('resplit')) return;
  const choice = { ...splitChoice(), ...change };
  write({ splitting: true, dataProblem: null });
  try {
    const dataset = await ask('resplit', choice);
    const { seed: splitSeed, testPart } = choice;
    write({ configuration: { ...read().configuration, splitSeed, testPart } });
    accept(dataset);
  } catch (error) {
    write({ dataProblem: asProblem(error) });
  } finally {
    write({ splitting: false });
  }
}

/** Whether the action is not possible now. If so, the page shows the reason. */
function refused(action: 'importData' | 'resplit'): boolean {
  const message = obstacleFor(action)(read());
  if (message !== null) write({ dataProblem: { kind: 'user', message } });
  return message !== null;
}

function accept(dataset: DatasetSummary): void {
  write({ dataset });
  announce(`${imageCount(dataset.classes)} images in ${dataset.classes.length} classes.`);
  void refreshSettings();
}
