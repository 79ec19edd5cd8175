/**
 * Imports data sets: decodes and splits the images of dropped files, archives or a sample set. A bad file is left out with its
 * reason; only a set that cannot be trained on at all is an error. Runs in a worker.
 */

import { concurrently } from '../concurrently';
import type {
  Augmentation,
  ClassSummary,
  DatasetSummary,
  Duplicates,
  FileSource,
  LeftOut,
  Part,
  Preset,
  Reading,
  SplitChoice,
} from '../core/dataset';
import type { Progress } from '../core/progress';
import { UserError } from '../core/user-error';
import { sha256 } from '../files/sha256';
import { arrange, type PlacedFile } from './classes';
import { type Corrected, corrected } from './corrections';
import { decodeImage } from './decode';
import { type Fingerprint, fingerprinter } from './fingerprint';
import { groupsOf } from './groups';
import { assemble, type Images, type LabelledImage, separate } from './images';
import { type LabelTable, labelTables } from './label-tables';
import { metadataOf } from './metadata';
import { naturalOrder } from './natural-order';
import { framingOf, takePreset } from './presets';
import { sortOut } from './sort-out';
import { openSource } from './sources';
import { type Member, stratify } from './split';
import { drawAtlas, thumbnailLayout } from './thumbnails';

export type { Images } from './images';

export interface Dataset {
  name: string;
  description: string;
  /** A label is an index of this list. */
  classes: string[];
  /** Images are `side`×`side` pixels. */
  side: number;
  train: Images;
  val: Images;
  /** Test images; null if there are none. */
  test: Images | null;
  /** Images that the preset does not use; another seed may draw them. */
  unused: Images;
  preset: Preset;
  split: DatasetSummary['split'];
  testSplit: DatasetSummary['testSplit'];
  seed: number;
  testPart: number;
  augmentation: Augmentation;
  /** The choices of the person, if the set could be read in more than one way, and corrected labels. */
  reading: Reading;
  /** Notices for the person about how the set was read. */
  notices: string[];
  leftOut: LeftOut[];
  /** The original files by path, if available: on the person's disk, or small enough to keep in memory. */
  originals: ReadonlyMap<string, Blob>;
  /** The constraints of the split, by path. */
  places: ReadonlyMap<string, Place>;
  /** What the set is without corrections; null if that is not known. */
  uncorrected: Uncorrected | null;
  /** SHA-256, hex, of class names, paths, labels and pixels of the whole set; the same for every seed of a stratified split. */
  hash: string;
}

export interface Place {
  /** Images with the same number stay in the same part of the split (groups.ts). */
  group: number;
  /** Images with the same number are near-duplicates, also if their group was given up. */
  alike: number;
  givenUp: boolean;
  /** The part of a given split; null if a split is to be drawn. */
  given: Part | null;
}

/** What a set is before corrections: with it, they can be changed without the files. */
export interface Uncorrected {
  /** The classes of the files, sorted. */
  classes: string[];
  notices: string[];
  leftOut: LeftOut[];
  /** By path, of all images that could be decoded. */
  images: ReadonlyMap<string, PlacedImage>;
  /** Images that the data set does not have: those that a correction removes, and those of classes with too few. */
  apart: { path: string; pixels: Uint8Array<ArrayBuffer> }[];
}

export interface PlacedImage {
  className: string;
  /** The path of the dropped file, for messages. */
  source: string;
  part: Part | null;
}

