/**
 * A project as one zip that people can read: `project.json`, the images as PNGs in `data/`, `runs/*.json`, `models/*.safetensors`, and
 * where runs stand that are not over in `checkpoints/`. Written and read entry by entry; what is read becomes a project only when all
 * of it was.
 */
import { BlobReader, BlobWriter, type FileEntry, TextReader, TextWriter, ZipWriter } from '@zip.js/zip.js';
import type { Progress } from '../../src/core/progress';
import { UserError } from '../../src/core/user-error';
import {
  KEPT_FILES,
  type KeptDataset,
  type KeptPlace,
  keptSchema,
  readKept,
} from '../../src/data/kept-dataset';
import { pixelsOfPng, pngOfPixels } from '../../src/data/png';
import { folderBytes } from '../../src/files/folder-bytes';
import { isNoRoom, noRoomFor } from '../../src/files/no-room';
import { openZip } from '../../src/files/open-zip';
import { deleteInProject, projectFolder, readFile, writeWhole } from '../../src/files/project-folder';
import { sha256OfBlobs } from '../../src/files/sha256';
import { listEntries } from '../../src/files/zip-entries';
import { jsonOf } from '../../src/json';
import { z } from '../../src/schema';
import { type PartKind, type StoredParts, store } from './database';
import { whileFree } from './lock';
import { keptModelFile } from './model-files';
import { nameOf, parseProject, placeIn, requireStored } from './opening';

const FORMAT = 'atomtune project';
const DESCRIPTION = 'project.json';
const DATA = 'data/dataset.json';
/** A folder for zips that the browser still copies to the person's disk. */
const EXPORTS = 'exported projects';
/** Points of a run and the losses of its steps (src/worker/checkpoints.ts). */
const CHECKPOINT_FILES = ['0', '1', 'losses'] as const;

const fileName = z.string().regex(/^[\w.-]{1,100}$/);
const zipSchema = z.object({
  format: z.literal(FORMAT),
  parts: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('run'), id: fileName, file: z.string() }),
      z.object({ kind: z.literal('model'), id: fileName, file: z.string(), value: z.unknown() }),
    ]),
  ),
});

const file = { file: z.string() };
const zippedUncorrected = keptSchema.shape.uncorrected.unwrap();
const zippedData = keptSchema.extend({
  images: z.array(keptSchema.shape.images.element.extend(file)),
  uncorrected: zippedUncorrected
    .extend({ apart: z.array(zippedUncorrected.shape.apart.element.extend(file)) })
    .optional(),
});

type OnProgress = (progress: Progress) => void;

// ---------------------------------------------------------------- writing

/**
 * The zip of a stored project, on the browser's disk.
 * @param images the project's images, from `zipOfImages`
 * @throws UserError if the project cannot be read or there is no room
 */
export async function exportProject(project: string, onProgress: OnProgress, images?: Blob): Promise<File> {
  const stored = await requireStored(project);
  const { header } = parseProject(stored);
  const folder = await exportsFolder();
  const name = `${safeName(header.name)}.zip`;
  const file = await folder.getFileHandle(`${crypto.randomUUID()}.zip`, { create: true });
  const stream = await file.createWritable();
  try {
    await writeZip(stream, project, stored, onProgress, images);
  } catch (error) {
    await stream.abort().catch(() => {});
    await folder.removeEntry(file.name).catch(() => {});
    throw isNoRoom(error) ? noRoomFor('to write the zip') : error;
  }
  return new File([await file.getFile()], name, { type: 'application/zip' });
}

async function exportsFolder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(EXPORTS, { create: true });
}

/** Bytes of the zips that were exported on this visit. */
export const exportedBytes = () => folderBytes(EXPORTS);

/** Removes the zips of earlier visits. */
export async function removeExports(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(EXPORTS, { recursive: true }).catch(() => {});
}

