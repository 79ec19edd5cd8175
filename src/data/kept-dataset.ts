/**
 * A data set kept in a project: `images` has the pixels of all images, one after another; `left-out` those of images that the set does not
 * have because of a correction or because they are alone in their class; `dataset.json` everything else that does not depend on the split,
 * which is drawn again from its seed. With all of them, labels can be corrected without the files.
 */

import { canonical } from '../canonical';
import { concurrently } from '../concurrently';
import type { Correction, KeptSource, Preset, Reading, SplitChoice } from '../core/dataset';
import { UserError } from '../core/user-error';
import { projectFolder, readFile, writeWhole } from '../files/project-folder';
import { sha256, sha256OfBlobs } from '../files/sha256';
import { jsonOf } from '../json';
import { z } from '../schema';
import {
  type Dataset,
  type DecodedImage,
  datasetOf,
  describer,
  type ImportOptions,
  imagesOf,
  splitOf,
  type Uncorrected,
} from './dataset';
import type { Framing } from './decode';
import type { LabelledImage } from './images';
import { framingOf } from './presets';
import { readingSchema } from './reading-schema';

export const KEPT_FILES = { images: 'images', apart: 'left-out', description: 'dataset.json' } as const;

export type KeptPlace = Omit<KeptSource, 'kind'>;

const index = z.int().nonnegative();
const leftOut = z.array(z.object({ path: z.string(), reason: z.string() }));
const part = z.enum(['train', 'val', 'test']).nullable();
export const keptSchema = z.object({
  name: z.string(),
  description: z.string(),
  classes: z.array(z.string()).min(2),
  side: z.int().min(1).max(4096),
  framing: z.enum(['crop', 'squeeze']) satisfies z.ZodType<Framing>,
  split: z.enum(['given', 'stratified']),
  augmentation: z.enum(['crops-flips', 'flips', 'none']),
  reading: readingSchema,
  notices: z.array(z.string()),
  leftOut,
  hash: z.string(),
  /** In the order of their pixels. */
  images: z.array(
    z.object({
      path: z.string(),
      label: index,
      place: z
        .object({
          group: index,
          alike: index,
          givenUp: z.boolean(),
          given: part,
        })
        .nullable(),
      /** The class of the file, where a correction says another. */
      className: z.string().optional(),
      /** The path of the dropped file, where it is another. */
      source: z.string().optional(),
    }),
  ),
  /** SHA-256 of the pixels. */
  pixelHash: z.string(),
  /** What the set is without corrections. The first versions of this program did not keep it. */
  uncorrected: z
    .object({
      classes: z.array(z.string()),
      notices: z.array(z.string()),
      leftOut,
      /** In the order of their pixels. */
      apart: z.array(
        z.object({ path: z.string(), className: z.string(), source: z.string().optional(), part }),
      ),
      /** SHA-256 of their pixels. */
      pixelHash: z.string(),
    })
    .optional(),
});

export type KeptDataset = z.infer<typeof keptSchema>;

export async function writeKept({ project, data }: KeptPlace, dataset: Dataset): Promise<void> {
  const { name, description, classes, side, split, augmentation, reading, notices, leftOut, hash } = dataset;
  const { preset, places, uncorrected } = dataset;
  const parts = [...imagesOf(dataset), dataset.unused];
  const apart = uncorrected?.apart ?? [];
  const kept: KeptDataset = {
    ...{ name, description, classes, side, framing: framingOf(preset), split, augmentation, reading },
    ...{ notices, leftOut, hash },
    images: parts.flatMap(({ paths, labels }) =>
      paths.map((path, i) => {
        const [label = 0, file] = [labels[i], uncorrected?.images.get(path)];
        return {
          ...{ path, label, place: places.get(path) ?? null },
          ...(file && file.className !== classes[label] && { className: file.className }),
          ...(file && file.source !== path && { source: file.source }),
        };
      }),
    ),
    pixelHash: await hashOfPixels(parts),
    ...(uncorrected && {
      uncorrected: {
        classes: uncorrected.classes,
        notices: uncorrected.notices,
        leftOut: uncorrected.leftOut,
        apart: apart.map(({ path }) => {
          const { className = '', source = path, part = null } = uncorrected.images.get(path) ?? {};
          return { path, className, part, ...(source !== path && { source }) };
        }),
        pixelHash: await hashOfPixels(apart),
      },
    }),
  };
  const folder = await projectFolder(project, 'data', data);
  const pixelsOf = (list: readonly Pixels[]) => list.map(({ pixels }) => pixels);
  await writeWhole(folder, KEPT_FILES.images, pixelsOf(parts));
  await writeWhole(folder, KEPT_FILES.apart, pixelsOf(apart));
  // Written last: without it there is no kept data set.
  await writeWhole(folder, KEPT_FILES.description, [new TextEncoder().encode(JSON.stringify(kept))]);
}

interface Pixels {
  pixels: Uint8Array<ArrayBuffer>;
}

const hashOfPixels = (list: readonly Pixels[]) => sha256OfBlobs(list.map(({ pixels }) => new Blob([pixels])));

/**
 * What is kept: the description, and the files of the pixels, whose contents are not compared with their hashes.
 * @throws UserError if any is missing, or they do not belong together
 */