export interface ImportOptions extends SplitChoice {
  /** Side of the stored images, pixels: ⌊8/7 of the input size⌋, or the input size if images are squeezed. */
  side: number;
  preset: Preset;
  reading?: Reading | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Number of images decoded at a time: enough to keep the browser's decoders busy without using much memory. */
const DECODES_AT_ONCE = 4;
/** The augmentation of docs/method.md §5, for sets that do not state one. */
const DEFAULT_AUGMENTATION: Augmentation = 'crops-flips';

/**
 * @throws UserError if nothing can be trained on: no files, no readable image, fewer than two classes, a
 *   bad archive
 * @throws AmbiguousData if the set can be read in more than one way and `reading` does not decide it
 * @throws the signal's reason when aborted
 */
export async function importDataset(source: FileSource, options: ImportOptions): Promise<Dataset> {
  const { reading = {}, onProgress, signal } = options;
  const opened = await openSource(source, { onProgress, signal, nameEncoding: reading.nameEncoding });
  const { leftOut } = opened;
  if (opened.files.length === 0) throw nothingThere(leftOut);
  const sorted = await sortOut(opened.files, signal);
  if (sorted.images.length === 0) throw nothingReadable([...sorted.leftOut, ...leftOut]);
  const tables = await labelTables(sorted.others, sorted.images);
  const plan = arrange(sorted.images, { reading, tables });
  const metadata = await metadataOf(sorted.metadata, plan.root);
  const decoded = await decodeAll(plan.files, options);
  const others = { leftOut: sorted.leftOut.map((entry) => withTable(entry, tables)) };
  const { preset } = options;
  return datasetOf(
    {
      name: metadata.name ?? (source.kind === 'sample' ? source.name : (plan.root[0] ?? 'Your images')),
      description: metadata.description ?? '',
      split: plan.split,
      augmentation:
        framingOf(preset) === 'squeeze' ? 'none' : (metadata.augmentation ?? DEFAULT_AUGMENTATION),
      classes: plan.classes,
      notices: [...opened.notices, ...plan.notices],
      leftOut: [decoded, plan, { leftOut }, metadata, others].flatMap((part) => part.leftOut),
      images: decoded.images,
      originals: originalsOf(plan.files),
    },
    options,
  );
}

/** All images of a set, before corrections. */
export interface DecodedSet
  extends Pick<Dataset, 'name' | 'description' | 'split' | 'augmentation' | 'originals'>,
    Pick<Uncorrected, 'classes' | 'notices' | 'leftOut'> {
  images: DecodedImage[];
}

/**
 * The data set of these images with the corrections of `reading`. The images are changed.
 * @throws UserError if it cannot be trained on
 */
export async function datasetOf(set: DecodedSet, options: ImportOptions): Promise<Dataset> {
  const { reading = {}, onProgress, seed, testPart, preset, side } = options;
  onProgress?.({ label: 'Comparing and splitting the images', done: 0, total: 0 });
  const placed = new Map(
    set.images.map(({ path, className, source, part }) => [path, { className, source, part }]),
  );
  const plan = corrected(set.images, set.classes, reading.corrections);
  const usable = usableClasses(plan, set.split);
  const classes = plan.classes.filter((name) => usable.names.has(name));
  const removals = plan.removed.map(({ source }) => ({ path: source, reason: 'Removed in a correction.' }));
  const leftOut = [...set.leftOut, ...inPathOrder([...usable.leftOut, ...removals])];
  if (classes.length === 0 && plan.images.length > 0) throw oneImageEach(plan.classes.length);
  if (classes.length < 2) throw tooFewUsable(classes, leftOut);
  const ordered = inOrder(labelled(usable.images, classes));
  const hash = await hashOf(ordered, classes);
  const places = placesOf(ordered);
  const parts = partsOf(ordered, places, classes, options, set.split);
  if (set.split === 'given') {
    if (!parts.includes('val')) throw noValidation(leftOut);
  } else {
    const validated = new Set(ordered.filter((_, i) => parts[i] === 'val').map(({ label }) => label));
    if (validated.size < 2) throw tooFewApart(classes.filter((_, label) => validated.has(label)));
  }
  const { name, description, split, augmentation, originals } = set;
  const removed = new Set(plan.removed.map(({ path }) => path));
  // Copies: they may be views of a larger array.
  const apart = [...plan.removed, ...usable.others].map(({ path, pixels }) => ({
    path,
    pixels: pixels.slice(),
  }));
  return {
    ...{ name, description, classes, side },
    ...assembleParts(ordered, parts, side),
    ...{ split, testSplit: testSplitOf(parts, places), seed, testPart, preset, augmentation, reading },
    notices: [...set.notices, ...plan.notices],
    leftOut,
    originals: new Map([...originals].filter(([path]) => !removed.has(path))),
    places,
    uncorrected: {
      ...{ classes: set.classes, notices: set.notices, leftOut: set.leftOut, images: placed },
      apart: inPathOrder(apart),
    },
    hash,
  };
}

function withTable(entry: LeftOut, tables: readonly LabelTable[]): LeftOut {
  if (!tables.some(({ path }) => path === entry.path)) return entry;
  return { ...entry, reason: 'A table that lists the images. Classes are taken from folder names only.' };
}

/** Splits the same images again with the same preset, as a new data set. A given split is kept. */
export function resplit(dataset: Dataset, { seed, testPart }: SplitChoice): Dataset {
  if (dataset.split === 'given' && dataset.preset === 'whole') return { ...dataset, seed, testPart };
  const all = [...imagesOf(dataset), dataset.unused].flatMap((images) => separate(images, dataset.side));
  return splitOf(dataset, all, { seed, testPart, preset: dataset.preset });
}

/** What stays the same in every split of a data set. */
export type Unsplit = Omit<Dataset, Part | 'unused' | 'preset' | 'testSplit' | 'seed' | 'testPart'>;

/** A data set with its images in the parts of a split. */
export function splitOf(
  set: Unsplit,
  images: readonly LabelledImage[],
  choice: SplitChoice & { preset: Preset },
): Dataset {
  const { side, classes, places, split } = set;
  const all = inOrder(images);
  const parts = partsOf(all, places, classes, choice, split);
  return { ...set, ...choice, testSplit: testSplitOf(parts, places), ...assembleParts(all, parts, side) };
}

/** The summary that the page shows, with one image of thumbnails per class. */
export async function summarize(dataset: Dataset): Promise<DatasetSummary> {
  const { name, description, split, testSplit, seed, testPart, preset, augmentation, leftOut, side } =
    dataset;
  const { reading, notices } = dataset;
  const train = separate(dataset.train, side);
  const val = separate(dataset.val, side);
  const test = dataset.test ? separate(dataset.test, side) : [];
  const members = dataset.classes.map((_, label) => {
    const own = (image: LabelledImage) => image.label === label;
    return { train: train.filter(own), val: val.filter(own), test: test.filter(own) };
  });
  const largest = Math.max(...members.map((member) => Object.values(member).flat().length));
  const layout = thumbnailLayout(largest, side);
  const classes: ClassSummary[] = [];
  for (const [label, member] of members.entries()) {
    const shown = [...member.train, ...member.val, ...member.test];
    const tiles = shown.map((image) => image.pixels);
    classes.push({
      name: dataset.classes[label] ?? '',
      train: member.train.length,
      val: member.val.length,
      test: member.test.length,
      paths: shown.map((image) => image.path),
      thumbnails: await drawAtlas(tiles, side, layout),
    });
  }
  const duplicates = duplicatesOf(dataset);
  return {
    name,
    description,
    classes,
    split,
    testSplit,
    seed,
    testPart,
    preset,
    unused: dataset.unused.labels.length,
    augmentation,
    reading,
    notices,
    leftOut,
    duplicates,
    hash: dataset.hash,
    thumbnailLayout: layout,
  };
}

function duplicatesOf(dataset: Dataset): Duplicates {
  const { classes, train, val, places } = dataset;
  const images = imagesOf(dataset).flatMap((images) => {
    const part = images === train ? 'train' : images === val ? 'val' : 'test';
    return images.paths.flatMap((path, i) => {
      const place = places.get(path);
      return place ? [{ ...place, path, label: images.labels[i] ?? -1, part } as const] : [];
    });
  });
  const shared = grouped(images, ({ group }) => group).filter(({ length }) => length > 1);
  const trained = grouped(images, ({ alike }) => alike)
    .filter((group) => group.some(({ part }) => part === 'train'))
    .flat();
  const leaked = (wanted: Part) => trained.filter(({ part }) => part === wanted).length;
  const givenUp = images.filter((image) => image.givenUp);
  return {
    groups: shared.length,
    images: shared.flat().length,
    conflicts: shared
      .filter((group) => new Set(group.map(({ label }) => label)).size > 1)
      .map((group) => group.map(({ path }) => path).sort(naturalOrder)),
    leaked: { val: leaked('val'), test: leaked('test') },
    givenUp: {
      images: givenUp.length,
      classes: classes.filter((_, label) => givenUp.some((image) => image.label === label)),
    },
  };
}

function grouped<T>(list: readonly T[], keyOf: (item: T) => number): T[][] {
  const groups = new Map<number, T[]>();
  for (const item of list) {
    const present = groups.get(keyOf(item));
    if (present) present.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

/** Maximum total size of unpacked image files that are kept in addition to their pixels. */
const MAX_ORIGINAL_BYTES = 256e6;

/** The original files. A `File` stays on the disk; files unpacked from an archive take memory. */
function originalsOf(files: readonly PlacedFile[]): Dataset['originals'] {
  const blobs = files.map(({ path, source }) => [path, source.file] as const);
  const unpacked = blobs.reduce((sum, [, blob]) => sum + (blob instanceof File ? 0 : blob.size), 0);
  return new Map(blobs.filter(([, blob]) => blob instanceof File || unpacked <= MAX_ORIGINAL_BYTES));
}

// ---------------------------------------------------------------- images

export interface DecodedImage extends LabelledImage, PlacedImage {
  fingerprint: Fingerprint;
  /** SHA-256 of the pixels, hex. */
  digest: string;
}

/** Images of this side, with what near-duplicates are found by. */
export function describer(side: number) {
  const fingerprint = fingerprinter(side);
  return async (image: PlacedImage & Pick<LabelledImage, 'path' | 'pixels'>): Promise<DecodedImage> => ({
    ...image,
    label: -1,
    fingerprint: fingerprint(image.pixels),
    digest: await sha256(image.pixels),
  });
}

async function decodeAll(files: readonly PlacedFile[], { side, preset, signal, onProgress }: ImportOptions) {
  const label = 'Reading images';
  const total = files.length;
  onProgress?.({ label, done: 0, total });
  const leftOut: LeftOut[] = [];
  const describe = describer(side);
  const results = await concurrently(
    files,
    DECODES_AT_ONCE,
    async (file): Promise<DecodedImage | null> => {
      const decoded = await decodeImage(file.source.file, side, framingOf(preset));
      if ('reason' in decoded) {
        leftOut.push({ path: file.source.path, reason: decoded.reason });
        return null;
      }
      const { path, className, part } = file;
      return describe({ path, className, source: file.source.path, part, pixels: decoded.pixels });
    },
    { signal, onDone: (done) => onProgress?.({ label, done, total }) },
  );
  leftOut.sort((a, b) => naturalOrder(a.path, b.path));
  return { images: results.filter((image) => image !== null), leftOut };
}

/** Leaves out the classes with too few readable images. */
function usableClasses({ images, classes }: Corrected<DecodedImage>, split: Dataset['split']) {
  const counted = images.filter(({ part }) => part === null || part === 'train');
  const needed = split === 'given' ? 1 : 2;
  const count = (name: string) => counted.filter(({ className }) => className === name).length;
  const names = new Set(classes.filter((name) => count(name) >= needed));
  const others = images.filter(({ className }) => !names.has(className));
  const leftOut = others.map(({ source, className }) => ({
    path: source,
    reason: unusableReason(className, split),
  }));
  return { names, images: images.filter(({ className }) => names.has(className)), others, leftOut };
}

function unusableReason(className: string, split: Dataset['split']): string {
  return split === 'given'
    ? `Class “${className}” has no usable training image.`
    : `The only usable image of class “${className}”. A class needs two: one to train on, one to validate.`;
}

const inPathOrder = <P extends { path: string }>(list: readonly P[]): P[] =>
  [...list].sort((a, b) => naturalOrder(a.path, b.path));

/** Sorts by class, then by path: the order in which every split starts. */
function inOrder<P extends LabelledImage>(list: readonly P[]): P[] {
  return [...list].sort((a, b) => a.label - b.label || naturalOrder(a.path, b.path));
}

/** Sets the labels in place. A copy of the images would keep their pixels in memory after `assemble` has released them. */
function labelled(list: DecodedImage[], classes: readonly string[]): DecodedImage[] {
  const labels = new Map(classes.map((name, label) => [name, label]));
  for (const image of list) image.label = labels.get(image.className) ?? -1;
  return list;
}

function placesOf(list: readonly DecodedImage[]): Map<string, Place> {
  const { groups, alike, givenUp } = groupsOf(list);
  return new Map(
    list.map(({ path, part }, i) => [
      path,
      { group: groups[i] ?? i, alike: alike[i] ?? i, givenUp: givenUp[i] ?? false, given: part },
    ]),
  );
}

/** The part of each image, as given or as drawn; null if the preset does not use the image. */
function partsOf(
  list: readonly LabelledImage[],
  places: Dataset['places'],
  classes: readonly string[],
  { seed, testPart, preset }: SplitChoice & { preset: Preset },
  split: Dataset['split'],
): (Part | null)[] {
  const given = list.map(({ path }) => places.get(path)?.given ?? null);
  const members = list.map(({ label, path }): Member => ({ label, group: places.get(path)?.group ?? -1 }));
  const open = members.filter((_, i) => given[i] === null);
  const drawn = stratify(open, classes, { seed, testPart: given.includes('test') ? 0 : testPart }).values();
  const parts = given.map((part) => part ?? drawn.next().value ?? 'train');
  return takePreset(members, parts, classes, { preset, seed, split });
}

function testSplitOf(parts: readonly (Part | null)[], places: Dataset['places']): Dataset['testSplit'] {
  if (!parts.includes('test')) return null;
  return [...places.values()].some(({ given }) => given === 'test') ? 'given' : 'stratified';
}

function assembleParts(
  list: LabelledImage[],
  parts: readonly (Part | null)[],
  side: number,
): Pick<Dataset, Part | 'unused'> {
  const part = (wanted: Part | null) =>
    assemble(
      list.filter((_, i) => parts[i] === wanted),
      side,
    );
  return {
    val: part('val'),
    train: part('train'),
    test: parts.includes('test') ? part('test') : null,
    unused: part(null),
  };
}

export function imagesOf({ train, val, test }: Dataset): Images[] {
  return test ? [train, val, test] : [train, val];
}

/** Size of the pixels of all images, including those that the preset does not use or that are apart, bytes. */
export function pixelBytes(dataset: Dataset): number {
  const apart = dataset.uncorrected?.apart ?? [];
  return [...imagesOf(dataset), dataset.unused, ...apart].reduce(
    (sum, { pixels }) => sum + pixels.byteLength,
    0,
  );
}

// ---------------------------------------------------------------- hash

async function hashOf(list: readonly DecodedImage[], classes: string[]): Promise<string> {
  const images = list.map(({ path, label, part, digest }) => [path, label, part, digest]);
  return sha256(new TextEncoder().encode(JSON.stringify({ classes, images })));
}

// ---------------------------------------------------------------- a set that cannot be used

const WHAT_TO_DROP =
  'Drop a folder with one sub-folder of images per class, or a zip or tar of such a folder.';

function nothingThere(leftOut: readonly LeftOut[]): UserError {
  return leftOut.length > 0
    ? nothingReadable(leftOut)
    : new UserError(`There are no files to import. ${WHAT_TO_DROP}`);
}

function nothingReadable(leftOut: readonly LeftOut[]): UserError {
  return new UserError(
    `None of the dropped files could be read as an image. ${firstReason(leftOut)}${WHAT_TO_DROP}`,
  );
}

function oneImageEach(classes: number): UserError {
  return new UserError(
    `Each of the ${classes.toLocaleString('en')} classes has only one image that can be read. A class needs at least two: one to train on, one to validate.`,
  );
}

function tooFewUsable(classes: string[], leftOut: readonly LeftOut[]): UserError {
  if (classes.length === 0) return nothingReadable(leftOut);
  return new UserError(
    `Only one class, “${classes[0]}”, has enough readable images; a data set needs two. ${firstReason(leftOut)}Add images to the other classes or repair them.`,
  );
}

function noValidation(leftOut: readonly LeftOut[]): UserError {
  return new UserError(
    `None of the validation images could be used. ${firstReason(leftOut)}Repair the validation folder, or drop only the training folder, which is then split automatically.`,
  );
}

/**
 * The error for a split in which fewer than two classes have validation images: accuracy on one class would always be 100 %.
 * @param validated that class, or none
 */
function tooFewApart([validated]: string[]): UserError {
  const found = validated === undefined ? 'No image' : `No image except those of “${validated}”`;
  return new UserError(
    `${found} can be used for validation: each has a near-duplicate in another class. Remove the copies with the wrong class, or split the images yourself into folders train/ and val/.`,
  );
}

function firstReason(leftOut: readonly LeftOut[]): string {
  const [first] = leftOut;
  if (!first) return '';
  const others =
    leftOut.length > 1 ? ` (and ${(leftOut.length - 1).toLocaleString('en')} more left out)` : '';
  return `“${first.path}”: ${first.reason}${others} `;
}
