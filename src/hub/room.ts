/** Room on the disk: what the browser leaves this page, and what to do when that is not enough. */
import { freeBytes } from '../files/free-bytes';
import { UserError } from '../user-error';
import { storedBackbones } from './stored';

/** @throws UserError where the browser says that `needed` more bytes do not fit */
export async function requireRoom(label: string, needed: number): Promise<void> {
  const free = await freeBytes();
  if (free !== null && free < needed) throw await noRoom(label, needed);
}

export function isNoRoom(error: unknown): boolean {
  // A DOMException, or in newer browsers a class of its own with the same name.
  return error instanceof Error && error.name === 'QuotaExceededError';
}

/** `needed`: bytes that were still to be written; null where nobody knows. */
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
