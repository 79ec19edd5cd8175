/** The disk, or the part of it that the browser gives this page, is full. */
import { UserError } from '../core/user-error';

export function isNoRoom(error: unknown): boolean {
  // A DOMException; in newer browsers a separate class with the same name.
  return error instanceof Error && error.name === 'QuotaExceededError';
}

const WHAT_TO_DELETE = 'Delete what you no longer need in Storage';

/** For what is stored without being asked for: it is tried again until it succeeds. */
export const NO_ROOM = `This browser has no room left for this page. ${WHAT_TO_DELETE}, or free space on this disk; what is missing is stored then.`;

/** For what the person asked for. @param what e.g. `to write the zip` */
export const noRoomFor = (what: string) =>
  new UserError(
    `This browser has no room ${what}. ${WHAT_TO_DELETE}, or free space on this disk, then try again.`,
  );
