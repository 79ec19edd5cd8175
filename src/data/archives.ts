/** What a packed file is by its first bytes, and what to do with the kinds that are not unpacked here. */
import { isZip } from './formats';

export type ArchiveKind =
  | 'zip'
  | 'tar'
  | 'gzip'
  | '7z'
  | 'RAR'
  | 'xz'
  | 'bzip2'
  | 'Zstandard'
  | 'LZ4'
  | 'cabinet';

/** As many bytes from a file's start as `archiveKind` looks at: one header of a tar. */
export const ARCHIVE_HEAD_BYTES = 512;

const SIGNATURES: readonly (readonly [ArchiveKind, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['RAR', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ['LZ4', [0x04, 0x22, 0x4d, 0x18]],
  ['cabinet', [0x4d, 0x53, 0x43, 0x46]],
];

/** The kind of archive that begins with these bytes, null for none. */
export function archiveKind(head: Uint8Array): ArchiveKind | null {
  if (isZip(head)) return 'zip';
  const found = SIGNATURES.find(([, signature]) => signature.every((byte, i) => head[i] === byte));
  return found?.[0] ?? (isTarHeader(head) ? 'tar' : null);
}

/** What a file's ending says: it is meant to be unpacked. */
export function isCalledArchive(path: string): boolean {
  return ARCHIVE_ENDING.test(path);
}

const ARCHIVE_ENDING = /\.(?:zip|tar|tgz|tar\.gz|tar\.gzip)$/i;

/** The folder that an archive's content appears in. */
export function withoutArchiveEnding(path: string): string {
  return path.replace(ARCHIVE_ENDING, '');
}

/** Why an archive among the files is left out, and what to do. */
export function archiveReason(kind: ArchiveKind, path: string): string {
  if (kind === 'zip' && !/\.zip$/i.test(path)) return 'A packed file inside the set. Unpack it first.';
  if (kind === 'zip' || kind === 'tar')
    return `A ${kind} inside another archive. Unpack the outer one and drop the folder with what is inside: archives in a folder are opened.`;
  if (kind === 'gzip' && /\.(?:tgz|tar\.gz|tar\.gzip)$/i.test(path))
    return 'A tar.gz inside another archive. Unpack the outer one and drop the folder with what is inside: archives in a folder are opened.';
  const name =
    kind === 'gzip'
      ? 'A file packed by gzip that is no tar'
      : `${kind === 'xz' || kind === 'LZ4' ? 'An' : 'A'} ${kind} archive`;
  return `${name}, which this page cannot unpack. Unpack it yourself and drop the folder, or pack the folder as a zip.`;
}

/**
 * A tar has no signature in its first bytes; its header has a checksum over all of them, with its own eight as spaces
 * (POSIX.1-2001, pax, ustar interchange format).
 */
function isTarHeader(head: Uint8Array): boolean {
  if (head.length < ARCHIVE_HEAD_BYTES || head[0] === 0) return false;
  const stated = Number.parseInt(
    String.fromCharCode(...head.subarray(148, 156))
      .replaceAll('\0', ' ')
      .trim(),
    8,
  );
  const sum = head.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  return stated === sum;
}