async function writeZip(
  stream: FileSystemWritableFileStream,
  project: string,
  { header: unchecked, parts }: StoredParts,
  onProgress: OnProgress,
  images?: Blob,
): Promise<void> {
  const zip = new ZipWriter(stream, { useWebWorkers: false, keepOrder: true });
  // What could not be parsed is a text, as it was.
  const text = (name: string, content: unknown) =>
    zip.add(name, new TextReader(typeof content === 'string' ? content : JSON.stringify(content, null, 1)));
  const { header } = parseProject({ header: unchecked, parts: [] });
  const runs = parts
    .filter(({ kind }) => kind === 'run')
    .sort((a, b) => placeIn(header.runs, a.id) - placeIn(header.runs, b.id));
  const models = parts.filter(({ kind }) => kind === 'model');
  const runFile = (index: number, value: unknown) =>
    `runs/${String(index + 1).padStart(3, '0')} ${safeName(nameOf(value) ?? 'run')}.json`;
  const described = [
    ...runs.map(({ id, value }, index) => ({ kind: 'run', id, file: runFile(index, value) })),
    ...models.map(({ id, value }) => ({ kind: 'model', id, file: `models/${id}.safetensors`, value })),
  ];
  // First, so that a dropped file is known by its first bytes.
  await text(DESCRIPTION, { format: FORMAT, ...(unchecked as object), thumbnail: null, parts: described }); // parsed by the caller
  for (const [index, { id, value }] of runs.entries()) {
    await text(runFile(index, value), value);
    for (const name of CHECKPOINT_FILES) {
      const point = await readFile(await projectFolder(project, 'checkpoints', id), name);
      if (point) await zip.add(`checkpoints/${id}/${name}`, new BlobReader(point), { level: 0 });
    }
  }
  for (const { id } of models) {
    const model = await keptModelFile(project, id);
    if (model) await zip.add(`models/${id}.safetensors`, new BlobReader(model), { level: 0 });
  }
  if (images) await zip.appendZip(new BlobReader(images));
  else if (header.source) await writeImages(zip, header.source, onProgress);
  await zip.close();
}

/** The images of a project as they are in its zips: for those who write it again and again. */
export async function zipOfImages(source: KeptPlace, onProgress: OnProgress): Promise<Blob> {
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false, keepOrder: true });
  await writeImages(zip, source, onProgress);
  return zip.close();
}

async function writeImages(
  zip: ZipWriter<unknown>,
  source: KeptPlace,
  onProgress: OnProgress,
): Promise<void> {
  const { description: kept, pixels, apart } = await readKept(source);
  const { uncorrected } = kept;
  let number = 0;
  const fileOf = (folder: string, path: string) =>
    `data/${safeName(folder)}/${String(++number).padStart(5, '0')} ${safeName(lastPart(path))}.png`;
  const images = kept.images.map((image) => ({
    ...image,
    file: fileOf(kept.classes[image.label] ?? '', image.path),
  }));
  const leftOut = (uncorrected?.apart ?? []).map((image) => ({
    ...image,
    file: fileOf('left out', image.path),
  }));
  const description = {
    ...{ ...kept, images },
    uncorrected: uncorrected && { ...uncorrected, apart: leftOut },
  };
  await zip.add(DATA, new TextReader(JSON.stringify(description, null, 1)));
  const size = kept.side ** 2 * 3;
  const all = [
    ...images.map(({ file }, index) => ({ file, from: pixels, index })),
    ...leftOut.map(({ file }, index) => ({ file, from: apart, index })),
  ];
  for (const [done, { file, from, index }] of all.entries()) {
    onProgress({ label: 'Writing the images', done, total: all.length });
    const image = new Uint8Array(await from.slice(index * size, (index + 1) * size).arrayBuffer());
    // A PNG is compressed already.
    await zip.add(file, new BlobReader(await pngOfPixels(image, kept.side)), { level: 0 });
  }
}

const lastPart = (path: string) => path.split('/').at(-1) ?? path;

/** A name that every file system takes. */
const safeName = (name: string) =>
  name
    .replace(/[^\p{Letter}\p{Number} ._,=-]+/gu, '_')
    .replace(/^\.+/, '_')
    .trim()
    .slice(0, 60) || 'unnamed';

// ---------------------------------------------------------------- reading

/** Larger descriptions are not from this program. */
const MOST_JSON = 200e6;

/**
 * Makes a project of a zip and returns its id.
 * @throws UserError if it is not a whole project of this version or an earlier one; nothing is stored then
 */
export async function importProject(zip: File, onProgress: OnProgress): Promise<string> {
  const reader = await openZip(zip, {
    ...{ checkCrc32: true, useCompressionStream: true },
    // They are checked below.
    filenameValidation: 'tolerant',
  });
  const project = crypto.randomUUID();
  try {
    const listed = await listEntries(reader, zip.name);
    refuseUnsafe(listed, zip.name);
    const entries = new Map(listed.map((entry) => [entry.filename, entry]));
    // Nobody takes its files for leftovers meanwhile.
    await whileFree(project, () => readProject(entries, zip.name, project, onProgress));
    return project;
  } catch (error) {
    await deleteInProject(project);
    if (error instanceof UserError) throw error;
    if (isNoRoom(error)) throw noRoomFor('for the project');
    throw new UserError(
      `“${zip.name}” is damaged: ${error instanceof Error ? error.message : String(error)}. Export it again.`,
    );
  } finally {
    await reader.close();
  }
}

type Entries = ReadonlyMap<string, FileEntry>;

function refuseUnsafe(entries: readonly FileEntry[], zipName: string): void {
  const unsafe = entries.find(
    ({ filename }) => /^[/\\]|^[a-z]:/i.test(filename) || filename.split(/[/\\]/).includes('..'),
  );
  if (unsafe)
    throw new UserError(
      `“${zipName}” has an entry “${unsafe.filename.slice(0, 80)}”, which leads outside of it. No project has such a name, so it is not opened.`,
    );
}

