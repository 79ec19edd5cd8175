/**
 * The safetensors container (https://github.com/huggingface/safetensors, section "Format"): eight bytes of header
 * length, a JSON header, then the tensors' bytes without gaps. Little-endian, like the typed arrays of all browsers.
 * Files are untrusted input: every field of the header is validated here and trusted afterwards.
 */

import { UserError } from '../core/user-error';
import { z } from '../schema';
import {
  BYTES_PER_NUMBER,
  DECODERS,
  type Dtype,
  isRead,
  type Numbers,
  product,
  sameShape,
} from './number-types';
import {
  readBlob,
  shortened,
  TENSORS_ALONE,
  type WeightFile,
  type WeightTensor,
  weightTensor,
  wrongType,
} from './weight-file';

export interface StoredTensor {
  /** As stored in the file. */
  dtype: Dtype;
  shape: number[];
  /** Row-major. May share memory with the bytes of the file, so neither may be modified. */
  data: Numbers;
}

export interface Safetensors {
  /** For messages to the person. */
  fileName: string;
  tensors: Map<string, StoredTensor>;
  /** Valid tensors of an unsupported type (e.g. PyTorch's I64 batch counters): name → type. */
  unread: Map<string, string>;
  metadata: Record<string, string>;
}

/** Maximum size of the header, bytes: the limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
/** The only key of the header that is not a tensor. */
const METADATA = '__metadata__';

const dimension = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(dimension),
  data_offsets: z.tuple([dimension, dimension]),
});
const metadataSchema = z.record(z.string(), z.string());

/** A tensor's entry in the header. */
export interface Entry {
  name: string;
  /** Any type of the format, including unsupported ones. */
  dtype: string;
  shape: number[];
  /** Offset of the tensor's bytes from the end of the header. */
  start: number;
  end: number;
}

interface Header {
  /** In the header's order, checked against the file's size. */
  entries: Entry[];
  metadata: Record<string, string>;
}

/**
 * Reads a safetensors file that is in memory.
 * @throws UserError naming the file if anything in it contradicts the format.
 */
export function readSafetensors(bytes: Uint8Array, fileName: string): Safetensors {
  const start = dataStart(bytes, bytes.length, fileName);
  const data = bytes.subarray(start);
  const { entries, metadata } = readHeader(bytes.subarray(0, start), bytes.length, fileName);
  const file: Safetensors = { fileName, tensors: new Map(), unread: new Map(), metadata };
  for (const { name, dtype, shape, start: from, end } of entries) {
    if (isRead(dtype)) {
      file.tensors.set(name, { dtype, shape, data: DECODERS[dtype](data.subarray(from, end)) });
    } else {
      file.unread.set(name, dtype);
    }
  }
  return file;
}

/**
 * Opens a safetensors file. Only the header is read immediately.
 * @throws UserError as `readSafetensors`
 */
export async function openSafetensors(blob: Blob, fileName: string): Promise<WeightFile> {
  const start = dataStart(await readBlob(blob.slice(0, LENGTH_BYTES), fileName), blob.size, fileName);
  const head = await readBlob(blob.slice(0, start), fileName);
  const { entries, metadata } = readHeader(head, blob.size, fileName);
  const tensors = new Map<string, WeightTensor>();
  for (const { name, dtype, shape, start: from, end } of entries) {
    const bytes = () => readBlob(blob.slice(start + from, start + end), fileName);
    tensors.set(name, weightTensor({ fileName, name, dtype, shape, bytes }));
  }
  return { fileName, form: 'safetensors', blobs: [blob], tensors, metadata, ...TENSORS_ALONE };
}

/**
 * The offset of the tensors' bytes in a file of `fileBytes` bytes, from its first 8 bytes.
 * @throws UserError naming the file if the offset is impossible.
 */
export function dataStart(head: Uint8Array, fileBytes: number, fileName: string): number {
  return LENGTH_BYTES + headerLength(head, fileBytes, fileName);
}

/**
 * Reads the header of a file of `fileBytes` bytes. `head`: all bytes before the tensors' bytes.
 * @throws UserError naming the file if the header violates the format.
 */
export function readHeader(head: Uint8Array, fileBytes: number, fileName: string): Header {
  const header: Header = { entries: [], metadata: {} };
  for (const [name, value] of Object.entries(parseJson(head.subarray(LENGTH_BYTES), fileName))) {
    if (name === METADATA) header.metadata = parseMetadata(value, fileName);
    else header.entries.push(parseEntry(name, value, fileName));
  }
  checkCoverage(header.entries, fileBytes - head.length, fileName);
  return header;
}

/**
 * The bytes before the tensors' bytes, which must follow in this order without gaps. Padded with spaces to a multiple of 8
 * bytes, as the reference implementation does.
 */
export function writeHeader(
  tensors: { name: string; dtype: string; shape: number[]; bytes: number }[],
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA, sortedByKey(metadata)]);
  let end = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    const start = end;
    end += bytes;
    header.push([name, { dtype, shape, data_offsets: [start, end] }]);
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(text.length / 8) * 8;
  const head = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(text, LENGTH_BYTES);
  return head;
}

