/**
 * The engine's door for data: dropped files, a zip or a sample set to decoded, split pictures. One bad file is
 * left out with its reason; only a set that cannot be trained on at all is an error. Needs no page: it runs in
 * a worker.
 */

import { concurrently } from '../concurrently';
import { sha256 } from '../files/sha256';
import { UserError } from '../user-error';
import type {
  Augmentation,
  ClassSummary,
  DataSource,
  DatasetSummary,
  Duplicates,
  LeftOut,
  Progress,
} from '../worker/protocol';
import { type Arrangement, arrange, type PlacedFile } from './classes';
import { decodeImage } from './decode';
import { type Fingerprint, fingerprinter } from './fingerprint';
import { groupsOf } from './groups';
import { assemble, type Images, type Picture, pictures } from './images';
import { metadataOf } from './metadata';
import { naturalOrder } from './natural-order';
import { isClutter } from './paths';
import { sortOut } from './sort-out';
import { openSource } from './sources';
import { type Member, stratify } from './split';
import { drawAtlas, thumbnailLayout } from './thumbnails';

export type { Images } from './images';

export interface Dataset {
  name: string;
  description: string;
  /** A label is a place in this list. */
  classes: string[];
  /** Pictures are `side`×`side` pixels. */
  side: number;
  train: Images;
  val: Images;
  split: 'given' | 'stratified';
  seed: number;
  augmentation: Augmentation;
  leftOut: LeftOut[];
  /** By path; pictures of the same number belong together (groups.ts). */
  groups: ReadonlyMap<string, number>;
  /** SHA-256, hex, of class names, paths, labels and pixels; the same for every seed of a stratified split. */
  hash: string;
}

