/**
 * Reads a TensorFlow.js model: `model.json` and the shards named by its weights manifest (tfjs-core, src/io/types.ts). A layers-model and
 * a graph-model list weights in the same way. The shards of a group are concatenated, and so are the weights in them.
 */

import type { NamedFile } from '../core/dataset';
import { UserError } from '../core/user-error';
import { z } from '../schema';
import { BYTES_PER_NUMBER, product, uint16 } from './number-types';
import {
  readBlob,
  shortened,
  TENSORS_ALONE,
  type WeightFile,
  type WeightTensor,
  weightTensor,
} from './weight-file';

/** Maximum size of `model.json`, without weights. A ResNet-50's has 100 KB. */
const MAX_JSON_BYTES = 32 * 2 ** 20;

const quantizationSchema = z.discriminatedUnion('dtype', [
  z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal('float16') }),
]);
type Quantization = z.infer<typeof quantizationSchema>;

const manifestSchema = z.array(
  z.object({
    paths: z.array(z.string()),
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().nonnegative()),
        dtype: z.enum(['float32', 'int32', 'bool', 'complex64']),
        quantization: quantizationSchema.optional(),
      }),
    ),
  }),
);
type Group = z.infer<typeof manifestSchema>[number];

/** tfjs' name of a type → its name in safetensors. */
const TYPES = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
  complex64: 'C64',
  float16: 'F16',
  uint8: 'U8',
  uint16: 'U16',
} as const;

/**
 * Opens a model.json whose text is `json`; its shards are found among `files` by their names.
 * @throws UserError if the manifest is damaged or a shard is missing or of another size
 */
export function openTfjsModel(json: unknown, file: NamedFile, files: readonly NamedFile[]): WeightFile {
  const fileName = baseName(file.path);
  const parsed = z.object({ weightsManifest: manifestSchema }).safeParse(json);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') || 'weightsManifest';
    throw damaged(fileName, `its field “${field.slice(0, 200)}” is not valid`);
  }
  const manifest = parsed.data.weightsManifest;
  const shards = findShards(manifest, fileName, files);
  const tensors = new Map<string, WeightTensor>();
  manifest.forEach((group, index) => {
    openGroup(group, new Blob(shards[index]), fileName, tensors);
  });
  return {
    fileName,
    form: 'tfjs',
    blobs: [file.file, ...shards.flat()],
    tensors,
    metadata: {},
    ...TENSORS_ALONE,
  };
}

/** The parsed JSON of a blob, or null if it is not JSON. */
export async function readJson(blob: Blob, fileName: string): Promise<unknown> {
  if (blob.size > MAX_JSON_BYTES)
    throw new UserError(
      `“${fileName}” is a text of ${(blob.size / 2 ** 20).toFixed(0)} MB, longer than any model.json. Choose the file that lists the weights.`,
    );
  const bytes = await readBlob(blob, fileName);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function damaged(fileName: string, fault: string): UserError {
  return new UserError(
    `“${fileName}” is not a usable TensorFlow.js model: ${fault}. Download it again, with every shard.`,
  );
}

/** The shards of each group. */
function findShards(manifest: readonly Group[], fileName: string, files: readonly NamedFile[]): Blob[][] {
  const byName = new Map(files.map(({ path, file }) => [baseName(path), file]));
  const missing: string[] = [];
  const shards = manifest.map(({ paths }) =>
    paths.flatMap((path) => {
      const shard = byName.get(baseName(path));
      if (!shard) missing.push(shortened(baseName(path)));
      return shard ? [shard] : [];
    }),
  );
  if (missing.length > 0) {
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
    throw new UserError(
      `“${fileName}” needs the files ${missing.slice(0, 3).join(', ')}${more} beside it. Choose them together with it.`,
    );
  }
  return shards;
}

function openGroup(
  { weights }: Group,
  whole: Blob,
  fileName: string,
  tensors: Map<string, WeightTensor>,
): void {
  let end = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    const start = end;
    const stored = TYPES[quantization?.dtype ?? dtype];
    end += product(shape) * (BYTES_PER_NUMBER.get(stored) ?? 0);
    if (end > whole.size)
      throw damaged(
        fileName,
        `weight “${shortened(name)}” ends at byte ${end} of its shards, which have ${whole.size}`,
      );
    const part = whole.slice(start, end);
    const bytes = async () => {
      const read = await readBlob(part, fileName);
      if (read.length !== part.size) throw damaged(fileName, `weight “${shortened(name)}” is cut short`);
      return read;
    };
    const plain = weightTensor({ fileName, name, dtype: stored, shape, bytes });
    tensors.set(
      name,
      dtype === 'float32' && quantization && quantization.dtype !== 'float16'
        ? { ...plain, dtype: 'F32', read: async () => dequantized(await bytes(), quantization) }
        : plain,
    );
  }
  if (end !== whole.size)
    throw damaged(fileName, `its shards have ${whole.size} bytes, its weights take ${end}`);
}

/** q·scale + min */
function dequantized(
  bytes: Uint8Array,
  { dtype, scale, min }: Exclude<Quantization, { dtype: 'float16' }>,
): Float32Array {
  const levels = dtype === 'uint8' ? bytes : uint16(bytes);
  const result = new Float32Array(levels.length);
  for (let i = 0; i < result.length; i++) result[i] = (levels[i] ?? 0) * scale + min;
  return result;
}
