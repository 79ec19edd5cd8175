/**
 * The adapter file: the result of a run, small enough to mail (docs/adapter-file.md). It is one safetensors file of
 * F32 tensors; everything else is one JSON text under `adapter` in its metadata. This module validates
 * every field; it does not depend on the tuning methods and computes nothing with the tensors.
 */
import { createSHA256 } from 'hash-wasm';
import type { ByClass } from '../core/model';
import { UserError } from '../core/user-error';
import type { Framing } from '../data/decode';
import { readSafetensors, type Safetensors, safetensorsBytes, writeSafetensors } from '../files/safetensors';
import { z } from '../schema';
import { runConfigSchema } from '../training/run-config';

/** The format this code writes and reads. */
export const ADAPTER_FORMAT = 1;

const METADATA_KEY = 'adapter';

/** Whether the metadata of a safetensors file says that it is an adapter, of any format. */
export const isAdapter = (metadata: Record<string, string>) => METADATA_KEY in metadata;

/** Characters of the longest number in JSON: a sign, seven zeros with their point, and 17 digits. */
const NUMBER_CHARS = 25;
/** Sufficient for the maximum number of classes with the longest names and their logits. */
const MAX_HEADER_CHARS = 32_000_000;
const MAX_ENTRIES = 10_000;
/** Maximum number of check images. Files have four; each needs a forward pass. */
const MAX_CHECK_IMAGES = 16;

/** How images are made square, in words. */
export const RESIZING = {
  crop: 'shorter side to 8/7 of the input size, then centre crop',
  squeeze: 'to the input size, whatever its shape',
} as const satisfies Record<Framing, string>;

const text = z.string().max(1000);
const count = z.int().nonnegative();
const positive = z.number().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const numbersByName = z
  .record(text, z.number())
  .refine((record) => Object.keys(record).length <= MAX_ENTRIES, { error: 'too many entries' });
const steps = numbersByName.refine((record) => Object.values(record).every((value) => value > 0), {
  error: 'must be positive',
});

/** Correct images and images of every class, in the order of `classes`. */
const byClass = z.object({
  correct: z.array(count).max(MAX_ENTRIES),
  images: z.array(count).max(MAX_ENTRIES),
}) satisfies z.ZodType<ByClass>;

// Fields that older files lack have a default.
const headerSchema = z.object({
  format: z.literal(ADAPTER_FORMAT),
  createdBy: z.object({ name: text, version: text }),
  /** The run's name. */
  name: text,
  /** Id of the tuning method; `options` are its values. */
  setting: text,
  options: numbersByName,
  /** The backbone it was trained on; `hash` is the weight file's SHA-256 in hex. */
  backbone: z.object({ id: text, hash: sha256 }),
  /** In the order of the head's rows. */
  classes: z.array(text).min(1).max(MAX_ENTRIES),
  /** Side of the square input, pixels. */
  inputSize: z.int().positive().max(8192),
  /** `tensorHash` of the file's tensors. */
  tensorHash: sha256.nullable().default(null),
  /** RGB bytes → (byte · scale − mean) / std per channel. */
  preprocessing: z.object({
    channels: z.literal('RGB'),
    scale: positive,
    mean: perChannel,
    std: z.tuple([positive, positive, positive]),
    resize: z.enum([RESIZING.crop, RESIZING.squeeze]),
  }),
  /** How α is computed from W and each `<layer>.D`, and α_c from each `<layer>.Dc` (docs/method.md §1); steps are by layer. */
  coding: z.object({
    lambda: positive,
    iterations: z.int().positive().max(1000),
    lipschitz: steps,
    blockLipschitz: steps.default({}),
  }),
  training: z.object({
    config: runConfigSchema,
    outcome: z.enum(['finished', 'stopped', 'failed']),
    /** Number of epochs of the run, and the epoch whose tensors are stored. */
    epochs: count,
    keptEpoch: count,
    /** Number of validation images classified correctly with these tensors, and number of validation images. */
    correct: count,
    validationImages: count,
    /** The same by class, for the validation images and, if there are any, the test images. */
    byClass: z.object({ validation: byClass, test: byClass.nullable() }).nullable().default(null),
    /** Name of the data set. */
    data: text.nullable().default(null),
    /** When the run ended. */
    ended: z.iso.datetime().nullable().default(null),
    trainable: z.object({ backbone: count, head: count }),
    seconds: z.number().nonnegative(),
    backend: z.enum(['webgpu', 'wasm']),
  }),
  /** Logits `[images][classes]` of `checkImages(images, inputSize)`. */
  check: z.object({
    images: z.int().positive().max(MAX_CHECK_IMAGES),
    logits: z.array(z.array(z.number()).max(MAX_ENTRIES)).max(MAX_CHECK_IMAGES),
    /** Precision of the backbone that computed the logits. */
    precision: z.enum(['single', 'half']).default('single'),
  }),
});

