/** Notices for the user: programs that this adapter could not compile, so that the slower reference kernels run. */
import type { Notice } from '../../core/engine';

let notices: readonly Notice[] = [];
let listener: (notice: Notice) => void = () => {};

/** Reports that `program` failed on this device and its reference kernel is used: the same results, but slower. Reported once per program. */
export function addNotice(program: string, reason: string): void {
  if (notices.some((known) => known.program === program)) return;
  const notice = { program, reason };
  notices = [...notices, notice];
  listener(notice);
}

/** All notices, in the order in which they were added. */
export const readNotices = (): readonly Notice[] => notices;

/** Calls `listen` for every notice added from now on; there is one listener at a time. */
export function onNotice(listen: (notice: Notice) => void): void {
  listener = listen;
}

/** Clears the notices; another adapter or device compiles the programs again. */
export function forgetNotices(): void {
  notices = [];
}