async function readProject(
  entries: Entries,
  zipName: string,
  project: string,
  onProgress: OnProgress,
): Promise<void> {
  const description = entries.get(DESCRIPTION);
  if (!description)
    throw new UserError(
      `“${zipName}” is not a project: it has no ${DESCRIPTION}. Choose a zip that was exported from Projects.`,
    );
  const content = await contentOf(description);
  const named = zipSchema.safeParse(content);
  if (!named.success)
    throw new UserError(
      `“${zipName}” is not a project: its ${DESCRIPTION} cannot be read. Choose a zip that was exported from Projects.`,
    );
  const parts: { kind: PartKind; id: string; value: unknown }[] = [];
  for (const part of named.data.parts) {
    const entry = entries.get(part.file);
    // A run or model that cannot be read is shown as such; the rest is opened.
    if (part.kind === 'run')
      parts.push({ kind: 'run', id: part.id, value: entry ? await contentOf(entry) : null });
    else parts.push({ kind: 'model', id: part.id, value: part.value });
    if (part.kind === 'model' && entry)
      await writeWhole(await projectFolder(project, 'models'), `${part.id}.safetensors`, [
        await bytesOf(entry),
      ]);
    if (part.kind === 'run')
      for (const name of CHECKPOINT_FILES) {
        const point = entries.get(`checkpoints/${part.id}/${name}`);
        if (point)
          await writeWhole(await projectFolder(project, 'checkpoints', part.id), name, [
            await bytesOf(point),
          ]);
      }
  }
  const { header } = parseProject({ header: content, parts });
  const data = header.source && (await readImages(entries, zipName, project, onProgress));
  await store({
    header: {
      ...header,
      ...{ id: project, deletedAt: null, changedAt: Date.now() },
      source: data === null ? null : { kind: 'kept', project, data },
    },
    put: parts,
    remove: [],
  });
}

async function readImages(
  entries: Entries,
  zipName: string,
  project: string,
  onProgress: OnProgress,
): Promise<string> {
  const description = entries.get(DATA);
  const parsed = zippedData.safeParse(description && (await contentOf(description)));
  if (!parsed.success)
    throw new UserError(`“${zipName}” is damaged: ${DATA} is missing or cannot be read. Export it again.`);
  const { images, uncorrected, ...kept } = parsed.data;
  const data = crypto.randomUUID();
  const folder = await projectFolder(project, 'data', data);
  const apart = uncorrected?.apart ?? [];
  const total = images.length + apart.length;
  let done = 0;
  const write = async (name: string, files: readonly { file: string }[], pixelHash: string) => {
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    try {
      for (const { file } of files) {
        onProgress({ label: 'Reading the images', done: done++, total });
        await stream.write(await pixelsOf(entries.get(file), kept.side, file, zipName));
      }
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
    const written = await readFile(folder, name);
    if (!written || (await sha256OfBlobs([written])) !== pixelHash)
      throw new UserError(
        `The images in “${zipName}” were changed after it was exported: their SHA-256 is another. Its runs belong to the images that they were trained on, so it is not opened.`,
      );
  };
  await write(KEPT_FILES.images, images, kept.pixelHash);
  if (uncorrected) await write(KEPT_FILES.apart, apart, uncorrected.pixelHash);
  const withoutFile = <T extends { file: string }>({ file: _, ...image }: T) => image;
  const rest: KeptDataset = {
    ...{ ...kept, images: images.map(withoutFile) },
    uncorrected: uncorrected && { ...uncorrected, apart: apart.map(withoutFile) },
  };
  await writeWhole(folder, KEPT_FILES.description, [new TextEncoder().encode(JSON.stringify(rest))]);
  return data;
}

/** @throws UserError if there is no such image of this side */
async function pixelsOf(
  entry: FileEntry | undefined,
  side: number,
  file: string,
  zipName: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pixels =
    entry && entry.uncompressedSize <= mostBytes(side) && (await pixelsOfPng(await blobOf(entry), side));
  if (pixels) return pixels;
  throw new UserError(
    `“${zipName}” is damaged: the image “${file.slice(0, 80)}” is missing or has another size. Export it again.`,
  );
}

/** A PNG of this side cannot be larger. */
const mostBytes = (side: number) => 8 * side ** 2 + 65_536;

const blobOf = (entry: FileEntry) => entry.getData(new BlobWriter('image/png'));
const bytesOf = async (entry: FileEntry) =>
  new Uint8Array(await (await entry.getData(new BlobWriter())).arrayBuffer());

/** The text itself where it is not JSON; null if it is too long. */
async function contentOf(entry: FileEntry): Promise<unknown> {
  if (entry.uncompressedSize > MOST_JSON) return null;
  const text = await entry.getData(new TextWriter());
  return jsonOf(text) ?? text;
}