export type AdapterHeader = z.infer<typeof headerSchema>;

export interface AdapterTensor {
  shape: number[];
  data: Float32Array;
}

export interface Adapter {
  header: AdapterHeader;
  /**
   * `<layer>.<setting>.<name>` for trained parameters, `<layer>.D` for atoms, `head.weight`
   * `[classes, features]` and `head.bias` `[classes]`.
   */
  tensors: Map<string, AdapterTensor>;
}

/**
 * The adapter as the bytes of a file. Equal adapters give equal bytes.
 * @throws Error if `decodeAdapter` would reject the file, which is a bug in the caller.
 */
export function encodeAdapter({ header, tensors }: Adapter): Uint8Array<ArrayBuffer> {
  const parsed = headerSchema.parse(header);
  const fault = disagreement({ header: parsed, tensors });
  if (fault) throw new Error(`This adapter cannot be written: ${fault}.`);
  return writeSafetensors(tensors, metadataOf(parsed));
}

/**
 * Number of bytes that `encodeAdapter` writes for this header, for any check logits, and tensors of these shapes. Does not allocate
 * memory of that size.
 */
export function adapterBytes(header: AdapterHeader, shapes: ReadonlyMap<string, number[]>): number {
  return safetensorsBytes(shapes, metadataOf(headerSchema.parse(header)));
}

/**
 * SHA-256, hex, over the tensors in the order of their names: for each the line `<name> <shape>`, with commas in the shape and a line
 * feed at its end, then its numbers as in the file.
 */
export async function tensorHash(tensors: Adapter['tensors']): Promise<string> {
  const hasher = await createSHA256();
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hasher.update(`${name} ${shape.join()}\n`);
    hasher.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hasher.digest('hex');
}

/** Padded with spaces to the maximum length of every check logit, so that a file's size is known before its logits are computed. */
function metadataOf(header: AdapterHeader): Record<string, string> {
  const json = JSON.stringify(header);
  const short = header.check.logits
    .flat()
    .reduce((sum, logit) => sum + NUMBER_CHARS - JSON.stringify(logit).length, 0);
  return { [METADATA_KEY]: json + ' '.repeat(short) };
}

/**
 * Reads an adapter file. The tensors may share memory with `bytes`.
 * @throws UserError naming the file if it is not an adapter file, is damaged, or has a newer format.
 */
export function decodeAdapter(bytes: Uint8Array, fileName: string): Adapter {
  const file = readSafetensors(bytes, fileName);
  const adapter = { header: readHeader(file), tensors: readTensors(file) };
  const fault = disagreement(adapter);
  if (fault) throw damaged(fileName, fault);
  return adapter;
}

/** The error for a file whose content contradicts itself, the format, or its backbone. */
export function damaged(fileName: string, fault: string): UserError {
  return new UserError(
    `“${fileName}” is not a usable adapter file: ${fault}. Export it again where it was trained.`,
  );
}

function readHeader({ metadata, fileName }: Safetensors): AdapterHeader {
  const json = Object.hasOwn(metadata, METADATA_KEY) ? metadata[METADATA_KEY] : undefined;
  if (json === undefined) {
    throw new UserError(
      `“${fileName}” is a safetensors file but not an adapter. Choose a file downloaded from a run, or load weights as a backbone.`,
    );
  }
  const header = parseJson(json, fileName);
  const version = z.object({ format: z.int().positive() }).safeParse(header);
  if (version.success && version.data.format > ADAPTER_FORMAT) {
    throw new UserError(
      `“${fileName}” has adapter format ${version.data.format}; this version reads format ${ADAPTER_FORMAT}. Reload the page to get the newest version.`,
    );
  }
  const parsed = headerSchema.safeParse(header);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.').slice(0, 200) || 'header';
  throw damaged(fileName, `its field “${field}” is not valid (${issue?.message.slice(0, 200)})`);
}

