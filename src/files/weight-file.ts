/**
 * A file of pretrained weights, in any supported format. Opening a file reads its table of contents and validates it against the
 * file's size; the numbers are read on demand.
 */
import { UserError } from '../core/user-error';
import { DECODERS, isRead } from './number-types';

export type WeightForm = 'safetensors' | 'pytorch' | 'tfjs';

export interface WeightTensor {
  /** The stored type, by its safetensors name; F32 for quantized numbers (integers with a scale). */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The numbers, row-major; F64 is rounded to fp32. Throws `UserError` if they are not floating point or the file is unreadable. */
  read(): Promise<Float32Array>;
}

export interface WeightFile {
  /** For messages to the person. */
  readonly fileName: string;
  readonly form: WeightForm;
  /** All parts of the file in order; its hash is computed from these. */
  readonly blobs: readonly Blob[];
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** The file's metadata, and from a `config.json` whether blocks stride in their first convolution. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The top-level keys: parts of a checkpoint (`state_dict`, `epoch`) or tensor names. Empty for formats without such keys. */
  readonly keys: readonly string[];
  /** For messages: descriptions, by name, of values that are neither tensors of a known type nor dictionaries. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Sentences for the person on what was left out. */
  readonly notices: readonly string[];
}

/** For formats whose files contain only tensors. */
export const TENSORS_ALONE = { keys: [], unreadable: new Map<string, string>(), notices: [] } as const;

interface StoredWeight {
  fileName: string;
  name: string;
  dtype: string;
  shape: readonly number[];
  /** The tensor's bytes, little-endian. */
  bytes: () => Promise<Uint8Array>;
}

/** A tensor that is stored in a file without further encoding. */
export function weightTensor({ fileName, name, dtype, shape, bytes }: StoredWeight): WeightTensor {
  const read = async () => {
    if (dtype === 'F64') return narrowed(await bytes());
    const numbers = isRead(dtype) ? DECODERS[dtype](await bytes()) : null;
    if (!(numbers instanceof Float32Array)) throw wrongType(fileName, name, dtype);
    return numbers;
  };
  return { dtype, shape, read };
}

/** The types that `read` converts to fp32. */
export const FLOATING_POINT: readonly string[] = ['F32', 'F16', 'BF16', 'F64'];

function narrowed(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  return Float32Array.from(new Float64Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 8));
}

export function wrongType(fileName: string, name: string, dtype: string): UserError {
  return new UserError(
    `“${fileName}”: tensor “${name}” is stored as ${dtype}, expected F32, F16 or BF16. Convert it to one of these.`,
  );
}

/** @throws UserError if the browser can no longer read the file */
export async function readBlob(blob: Blob, fileName: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new UserError(
      `“${fileName}” can no longer be read: it was moved, changed or is too large. Choose it again.`,
    );
  }
}

/** A name from a file, shortened for a message. */
export function shortened(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

/** A key for a message, with a description of its value if that is unreadable. */
export function quotedKey(key: string, unreadable: WeightFile['unreadable']): string {
  const what = unreadable.get(key);
  return `“${shortened(key)}”${what === undefined ? '' : ` (${what})`}`;
}

/** Maximum number of names in a message. */
const LISTED = 6;

export function listed(names: readonly string[], most = LISTED): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}
