/**
 * A file of pretrained weights, whichever form it has. Opening one reads its table of contents, checks every claim in it
 * against the bytes that are there, and leaves the numbers in the file until they are asked for.
 */
import { UserError } from '../user-error';
import { DECODERS, isRead } from './number-types';

export type WeightForm = 'safetensors' | 'pytorch' | 'tfjs';

export interface WeightTensor {
  /** As stored: a type name of the safetensors format; F32 where whole numbers with a scale stand for it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its numbers, row-major; F64 is rounded to 32 bits. Throws `UserError` where they are no floating point or the file can no longer be read. */
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
  /** Its outermost keys: those of a checkpoint's parts, `state_dict` or `epoch`, or the tensors' own names. Empty where a form has none. */
  readonly keys: readonly string[];
  /** Values that are neither tensors of a known type nor dictionaries, by name: what they are, for messages. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Sentences the person should read: what was left out. */
  readonly notices: readonly string[];
}

/** For forms whose files hold tensors and nothing else. */
export const TENSORS_ALONE = { keys: [], unreadable: new Map<string, string>(), notices: [] } as const;

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
    if (dtype === 'F64') return narrowed(await bytes());
    const numbers = isRead(dtype) ? DECODERS[dtype](await bytes()) : null;
    if (!(numbers instanceof Float32Array)) throw wrongType(fileName, name, dtype);
    return numbers;
  };
  return { dtype, shape, read };
}

/** The types that `read` gives as 32-bit floating point. */
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

/** A key for a message, with what it holds where that cannot be read. */
export function quotedKey(key: string, unreadable: WeightFile['unreadable']): string {
  const what = unreadable.get(key);
  return `“${shortened(key)}”${what === undefined ? '' : ` (${what})`}`;
}

/** Names that a message lists. */
const LISTED = 6;

export function listed(names: readonly string[], most = LISTED): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}
