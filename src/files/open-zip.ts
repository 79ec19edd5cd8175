/**
 * Opens zips of data sets and of PyTorch files. All zips are opened here, with a workaround for a bug in zip.js 2.24.0.
 *
 * The bug: a zip with fewer than 65,535 entries and below 4 GB may still carry a zip64 end of central directory record and its
 * locator between the central directory and the plain end record, with the same numbers in both. Python's zipfile and PyTorch's
 * writer (miniz) make such files, and every reader has to accept them: the zip64 record is only needed where a field of the plain
 * one is all ones (PKWARE APPNOTE 4.4.1.4). In lib/core/zip-reader.js, `getEntriesGenerator` reads the zip64 record only where
 * `requiresZip64`, so for these files `zip64EndOfDirectory` stays undefined and `centralDirectoryEndOffset` is the offset of the
 * plain end record, 56 + 20 bytes after the true end of the directory. `expectedDirectoryDataOffset` is then 76 bytes too great.
 * Where a central file header happens to begin there, which is so when the first entry's header is exactly 76 bytes long (46 + a
 * name of 30 bytes, such as `model_best_checkpoint/data.pkl`), `pointsAtDirectory` says yes, the stored offset is overruled, and
 * the directory is read from its second entry on: the last header is not found and the file is refused with “Central directory
 * header not found”. Records with extensible data are longer and can skip several entries in the same way.
 *
 * To reproduce: write a zip with an entry whose name has 30 bytes and any second entry, insert `zip64 end record ‖ locator`
 * before its end record, and list it. Expected: two entries. Found: an error.
 *
 * The workaround removes record and locator from the input of zip.js. This is correct because the plain record is complete and
 * because no offset changes: local headers and the directory lie before the removed bytes. The directory then ends where the end
 * record begins, as zip.js expects. No byte is copied: slices of a Blob share its bytes.
 */
import { BlobReader, Uint8ArrayReader, ZipReader, type ZipReaderConstructorOptions } from '@zip.js/zip.js';

const END_RECORD = { signature: 0x06054b50, bytes: 22, longestComment: 0xffff };
const LOCATOR = { signature: 0x07064b50, bytes: 20 };
const ZIP64_RECORD = { signature: 0x06064b50, bytes: 56, bytesBeforeItsSizeCounts: 12 };

interface OpenZipOptions extends ZipReaderConstructorOptions {
  /** Zips up to this size, bytes, are read into memory first, which makes reading their entries several times faster. */
  inMemoryUpTo?: number;
}

/** A reader of the zip's entries; their offsets refer to `zip`. Damage is detected only when the entries are listed. */
export async function openZip(
  zip: Blob,
  { inMemoryUpTo = 0, ...options }: OpenZipOptions = {},
): Promise<ZipReader<unknown>> {
  const readable = await withoutUnneededZip64Record(zip);
  const source =
    readable.size > inMemoryUpTo
      ? new BlobReader(readable)
      : new Uint8ArrayReader(new Uint8Array(await readable.arrayBuffer()));
  // This code already runs in a worker.
  return new ZipReader(source, { useWebWorkers: false, ...options });
}

async function withoutUnneededZip64Record(zip: Blob): Promise<Blob> {
  const tailAt = Math.max(0, zip.size - END_RECORD.bytes - END_RECORD.longestComment);
  const tail = await viewOf(zip, tailAt, zip.size);
  const inTail = endRecordIn(tail);
  if (inTail === null) return zip;
  const endAt = tailAt + inTail;
  const entries = tail.getUint16(inTail + 10, true);
  const directoryBytes = tail.getUint32(inTail + 12, true);
  const directoryAt = tail.getUint32(inTail + 16, true);
  // The zip64 record is needed here, and zip.js reads it.
  if (entries === 0xffff || directoryBytes === 0xffffffff || directoryAt === 0xffffffff) return zip;

  const locatorAt = endAt - LOCATOR.bytes;
  if (locatorAt < ZIP64_RECORD.bytes) return zip;
  const locator = await viewOf(zip, locatorAt, endAt);
  if (locator.getUint32(0, true) !== LOCATOR.signature) return zip;
  // The locator's offset is wrong if data was prepended to the zip. Without extensible data, the record is directly before the
  // locator in any case.
  for (const recordAt of [Number(locator.getBigUint64(8, true)), locatorAt - ZIP64_RECORD.bytes]) {
    if (recordAt > locatorAt - ZIP64_RECORD.bytes) continue;
    const record = await viewOf(zip, recordAt, recordAt + ZIP64_RECORD.bytes);
    const agrees =
      record.getUint32(0, true) === ZIP64_RECORD.signature &&
      record.getBigUint64(4, true) === BigInt(locatorAt - recordAt - ZIP64_RECORD.bytesBeforeItsSizeCounts) &&
      record.getBigUint64(32, true) === BigInt(entries) &&
      record.getBigUint64(40, true) === BigInt(directoryBytes);
    if (agrees) return new Blob([zip.slice(0, recordAt), zip.slice(endAt)]);
  }
  return zip;
}

/** Offset of the end record: the last one whose comment ends at the end of the file. */
function endRecordIn(tail: DataView): number | null {
  for (let at = tail.byteLength - END_RECORD.bytes; at >= 0; at--) {
    if (
      tail.getUint32(at, true) === END_RECORD.signature &&
      at + END_RECORD.bytes + tail.getUint16(at + 20, true) === tail.byteLength
    )
      return at;
  }
  return null;
}

async function viewOf(zip: Blob, start: number, end: number): Promise<DataView> {
  return new DataView(await zip.slice(start, end).arrayBuffer());
}
