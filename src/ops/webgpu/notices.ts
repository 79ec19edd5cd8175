/** What the person should know of the programs: those that this adapter could not compile and that run in their portable form. */
import type { Notice } from '../../worker/protocol';

let notices: readonly Notice[] = [];
let listener: (notice: Notice) => void = () => {};

/** Says that `program` did not compile here and the portable form is used from now on: the same results, slower. Said once for each. */
export function addNotice(program: string, reason: string): void {
  if (notices.some((known) => known.program === program)) return;
  const notice = { program, reason };
  notices = [...notices, notice];
  listener(notice);
}

/** In the order in which they were added. */
export const readNotices = (): readonly Notice[] => notices;

/** `listen` is told of every notice added from now on; one listener at a time. */
export function onNotice(listen: (notice: Notice) => void): void {
  listener = listen;
}

/** Another adapter or device compiles anew. */
export function forgetNotices(): void {
  notices = [];
}
