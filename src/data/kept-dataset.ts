/**
 * A data set kept in a project: `images` has the pixels of all images, one after another; `dataset.json` everything else that does not
 * depend on the split, which is drawn again from its seed.
 */

import { canonical } from '../canonical';
import { projectFolder, readFile, writeWhole } from '../files/project-folder';
import { sha256, sha256OfBlobs } from '../files/sha256';
import { jsonOf } from '../json';
import { z } from '../schema';
import { UserError } from '../user-error';
import type { KeptSource, Preset, Reading, SplitChoice } from '../worker/protocol';
import { type Dataset, imagesOf, splitOf } from './dataset';
import type { Framing } from './decode';
import type { LabelledImage } from './images';
import { framingOf } from './presets';
import { readingSchema } from './reading-schema';

export const KEPT_FILES = { images: 'images', description: 'dataset.json' } as const;

export type KeptPlace = Omit<KeptSource, 'kind'>;

const index = z.int().nonnegative();
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
  leftOut: z.array(z.object({ path: z.string(), reason: z.string() })),
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
          given: z.enum(['train', 'val', 'test']).nullable(),
        })
        .nullable(),
    }),
  ),
  /** SHA-256 of the pixels. */
  pixelHash: z.string(),
});

export type KeptDataset = z.infer<typeof keptSchema>;

export async function writeKept({ project, data }: KeptPlace, dataset: Dataset): Promise<void> {
  const { name, description, classes, side, split, augmentation, reading, notices, leftOut, hash } = dataset;
  const { preset, places } = dataset;
  const parts = [...imagesOf(dataset), dataset.unused];
  const kept: KeptDataset = {
    ...{ name, description, classes, side, framing: framingOf(preset), split, augmentation, reading },
    ...{ notices, leftOut, hash },
    images: parts.flatMap(({ paths, labels }) =>
      paths.map((path, i) => ({ path, label: labels[i] ?? 0, place: places.get(path) ?? null })),
    ),
    pixelHash: await sha256OfBlobs(parts.map(({ pixels }) => new Blob([pixels]))),
  };
  const folder = await projectFolder(project, 'data', data);
  await writeWhole(
    folder,
    KEPT_FILES.images,
    parts.map(({ pixels }) => pixels),
  );
  // Written last: without it there is no kept data set.
  await writeWhole(folder, KEPT_FILES.description, [new TextEncoder().encode(JSON.stringify(kept))]);
}

/**
 * What is kept: the description, and the file of the pixels, whose contents are not compared with their hash.
 * @throws UserError if either is missing, or they do not belong together
 */
export async function readKept({
  project,
  data,
}: KeptPlace): Promise<{ description: KeptDataset; pixels: File }> {
  const folder = await projectFolder(project, 'data', data);
  const file = await readFile(folder, KEPT_FILES.description);
  const pixels = await readFile(folder, KEPT_FILES.images);
  if (!file || !pixels) throw damaged('they are missing');
  const parsed = keptSchema.safeParse(jsonOf(await file.text()));
  if (!parsed.success) throw damaged('their description cannot be read');
  const { images, side } = parsed.data;
  if (pixels.size !== images.length * side ** 2 * 3) throw damaged('their file has another length');
  return { description: parsed.data, pixels };
}

/** How the folders of the kept images were read, with the corrected labels. */
export const keptReading = async (place: KeptPlace): Promise<Reading> =>
  (await readKept(place)).description.reading;

/**
 * The kept images, split as asked.
 * @throws UserError if they are missing or damaged, or cannot be had as asked without the original files
 */
export async function openKept(
  { project, data }: KeptPlace,
  { side, preset, reading, ...choice }: SplitChoice & { side: number; preset: Preset; reading: Reading },
): Promise<Dataset> {
  const { description, pixels } = await readKept({ project, data });
  const { images, pixelHash, framing, ...kept } = description;
  if (side !== kept.side || framingOf(preset) !== framing) throw otherPixels(kept.side, side);
  if (canonical(reading) !== canonical(kept.reading)) throw otherReading();
  const size = side * side * 3;
  const bytes = new Uint8Array(await pixels.arrayBuffer());
  if ((await sha256(bytes)) !== pixelHash) throw damaged('their SHA-256 is not the recorded one');
  const list = images.map(
    ({ path, label }, i): LabelledImage => ({
      path,
      label,
      pixels: bytes.subarray(i * size, (i + 1) * size),
    }),
  );
  if (list.some(({ label }) => label >= kept.classes.length)) throw damaged('their labels have no class');
  const places = new Map(images.flatMap(({ path, place }) => (place ? [[path, place] as const] : [])));
  return splitOf({ ...kept, places, originals: new Map() }, list, { ...choice, preset });
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
    `The project keeps its images with the labels that they had. To read folders in another way or to change labels, the original files are needed. ${AGAIN}`,
  );