function parseJson(json: string, fileName: string): unknown {
  if (json.length > MAX_HEADER_CHARS) throw damaged(fileName, 'its header is too long');
  try {
    return JSON.parse(json);
  } catch {
    throw damaged(fileName, 'its header is not JSON text');
  }
}

function readTensors({ tensors, unread, fileName }: Safetensors): Map<string, AdapterTensor> {
  for (const [name, dtype] of unread) throw wrongType(fileName, name, dtype);
  const read = new Map<string, AdapterTensor>();
  for (const [name, { dtype, shape, data }] of tensors) {
    if (dtype !== 'F32' || !(data instanceof Float32Array)) throw wrongType(fileName, name, dtype);
    read.set(name, { shape, data });
  }
  return read;
}

function wrongType(fileName: string, name: string, dtype: string): UserError {
  return damaged(fileName, `tensor “${name.slice(0, 80)}” is stored as ${dtype} instead of F32`);
}

/** A contradiction within the adapter, as part of a sentence; null if there is none. */
function disagreement({ header, tensors }: Adapter): string | null {
  const { classes, check, coding, training } = header;
  if (check.logits.length !== check.images || check.logits.some((row) => row.length !== classes.length)) {
    return `its check logits are not ${check.images} images × ${classes.length} classes`;
  }
  if (training.correct > training.validationImages) {
    return `it states ${training.correct} correct of ${training.validationImages} validation images`;
  }
  if (training.keptEpoch > training.epochs) {
    return `it states epoch ${training.keptEpoch} of ${training.epochs}`;
  }
  return byClassFault(header) ?? headFault(tensors, classes.length) ?? tensorFault(tensors, coding);
}

function byClassFault({ classes, training }: AdapterHeader): string | null {
  if (!training.byClass) return null;
  const { validation, test } = training.byClass;
  const parts: ByClass[] = test ? [validation, test] : [validation];
  for (const { correct, images } of parts) {
    if (correct.length !== classes.length || images.length !== classes.length)
      return `its accuracy by class is not that of ${classes.length} classes`;
    const wrong = images.findIndex((total, label) => (correct[label] ?? 0) > total);
    if (wrong >= 0) return `it states ${correct[wrong]} correct of ${images[wrong]} images of a class`;
  }
  if (sum(validation.correct) !== training.correct || sum(validation.images) !== training.validationImages)
    return 'its accuracy by class contradicts its validation accuracy';
  return null;
}

const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);

function headFault(tensors: Adapter['tensors'], classes: number): string | null {
  const weight = tensors.get('head.weight');
  const bias = tensors.get('head.bias');
  if (!weight || !bias) return `it has no tensor “head.${weight ? 'bias' : 'weight'}”`;
  if (weight.shape.length !== 2 || weight.shape[0] !== classes || weight.shape[1] === 0) {
    return `its head.weight has the shape [${weight.shape}], expected [${classes}, features]`;
  }
  if (bias.shape.length !== 1 || bias.shape[0] !== classes) {
    return `its head.bias has the shape [${bias.shape}], expected [${classes}]`;
  }
  return null;
}

function tensorFault(tensors: Adapter['tensors'], coding: AdapterHeader['coding']): string | null {
  for (const [name, { data }] of tensors) {
    if (name.length > 1000) return 'a tensor in it has a name longer than 1,000 characters';
    if (!data.every(Number.isFinite)) return `its tensor “${name}” holds a value that is not finite`;
    const [, layer, blocks] = /^(.+)\.D(c?)$/.exec(name) ?? [];
    if (layer && !Object.hasOwn(blocks ? coding.blockLipschitz : coding.lipschitz, layer))
      return `it has no step size for “${name}”`;
  }
  return null;
}
