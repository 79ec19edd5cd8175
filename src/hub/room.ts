/** Checks the disk space that the browser allows this page, and makes the errors for too little of it. */

import { UserError } from '../core/user-error';
import { freeBytes } from '../files/free-bytes';
import { storedBackbones } from './stored';

/** @throws UserError if the browser reports less than `needed` free bytes */
export async function requireRoom(label: string, needed: number): Promise<void> {
  const free = await freeBytes();
  if (free !== null && free < needed) throw await noRoom(label, needed);
}

/** @param needed bytes that were still to be written; null if unknown */
export async function noRoom(label: string, needed: number | null): Promise<UserError> {
  const [free, stored] = await Promise.all([freeBytes().catch(() => null), storedBackbones()]);
  const largest = stored.sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const toDelete = largest.map(({ label, bytes }) => `“${label}”, ${size(bytes)}`).join('; ');
  return new UserError(
    `There is not enough space to store “${label}”` +
      (needed === null ? '' : `: it needs ${size(needed)} more`) +
      (free === null ? '. ' : ` and this page has ${size(free)} left. `) +
      (toDelete ? `Delete backbones that you no longer need (${toDelete}), or free` : 'Free') +
      ' space on this disk, then try again.',
  );
}

/** `102.5 MB` */
export const size = (bytes: number) =>
  `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })}\u00a0MB`;