/**
 * Writes 32-bit floating-point tensors, sorted by name: equal content gives equal bytes.
 * @throws RangeError if a tensor's shape and data disagree, which is a bug in the caller.
 */
export function writeSafetensors(
  tensors: Map<string, { shape: number[]; data: Float32Array }>,
  metadata: Record<string, string>,
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors]
    .map(([name, { shape, data }]) => ({ name, dtype: 'F32', shape, data, bytes: data.byteLength }))
    .sort(byName);
  for (const { name, shape, data } of sorted) {
    if (name === METADATA || product(shape) !== data.length) {
      throw new RangeError(
        `Tensor "${name}" cannot be written: its name is reserved or its shape is not its data's.`,
      );
    }
  }
  const head = writeHeader(sorted, metadata);
  const bytes = new Uint8Array(head.length + sorted.reduce((sum, { bytes }) => sum + bytes, 0));
  bytes.set(head);
  let at = head.length;
  for (const { data } of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

/** How many bytes `writeSafetensors` would write for tensors of these shapes. */
export function safetensorsBytes(
  shapes: ReadonlyMap<string, number[]>,
  metadata: Record<string, string>,
): number {
  const tensors = [...shapes]
    .map(([name, shape]) => ({ name, dtype: 'F32', shape, bytes: 4 * product(shape) }))
    .sort(byName);
  return writeHeader(tensors, metadata).length + tensors.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The tensor `name` as 32-bit floating point, whichever floating-point type it was stored in.
 * @throws UserError if it is missing, of another type, or not of the given shape.
 */
export function float32(file: Safetensors, name: string, shape?: number[]): Float32Array {
  const tensor = file.tensors.get(name);
  if (!tensor) {
    const dtype = file.unread.get(name);
    if (dtype !== undefined) throw wrongType(file.fileName, name, dtype);
    throw new UserError(`“${file.fileName}” has no tensor “${name}”. Choose a file made for this network.`);
  }
  if (!(tensor.data instanceof Float32Array)) throw wrongType(file.fileName, name, tensor.dtype);
  if (shape && !sameShape(tensor.shape, shape)) {
    throw new UserError(
      `“${file.fileName}”: tensor “${name}” has the shape [${tensor.shape}], expected [${shape}]. ` +
        'Choose a file made for this network.',
    );
  }
  return tensor.data;
}

function broken(fileName: string, what: string): UserError {
  return new UserError(
    `“${fileName}” is not a usable safetensors file: ${what}. Download or export it again.`,
  );
}

/** The header's length, from the file's first eight bytes and its size. */
function headerLength(first: Uint8Array, fileBytes: number, fileName: string): number {
  if (fileBytes < LENGTH_BYTES) {
    throw broken(fileName, `it has ${fileBytes} bytes, fewer than the ${LENGTH_BYTES} it must begin with`);
  }
  const claimed = new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (claimed > MAX_HEADER_BYTES) {
    throw broken(fileName, `it states a header of ${claimed} bytes, more than is possible`);
  }
  const length = Number(claimed);
  if (length > fileBytes - LENGTH_BYTES) {
    throw broken(
      fileName,
      `it ends inside its header (${length} bytes, the file has ${fileBytes - LENGTH_BYTES})`,
    );
  }
  return length;
}

function parseJson(bytes: Uint8Array, fileName: string): object {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw broken(fileName, 'its header is not JSON text');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw broken(fileName, 'its header is not a JSON object');
  }
  return header;
}

function parseMetadata(value: unknown, fileName: string): Record<string, string> {
  const parsed = metadataSchema.safeParse(value);
  if (!parsed.success) throw broken(fileName, 'its metadata holds a value that is not text');
  return parsed.data;
}

function parseEntry(name: string, value: unknown, fileName: string): Entry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') || 'entry';
    throw broken(fileName, `the ${field} of tensor “${shortened(name)}” in its header is not valid`);
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const [start, end] = data_offsets;
  const width = BYTES_PER_NUMBER.get(dtype);
  if (width === undefined) {
    throw broken(fileName, `tensor “${shortened(name)}” has the unknown number type “${shortened(dtype)}”`);
  }
  if (product(shape) * width !== end - start) {
    throw broken(
      fileName,
      `tensor “${shortened(name)}” has the shape [${shape.slice(0, 8)}] but ${end - start} bytes`,
    );
  }
  return { name, dtype, shape, start, end };
}

/** The tensors must cover the data exactly: no byte twice, none unused, none beyond the end. */
function checkCoverage(entries: Entry[], dataBytes: number, fileName: string): void {
  const inOrder = [...entries].sort((a, b) => a.start - b.start || a.end - b.end);
  let covered = 0;
  for (const { name, start, end } of inOrder) {
    if (start !== covered) {
      const fault = start < covered ? 'overlaps the tensor before it' : 'leaves unused bytes before it';
      throw broken(fileName, `tensor “${shortened(name)}” ${fault}`);
    }
    covered = end;
  }
  if (covered > dataBytes) {
    throw broken(fileName, `it is cut short (its tensors take ${covered} bytes, the file has ${dataBytes})`);
  }
  if (covered < dataBytes)
    throw broken(fileName, `it has ${dataBytes - covered} bytes after its last tensor`);
}

function sortedByKey(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}
