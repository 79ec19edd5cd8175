/** Rewrites a stored safetensors file in fp16, which halves its size. */

import { isNoRoom } from '../files/no-room';
import { dataStart, readHeader, writeHeader } from '../files/safetensors';
import { readAll, type SyncAccessHandle, writeAll } from '../files/sync-access';
import { yieldToEventLoop } from '../yield-to-event-loop';
import { toFloat16 } from './float16';
import type { Place } from './place';
import type { Reporter } from './progress';
import { noRoom, requireRoom } from './room';

interface RoundingOptions {
  reporter: Reporter;
  signal?: AbortSignal | undefined;
}

/**
 * Rewrites a stored file as F16, tensor by tensor, rounding to nearest, ties to even. Does nothing if the file is already F16 or is
 * not whole. The caller holds the place's lock. Kernels and matrices become F16. Tensors of one axis (biases and batch norms) are
 * unchanged: they are small, and variances exceed the range of fp16. A tensor with a number outside this range is also unchanged.
 * The metadata record the rounding and the original's SHA-256. The old file is kept until the new one is whole.
 * @throws UserError if the file is not a safetensors file or there is not enough disk space; the signal's reason after an abort
 */
export async function roundToFp16(place: Place, { reporter, signal }: RoundingOptions): Promise<void> {
  const record = await place.record();
  if (record?.kind !== 'whole') return;
  // An earlier call may have been interrupted before it deleted the original.
  if (record.precision === 'F16') return place.drop('original');
  const { label, fileName } = record;
  try {
    await requireRoom(label, record.bytes / 2);
    const bytes = await place.use('original', (original) =>
      place.use('F16', (halved) =>
        rewrite(original, halved, { fileName, sha256: record.sha256, reporter, signal }),
      ),
    );
    await place.write({ ...record, bytes, precision: 'F16' });
  } catch (error) {
    await place.drop('F16');
    throw isNoRoom(error) ? await noRoom(label, record.bytes / 2) : error;
  }
  await place.drop('original');
}

interface Rewriting extends RoundingOptions {
  fileName: string;
  sha256: string;
}

/** Returns the number of bytes written. */
async function rewrite(
  original: SyncAccessHandle,
  halved: SyncAccessHandle,
  { fileName, sha256, reporter, signal }: Rewriting,
): Promise<number> {
  const total = original.getSize();
  const first = read(original, 0, Math.min(8, total));
  const head = read(original, 0, dataStart(first, total, fileName));
  const { entries, metadata } = readHeader(head, total, fileName);
  const tensors = entries.map((entry) => ({
    entry,
    isHalved: entry.dtype === 'F32' && entry.shape.length > 1,
  }));
  // The header precedes the data and needs to know which tensors are out of range, so every tensor is read twice.
  for (const tensor of tensors) {
    tensor.isHalved &&= toFloat16(numbers(original, head.length, tensor.entry)) !== null;
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  // Wider types first, so that every tensor starts at a multiple of its width.
  tensors.sort((a, b) => Number(a.isHalved) - Number(b.isHalved));
  const header = writeHeader(
    tensors.map(({ entry: { name, dtype, shape, start, end }, isHalved }) =>
      isHalved
        ? { name, dtype: 'F16', shape, bytes: (end - start) / 2 }
        : { name, dtype, shape, bytes: end - start },
    ),
    {
      ...metadata,
      original_sha256: sha256,
      rounded: 'F32 to F16, to nearest even; tensors of one axis as they were',
    },
  );
  halved.truncate(0);
  writeAll(halved, header, 0);
  let at = header.length;
  let done = head.length;
  for (const { entry, isHalved } of tensors) {
    const halves = isHalved ? toFloat16(numbers(original, head.length, entry)) : null;
    const bytes = halves ?? read(original, head.length + entry.start, entry.end - entry.start);
    writeAll(halved, bytes, at);
    at += bytes.byteLength;
    done += entry.end - entry.start;
    reporter.report('halving', done, total);
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  halved.flush();
  return at;
}

function read(handle: SyncAccessHandle, at: number, bytes: number): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(bytes);
  readAll(handle, into, at);
  return into;
}

const numbers = (handle: SyncAccessHandle, dataAt: number, { start, end }: { start: number; end: number }) =>
  new Float32Array(read(handle, dataAt + start, end - start).buffer);