export interface ImportOptions {
  /** Side of a kept picture, pixels: ⌊8/7 of the backbone's input⌋. */
  side: number;
  seed: number;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Pictures decoded at a time: enough to keep the browser's decoders busy, few in memory. */
const DECODES_AT_ONCE = 4;
/** What METHOD §5 trains with where a set does not say otherwise. */
const DEFAULT_AUGMENTATION: Augmentation = 'crops-flips';

/**
 * @throws UserError where nothing can be trained on: no files, no readable picture, fewer than two classes, a
 *   bad zip
 * @throws the signal's reason when aborted
 */
export async function importDataset(source: DataSource, options: ImportOptions): Promise<Dataset> {
  const { files, leftOut } = await openSource(source, options);
  const meant = files.filter(({ path }) => !isClutter(path));
  if (meant.length === 0) throw nothingThere(leftOut);
  const sorted = await sortOut(meant, options.signal);
  if (sorted.images.length === 0) throw nothingReadable([...sorted.leftOut, ...leftOut]);
  const plan = arrange(sorted.images);
  const metadata = await metadataOf(sorted.metadata, plan.root);
  const decoded = await decodeAll(plan.files, options);
  const usable = usableClasses(decoded.pictures, plan);
  const classes = plan.classes.filter((name) => usable.names.has(name));
  const omitted = [decoded, usable, plan, { leftOut }, metadata, sorted].flatMap((part) => part.leftOut);
  if (classes.length < 2) throw tooFewUsable(classes, omitted);
  const ordered = inOrder(labelled(usable.pictures, classes));
  const hash = await hashOf(ordered, classes);
  const numbers = groupsOf(ordered);
  const groups = new Map(ordered.map(({ path }, i) => [path, numbers[i] ?? i]));
  const isVal =
    plan.split === 'given'
      ? ordered.map(({ part }) => part === 'val')
      : stratify(membersOf(ordered, groups), classes, options.seed);
  if (!isVal.includes(true)) throw plan.split === 'given' ? noValidation(omitted) : noneApart();
  return {
    name: metadata.name ?? (source.kind === 'sample' ? source.name : (plan.root[0] ?? 'Your pictures')),
    description: metadata.description ?? '',
    classes,
    side: options.side,
    ...halves(ordered, isVal, options.side),
    split: plan.split,
    seed: options.seed,
    augmentation: metadata.augmentation ?? DEFAULT_AUGMENTATION,
    leftOut: omitted,
    groups,
    hash,
  };
}

/** The same pictures split by another seed, as a new data set; a given split stays as it is. */
export function resplit(dataset: Dataset, seed: number): Dataset {
  if (dataset.split === 'given') return { ...dataset, seed };
  const { side, classes, groups } = dataset;
  const all = inOrder([...pictures(dataset.train, side), ...pictures(dataset.val, side)]);
  return { ...dataset, seed, ...halves(all, stratify(membersOf(all, groups), classes, seed), side) };
}

/** What the page shows of a data set, with one picture of thumbnails per class. */
export async function summarize(dataset: Dataset): Promise<DatasetSummary> {
  const { name, description, split, seed, augmentation, leftOut, side } = dataset;
  const train = pictures(dataset.train, side);
  const val = pictures(dataset.val, side);
  const members = dataset.classes.map((_, label) => ({
    train: train.filter((picture) => picture.label === label),
    val: val.filter((picture) => picture.label === label),
  }));
  const largest = Math.max(...members.map((member) => member.train.length + member.val.length));
  const layout = thumbnailLayout(largest, side);
  const classes: ClassSummary[] = [];
  for (const [label, member] of members.entries()) {
    const tiles = [...member.train, ...member.val].map((picture) => picture.pixels);
    classes.push({
      name: dataset.classes[label] ?? '',
      train: member.train.length,
      val: member.val.length,
      thumbnails: await drawAtlas(tiles, side, layout),
    });
  }
  const duplicates = duplicatesOf(dataset);
  return {
    name,
    description,
    classes,
    split,
    seed,
    augmentation,
    leftOut,
    duplicates,
    thumbnailLayout: layout,
  };
}

function duplicatesOf({ train, val, groups }: Dataset): Duplicates {
  const members = new Map<number, { path: string; label: number; trains: boolean }[]>();
  for (const images of [train, val]) {
    images.paths.forEach((path, i) => {
      const group = groups.get(path) ?? -1;
      const present = members.get(group);
      const member = { path, label: images.labels[i] ?? -1, trains: images === train };
      if (present) present.push(member);
      else members.set(group, [member]);
    });
  }
  const shared = [...members.values()].filter((group) => group.length > 1);
  const trained = shared.filter((group) => group.some(({ trains }) => trains));
  return {
    groups: shared.length,
    images: shared.flat().length,
    conflicts: shared
      .filter((group) => new Set(group.map(({ label }) => label)).size > 1)
      .map((group) => group.map(({ path }) => path).sort(naturalOrder)),
    leaked: trained.flat().filter(({ trains }) => !trains).length,
  };
}

// ---------------------------------------------------------------- pictures

interface DecodedPicture extends Picture {
  file: PlacedFile;
  part: PlacedFile['part'];
  fingerprint: Fingerprint;
  /** SHA-256 of the pixels, hex. */
  digest: string;
}

async function decodeAll(files: readonly PlacedFile[], { side, signal, onProgress }: ImportOptions) {
  const label = 'Reading images';
  const total = files.length;
  onProgress?.({ label, done: 0, total });
  const leftOut: LeftOut[] = [];
  const fingerprint = fingerprinter(side);
  const results = await concurrently(
    files,
    DECODES_AT_ONCE,
    async (file): Promise<DecodedPicture | null> => {
      const decoded = await decodeImage(file.source.file, side);
      if ('reason' in decoded) {
        leftOut.push({ path: file.source.path, reason: decoded.reason });
        return null;
      }
      const { pixels } = decoded;
      return {
        file,
        path: file.path,
        part: file.part,
        label: -1,
        pixels,
        fingerprint: fingerprint(pixels),
        digest: await sha256(pixels),
      };
    },
    { signal, onDone: (done) => onProgress?.({ label, done, total }) },
  );
  leftOut.sort((a, b) => naturalOrder(a.path, b.path));
  return { pictures: results.filter((picture) => picture !== null), leftOut };
}

/** Drops the classes that cannot be trained on: too few of their pictures could be read. */
function usableClasses(decoded: readonly DecodedPicture[], plan: Arrangement) {
  const counted = plan.split === 'given' ? decoded.filter(({ part }) => part === 'train') : decoded;
  const needed = plan.split === 'given' ? 1 : 2;
  const count = (name: string) => counted.filter(({ file }) => file.className === name).length;
  const names = new Set(plan.classes.filter((name) => count(name) >= needed));
  const leftOut = decoded
    .filter(({ file }) => !names.has(file.className))
    .map(({ file }) => ({ path: file.source.path, reason: unusableReason(file.className, plan.split) }));
  return { names, pictures: decoded.filter(({ file }) => names.has(file.className)), leftOut };
}

function unusableReason(className: string, split: Arrangement['split']): string {
  return split === 'given'
    ? `No training image of class “${className}” could be read.`
    : `The only usable image of class “${className}”. A class needs two: one to train on, one to validate.`;
}

/** The order every split starts from: by class, then by path. */
function inOrder<P extends Picture>(list: readonly P[]): P[] {
  return [...list].sort((a, b) => a.label - b.label || naturalOrder(a.path, b.path));
}

/** In place: a copy of the pictures would keep their bytes alive while `assemble` takes them away. */
function labelled(list: DecodedPicture[], classes: readonly string[]): DecodedPicture[] {
  const labels = new Map(classes.map((name, label) => [name, label]));
  for (const picture of list) picture.label = labels.get(picture.file.className) ?? -1;
  return list;
}

function membersOf(list: readonly Picture[], groups: Dataset['groups']): Member[] {
  return list.map(({ label, path }, i) => ({ label, group: groups.get(path) ?? i }));
}

function halves(list: Picture[], isVal: readonly boolean[], side: number): { train: Images; val: Images } {
  const val = list.filter((_, i) => isVal[i]);
  const train = list.filter((_, i) => !isVal[i]);
  return { train: assemble(train, side), val: assemble(val, side) };
}

// ---------------------------------------------------------------- hash

async function hashOf(list: readonly DecodedPicture[], classes: string[]): Promise<string> {
  const images = list.map(({ path, label, part, digest }) => [path, label, part, digest]);
  return sha256(new TextEncoder().encode(JSON.stringify({ classes, images })));
}

// ---------------------------------------------------------------- a set that cannot be used

const WHAT_TO_DROP = 'Drop a folder with one folder of pictures per class, or a zip of one.';

function nothingThere(leftOut: readonly LeftOut[]): UserError {
  return leftOut.length > 0
    ? nothingReadable(leftOut)
    : new UserError(`There are no files in what was dropped. ${WHAT_TO_DROP}`);
}

function nothingReadable(leftOut: readonly LeftOut[]): UserError {
  return new UserError(
    `No picture could be read from what was dropped. ${firstReason(leftOut)}${WHAT_TO_DROP}`,
  );
}

function tooFewUsable(classes: string[], leftOut: readonly LeftOut[]): UserError {
  if (classes.length === 0) return nothingReadable(leftOut);
  return new UserError(
    `Only one class, “${classes[0]}”, has enough readable pictures; a data set needs two. ${firstReason(leftOut)}Add pictures to the other classes or repair them.`,
  );
}

function noValidation(leftOut: readonly LeftOut[]): UserError {
  return new UserError(
    `None of the validation pictures could be used. ${firstReason(leftOut)}Repair the validation folder, or drop the training folder alone to have it split.`,
  );
}

function noneApart(): UserError {
  return new UserError(
    'No picture can be kept apart for validation: all those of a class are near-duplicates or shots of one series, or have a near-duplicate in another class. Add other pictures, or part them yourself into folders train/ and val/.',
  );
}

function firstReason(leftOut: readonly LeftOut[]): string {
  const [first] = leftOut;
  if (!first) return '';
  const others =
    leftOut.length > 1 ? ` (and ${(leftOut.length - 1).toLocaleString('en')} more left out)` : '';
  return `“${first.path}”: ${first.reason}${others} `;
}
