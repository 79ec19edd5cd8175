/** Opens the weight file among the files a person chose. The format is detected from the content, not from the name. */

import type { NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { z } from '../schema';
import { isLegacy, openPyTorch } from './pytorch';
import { openSafetensors } from './safetensors';
import { indexedShards, joined, shardOf, shardsNamed, type WeightMap, weightMapOf } from './shards';
import { baseName, openTfjsModel, readJson } from './tfjs-model';
import { readBlob, type WeightFile } from './weight-file';

/** Number of first bytes that distinguish all formats. */
const FIRST_BYTES = 64;

interface Other {
  /** The signature in the content, and its offset. */
  begins?: string;
  at?: number;
  /** Or the ending of the name, if the format has no signature. */
  ending?: RegExp;
  /** Completes “… is”. */
  what: string;
}

const KERAS = 'Convert it with tensorflowjs_converter and choose model.json and its shards';

/** Weight formats that are not supported, and files that people choose by mistake. */
const OTHERS: readonly Other[] = [
  { begins: '\x89HDF', what: `a Keras HDF5 file. ${KERAS}` },
  {
    begins: 'version https://git-lfs',
    what: 'only a pointer to a file in Git LFS. Download the file itself',
  },
  { begins: '<', what: 'a web page, not a file of weights. Download the file itself' },
  { begins: '\x1f\x8b', what: 'compressed with gzip. Unpack it, and choose the file inside' },
  { begins: '\x93NUMPY', what: 'a NumPy array. Save all weights by name as .safetensors' },
  { begins: 'GGUF', what: 'a GGUF file, usually of a language model. Choose a ResNet-50 file' },
  {
    begins: 'TFL3',
    at: 4,
    what: `a TensorFlow Lite model. Use the model that it was converted from. ${KERAS}`,
  },
  {
    begins: '\x80',
    what: 'a Python pickle in another format than that of torch.save. Save model.state_dict() with torch.save',
  },
  {
    ending: /\.onnx$/i,
    what: 'an ONNX model. Use the PyTorch or Keras model that it was exported from, as .pth or .safetensors',
  },
  { ending: /\.pb$/i, what: `a TensorFlow graph. ${KERAS}` },
  { ending: /\.(index|data-\d+-of-\d+)$/i, what: `a part of a TensorFlow checkpoint. ${KERAS}` },
  {
    ending: /\.(msgpack|pdparams|caffemodel|params|mlmodel|t7)$/i,
    what: 'a weight file of an unsupported library. Save the weights as .safetensors',
  },
];

/** The field of a Hugging Face `config.json` that the weights do not determine (transformers, ResNetConfig). */
const configSchema = z.object({ downsample_in_bottleneck: z.boolean() });

type Open = (files: readonly NamedFile[]) => Promise<WeightFile>;

interface Candidate {
  path: string;
  open: Open;
}

/**
 * Opens the weight file among `files`: a safetensors file (optionally with a Hugging Face `config.json`), a file written by torch.save,
 * shards of either with or without their index, or a tfjs `model.json` with its shards.
 * @throws UserError if there is none, more than one, or it is damaged
 */
export async function openWeightFile(files: readonly NamedFile[]): Promise<WeightFile> {
  const found: Candidate[] = [];
  const indexed = new Set<string>();
  const config: Record<string, string> = {};
  for (const file of files) {
    const name = baseName(file.path);
    const first = await readBlob(file.file.slice(0, FIRST_BYTES), name);
    const open = openerOf(first, file);
    if (open) found.push({ path: file.path, open });
    else if (startsWithBrace(first)) {
      const json = await readJson(file.file, name);
      const parsed = configSchema.safeParse(json);
      const map = weightMapOf(json);
      if (isManifest(json))
        found.push({ path: file.path, open: async (all) => openTfjsModel(json, file, all) });
      else if (map) {
        for (const shard of Object.values(map)) indexed.add(baseName(shard));
        found.push({ path: file.path, open: (all) => openShards(indexedShards(map, name, all), name, map) });
      } else if (parsed.success) config.stride_in_1x1 = String(parsed.data.downsample_in_bottleneck);
    }
  }
  const whole = withShardsJoined(found.filter(({ path }) => !indexed.has(baseName(path))));
  const [chosen] = whole;
  if (!chosen) throw await unknown(files);
  if (whole.length > 1) {
    const names = whole.slice(0, 3).map(({ path }) => `“${baseName(path)}”`);
    throw new UserError(`There are ${whole.length} weight files: ${names.join(', ')}. Choose one of them.`);
  }
  const file = await chosen.open(files);
  return { ...file, metadata: { ...config, ...file.metadata } };
}

/** Joins files whose names identify them as shards of one model. */
function withShardsJoined(found: readonly Candidate[]): Candidate[] {
  const joinedBy = new Map<string, Candidate>();
  for (const candidate of found) {
    const name = baseName(candidate.path);
    const shard = shardOf(name);
    const [first = name] = shard?.names ?? [];
    const subject = `“${name}” is part ${shard?.place} of ${shard?.names.length}, and`;
    if (!shard) joinedBy.set(candidate.path, candidate);
    else if (!joinedBy.has(first))
      joinedBy.set(first, {
        path: candidate.path,
        open: (all) => openShards(shardsNamed(shard.names, all, subject), first, null),
      });
  }
  return [...joinedBy.values()];
}

async function openShards(
  shards: readonly NamedFile[],
  fileName: string,
  map: WeightMap | null,
): Promise<WeightFile> {
  const opened: WeightFile[] = [];
  for (const shard of shards) {
    const open = openerOf(await readBlob(shard.file.slice(0, FIRST_BYTES), shard.path), shard);
    if (!open) throw await unknown([shard]);
    opened.push(await open([shard]));
  }
  return joined(fileName, opened, map);
}

/** The opener for formats that consist of one file. */
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
    const name = baseName(path);
    const first = await readBlob(file.slice(0, FIRST_BYTES), name);
    const known = OTHERS.find(({ begins: text, at = 0, ending }) =>
      text === undefined ? ending?.test(name) : begins(first.subarray(at), text),
    );
    if (known) return new UserError(`“${name}” is ${known.what}.`);
  }
  const [only] = files;
  const subject = files.length === 1 && only ? `“${baseName(only.path)}” is not` : 'None of these files is';
  return new UserError(
    `${subject} a supported weight file. Choose a .safetensors file, a PyTorch state dict (.pth, .bin), or a TensorFlow.js model.json with its shards.`,
  );
}
