/**
 * Limits for unpacking archives. An archive can state false sizes, so they are checked before anything is
 * unpacked, and again while it is.
 */
import { UserError } from '../user-error';
import type { LeftOut, NamedFile, NameEncoding, Progress } from '../worker/protocol';

/** Unpacked bytes of all entries together. */
export const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** Unpacked size over packed size; images stay far below. */
export const MAX_RATIO = 200;
/** Up to this unpacked size any ratio is allowed. */
export const RATIO_FREE_BYTES = 2 ** 20;

export interface Unpacked {
  files: NamedFile[];
  leftOut: LeftOut[];
  /** What the person should know, such as an encoding of file names that was assumed. */
  notices: string[];
}

export interface UnpackOptions {
  /** The archive's path for the person, and (without its ending) the folder its content appears in. */
  name: string;
  /** Of a zip's file names where it does not state one; undefined to have it found out. */
  nameEncoding?: NameEncoding | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** `/` and `\` both part folders: old Windows tools wrote the one, and some mix them in one path. */
export function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

export function leadsOutside(path: string): boolean {
  return /^([/\\]|[a-z]:[/\\])/i.test(path) || path.split(/[/\\]/).includes('..');
}

export const OUTSIDE = 'Its path leads outside the archive.';

export function tooMuch(name: string, bytes: number): UserError {
  return new UserError(
    `“${name}” would unpack to ${(bytes / 1024 ** 3).toFixed(1)} GB; the limit is 4 GB. If you trust it, unpack it yourself and drop the folder.`,
  );
}

/** @param what names the archive or the entry in it */
export function bomb(what: string): UserError {
  return new UserError(
    `${what} is packed more than ${MAX_RATIO}:1, the limit, as in a zip bomb. If you trust it, unpack it yourself and drop the folder.`,
  );
}
