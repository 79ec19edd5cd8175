/** Detects archives by their first bytes, and explains why an archive is left out. */
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

/** Number of first bytes that `archiveKind` reads: the length of a tar header. */
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

/** The kind of archive that begins with these bytes; null if none. */
export function archiveKind(head: Uint8Array): ArchiveKind | null {
  if (isZip(head)) return 'zip';
  const found = SIGNATURES.find(([, signature]) => signature.every((byte, i) => head[i] === byte));
  return found?.[0] ?? (isTarHeader(head) ? 'tar' : null);
}

/** Whether the file has the name of an archive that can be unpacked. */
export function hasArchiveName(path: string): boolean {
  return ARCHIVE_ENDING.test(path);
}

const ARCHIVE_ENDING = /\.(?:zip|tar|tgz|tar\.gz|tar\.gzip)$/i;

/** The path without its archive ending: the folder of the unpacked files. */
export function withoutArchiveEnding(path: string): string {
  return path.replace(ARCHIVE_ENDING, '');
}

/** The reason for leaving out an archive among the files, with what to do. */
export function archiveReason(kind: ArchiveKind, path: string): string {
  if (kind === 'zip' && !/\.zip$/i.test(path))
    return 'A zip archive without the ending .zip. If it contains images, unpack it first.';
  if (kind === 'zip' || kind === 'tar')
    return `A ${kind} inside another archive. Unpack the outer archive and drop the resulting folder. Archives in a folder are unpacked.`;
  if (kind === 'gzip' && /\.(?:tgz|tar\.gz|tar\.gzip)$/i.test(path))
    return 'A tar.gz inside another archive. Unpack the outer archive and drop the resulting folder. Archives in a folder are unpacked.';
  const name =
    kind === 'gzip'
      ? 'A gzip file that is not a tar archive'
      : `${kind === 'xz' || kind === 'LZ4' ? 'An' : 'A'} ${kind} archive`;
  return `${name}, which this page cannot unpack. Unpack it yourself and drop the folder, or pack the folder as a zip.`;
}

/**
 * A tar has no signature at its start. Its header contains a checksum of all header bytes, computed with the eight checksum bytes
 * set to spaces (POSIX.1-2001, pax, ustar interchange format).
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
