/** From what a person chose to a weight file: its form is told by its content, whatever it is called. */
import { z } from 'zod';
import { UserError } from '../user-error';
import type { NamedFile } from '../worker/protocol';
import { isLegacy, openPyTorch } from './pytorch';
import { openSafetensors } from './safetensors';
import { baseName, openTfjsModel, readJson } from './tfjs-model';
import { readBlob, type WeightFile } from './weight-file';

/** Enough to tell every form from the others. */
const FIRST_BYTES = 64;

/** What people choose by mistake, by how it begins, and what to do then. */
const OTHERS: readonly (readonly [begins: string, advice: string])[] = [
  [
    '\x89HDF',
    'is a Keras HDF5 file. Convert it with tensorflowjs_converter and choose model.json and its shards',
  ],
  ['version https://git-lfs', 'is only a pointer to a file in Git LFS. Download the file itself'],
  ['<', 'is a web page, not a file of weights. Download the file itself'],
];

/** The part of a Hugging Face `config.json` that the weights leave open (transformers, ResNetConfig). */
const configSchema = z.object({ downsample_in_bottleneck: z.boolean() });

type Open = (files: readonly NamedFile[]) => Promise<WeightFile>;

/**
 * Opens the weight file among `files`: a safetensors file (also with a Hugging Face `config.json` beside it), a PyTorch state
 * dict, or a tfjs `model.json` with its shards.
 * @throws UserError where there is none, more than one, or it is damaged
 */
export async function openWeightFile(files: readonly NamedFile[]): Promise<WeightFile> {
  const found: { path: string; open: Open }[] = [];
  const config: Record<string, string> = {};
  for (const file of files) {
    const name = baseName(file.path);
    const first = await readBlob(file.file.slice(0, FIRST_BYTES), name);
    const open = openerOf(first, file);
    if (open) found.push({ path: file.path, open });
    else if (startsWithBrace(first)) {
      const json = await readJson(file.file, name);
      const parsed = configSchema.safeParse(json);
      if (isManifest(json))
        found.push({ path: file.path, open: async (all) => openTfjsModel(json, file, all) });
      else if (parsed.success) config.stride_in_1x1 = String(parsed.data.downsample_in_bottleneck);
    }
  }
  const [chosen] = found;
  if (!chosen) throw await unknown(files);
  if (found.length > 1) {
    const names = found.slice(0, 3).map(({ path }) => `“${baseName(path)}”`);
    throw new UserError(`There are ${found.length} weight files: ${names.join(', ')}. Choose one of them.`);
  }
  const file = await chosen.open(files);
  return { ...file, metadata: { ...config, ...file.metadata } };
}

/** For the forms that are one file. */
function openerOf(first: Uint8Array, { path, file }: NamedFile): Open | null {
  const name = baseName(path);
  // Eight bytes of length, of which the upper four are zero in any header that is read.
  if (first[8] === 0x7b && first.subarray(4, 8).every((byte) => byte === 0))
    return () => openSafetensors(file, name);
  if (begins(first, 'PK\x03\x04')) return () => openPyTorch(file, name, false);
  if (isLegacy(first)) return () => openPyTorch(file, name, true);
  return null;
}

function isManifest(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'weightsManifest' in json;
}

function startsWithBrace(first: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(first).trimStart().startsWith('{');
}

function begins(first: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => first[i] === character.charCodeAt(0));
}

async function unknown(files: readonly NamedFile[]): Promise<UserError> {
  for (const { path, file } of files) {
    const first = await readBlob(file.slice(0, FIRST_BYTES), baseName(path));
    const known = OTHERS.find(([text]) => begins(first, text));
    if (known) return new UserError(`“${baseName(path)}” ${known[1]}.`);
  }
  const [only] = files;
  const subject = files.length === 1 && only ? `“${baseName(only.path)}” is` : 'These files have';
  return new UserError(
    `${subject} no weight file that can be read here. Choose a .safetensors file, a PyTorch state dict (.pth, .bin), or a TensorFlow.js model.json with its shards.`,
  );
}