export async function readKept({
  project,
  data,
}: KeptPlace): Promise<{ description: KeptDataset; pixels: Blob; apart: Blob }> {
  const folder = await projectFolder(project, 'data', data);
  const file = await readFile(folder, KEPT_FILES.description);
  const pixels = await readFile(folder, KEPT_FILES.images);
  if (!file || !pixels) throw damaged('they are missing');
  const parsed = keptSchema.safeParse(jsonOf(await file.text()));
  if (!parsed.success) throw damaged('their description cannot be read');
  const { images, side, uncorrected } = parsed.data;
  const size = side ** 2 * 3;
  if (pixels.size !== images.length * size) throw damaged('their file has another length');
  const apart = (await readFile(folder, KEPT_FILES.apart)) ?? new Blob();
  if (apart.size !== (uncorrected?.apart.length ?? 0) * size)
    throw damaged('the file of those that are left out has another length');
  return { description: parsed.data, pixels, apart };
}

/** `reading`: null for that with which they were kept. */
type Choice = SplitChoice & { side: number; preset: Preset; reading: Reading | null };
type Opening = Pick<ImportOptions, 'onProgress' | 'signal'>;

/**
 * The kept images, split as asked, and with the corrections that are asked for.
 * @throws UserError if they are missing or damaged, or cannot be had as asked without the original files
 */
export async function openKept(
  place: KeptPlace,
  { side, preset, reading: wanted, seed, testPart, ...opening }: Choice & Opening,
): Promise<Dataset> {
  const { description, pixels, apart } = await readKept(place);
  const reading = wanted ?? description.reading;
  const { images, pixelHash, framing, uncorrected: _, ...kept } = description;
  if (side !== kept.side || framingOf(preset) !== framing) throw otherPixels(kept.side, side);
  if (canonical({ ...reading, corrections: [] }) !== canonical({ ...kept.reading, corrections: [] }))
    throw otherReading();
  const views = await viewsOf(pixels, side, pixelHash);
  if (images.some(({ label }) => label >= kept.classes.length)) throw damaged('their labels have no class');
  const before = await uncorrectedOf(description, apart);
  if (canonical(reading) === canonical(kept.reading)) {
    const list = images.map(({ path, label }, i): LabelledImage => ({ path, label, pixels: views(i) }));
    const places = new Map(images.flatMap(({ path, place }) => (place ? [[path, place] as const] : [])));
    const set = { ...kept, places, originals: new Map(), uncorrected: before };
    return splitOf(set, list, { seed, testPart, preset });
  }
  const isKnown = ({ className }: Correction) => className === null || before?.classes.includes(className);
  if (!before || (!description.uncorrected && !reading.corrections?.every(isKnown))) throw otherLabels();
  const all = [...images.map(({ path }, i) => ({ path, pixels: views(i) })), ...before.apart];
  const { name, split, augmentation } = kept;
  return datasetOf(
    {
      ...{ name, description: kept.description, split, augmentation, originals: new Map() },
      ...{ classes: before.classes, notices: before.notices, leftOut: before.leftOut },
      images: await described(all, before.images, side, opening),
    },
    { side, preset, reading, seed, testPart, ...opening },
  );
}

/** Null where an earlier version of this program has kept corrected images: it did not keep what they were before. */
async function uncorrectedOf(
  { images, classes, notices, leftOut, reading, side, uncorrected }: KeptDataset,
  apart: Blob,
): Promise<Uncorrected | null> {
  if (!uncorrected && reading.corrections?.length) return null;
  const files = images.map(
    ({ path, label, place, className = classes[label] ?? '', source = path }) =>
      [path, { className, source, part: place?.given ?? null }] as const,
  );
  if (!uncorrected) return { classes, notices, leftOut, images: new Map(files), apart: [] };
  const views = await viewsOf(apart, side, uncorrected.pixelHash);
  const others = uncorrected.apart.map(
    ({ path, className, source = path, part }) => [path, { className, source, part }] as const,
  );
  return {
    ...{ classes: uncorrected.classes, notices: uncorrected.notices, leftOut: uncorrected.leftOut },
    images: new Map([...files, ...others]),
    apart: uncorrected.apart.map(({ path }, i) => ({ path, pixels: views(i) })),
  };
}

/** The images of a file, as views of its bytes. @throws UserError if it is not the one that was written */
async function viewsOf(
  file: Blob,
  side: number,
  hash: string,
): Promise<(index: number) => Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if ((await sha256(bytes)) !== hash) throw damaged('their SHA-256 is not the recorded one');
  const size = side * side * 3;
  return (i) => bytes.subarray(i * size, (i + 1) * size);
}

async function described(
  images: Uncorrected['apart'],
  placed: Uncorrected['images'],
  side: number,
  { onProgress, signal }: Opening,
): Promise<DecodedImage[]> {
  const describe = describer(side);
  const label = 'Comparing the images';
  const total = images.length;
  return concurrently(
    images,
    1,
    async ({ path, pixels }) => {
      const { className = '', source = path, part = null } = placed.get(path) ?? {};
      return describe({ path, className, source, part, pixels });
    },
    { signal, onDone: (done) => onProgress?.({ label, done, total }) },
  );
}

const AGAIN = 'Drop the folder of images on Data again.';

const damaged = (why: string) =>
  new UserError(`The images of this project cannot be read in this browser: ${why}. ${AGAIN}`);

const otherPixels = (kept: number, wanted: number) =>
  new UserError(
    `The project keeps its images with ${kept} × ${kept} pixels, as they were used before; now ${wanted} × ${wanted} are needed, or other parts of the pictures. The original files are not kept. ${AGAIN}`,
  );

const otherReading = () =>
  new UserError(
    `The project keeps its images with the classes that their folders gave. To read the folders in another way, the original files are needed. ${AGAIN}`,
  );

const otherLabels = () =>
  new UserError(
    `This project was made by an earlier version of atomtune, which did not keep what is needed to change its labels. ${AGAIN}`,
  );
