/**
 * A file of pretrained weights, whichever form it has. Opening one reads its table of contents, checks every claim in it
 * against the bytes that are there, and leaves the numbers in the file until they are asked for.
 */
import { UserError } from '../user-error';
import { DECODERS, isRead } from './number-types';

export type WeightForm = 'safetensors' | 'pytorch' | 'tfjs';

export interface WeightTensor {
  /** As stored: a type name of the safetensors format. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its numbers, row-major. Throws `UserError` where they are no floating point or the file can no longer be read. */
  read(): Promise<Float32Array>;
}

export interface WeightFile {
  /** For messages to the person. */
  readonly fileName: string;
  readonly form: WeightForm;
  /** Everything the file consists of, in its own order: what its hash is taken of. */
  readonly blobs: readonly Blob[];
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** What the file says of itself, and of a `config.json` beside it whether blocks stride in their first convolution. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface StoredWeight {
  fileName: string;
  name: string;
  dtype: string;
  shape: readonly number[];
  /** The tensor's own bytes, little-endian. */
  bytes: () => Promise<Uint8Array>;
}

/** A tensor whose bytes lie in a file as they are. */
export function weightTensor({ fileName, name, dtype, shape, bytes }: StoredWeight): WeightTensor {
  const read = async () => {
    const numbers = isRead(dtype) ? DECODERS[dtype](await bytes()) : null;
    if (!(numbers instanceof Float32Array)) throw wrongType(fileName, name, dtype);
    return numbers;
  };
  return { dtype, shape, read };
}

export function wrongType(fileName: string, name: string, dtype: string): UserError {
  return new UserError(
    `“${fileName}”: tensor “${name}” is stored as ${dtype}, expected F32, F16 or BF16. Convert it to one of these.`,
  );
}

/** @throws UserError where the browser can no longer read the file */
export async function readBlob(blob: Blob, fileName: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new UserError(
      `“${fileName}” can no longer be read: it was moved, changed or is too large. Choose it again.`,
    );
  }
}

/** A name from a file, for a message. */
export function shortened(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}
