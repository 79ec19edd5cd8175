/** Limits for unpacking archives. An archive can state false sizes, so the limits are checked before and during unpacking. */

import type { LeftOut, NamedFile, NameEncoding } from '../core/dataset';
import type { Progress } from '../core/progress';
import { UserError } from '../core/user-error';

/** Unpacked bytes of all entries together. */
export const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
/** Unpacked size over packed size; images stay far below. */
export const MAX_RATIO = 200;
/** Up to this unpacked size any ratio is allowed. */
export const RATIO_FREE_BYTES = 2 ** 20;

export interface Unpacked {
  files: NamedFile[];
  leftOut: LeftOut[];
  /** Notices for the person, such as the encoding of file names that was assumed. */
  notices: string[];
}

export interface UnpackOptions {
  /** The path of the archive, for messages. Without its ending, it is also the folder of the unpacked files. */
  name: string;
  /** The encoding of a zip's file names if the zip does not state it; undefined to detect it. */
  nameEncoding?: NameEncoding | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Replaces `\` by `/`. Old Windows tools write `\` between folders, and some mix both in one path. */
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

/** @param what the name of the archive or of the entry in it */
export function bomb(what: string): UserError {
  return new UserError(
    `${what} is compressed by more than ${MAX_RATIO}:1, the limit, and may be a zip bomb. If you trust it, unpack it yourself and drop the folder.`,
  );
}
